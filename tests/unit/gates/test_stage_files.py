"""A gate run takes no file that the importer would refuse: in somebody's CI no importer has seen it."""

import pathlib
import pickle

import numpy as np
import pytest
from onnx import TensorProto, helper
from tests.unit.gates import cases

from homeroom.domain import digests, errors, releases
from homeroom.gates import engine, stagefiles

FULL = releases.Stage.FULL


def _custom() -> bytes:
    graph = helper.make_graph(
        [helper.make_node("Haunt", ["features"], ["score"], domain="evil")],
        "custom",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", 5])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n"])],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("evil", 1)]
    return bytes(helper.make_model(graph, opset_imports=opsets, ir_version=10).SerializeToString())


@pytest.mark.parametrize(
    ("stage", "content", "message"),
    [
        (FULL, pickle.dumps({"weights": [1.0, 2.0]}), "'full' is refused (NotOnnx): this is no ONNX file"),
        (FULL, _custom(), "'full' is refused (OperatorRefused): operator 'evil:Haunt' is not run at schools"),
        (FULL, cases.a_model(np.ones(3, np.float32)), "the model takes 3 features; the release names 5"),
        (releases.Stage.FALLBACK, b"{}", "'fallback' is refused (ReleaseFileInvalid)"),
    ],
    ids=["pickle renamed", "operator of its own", "other number of columns", "no group rates"],
)
def test_file_that_is_no_stage_is_refused_before_anything_reads_it(
    stage: releases.Stage, content: bytes, message: str, tmp_path: pathlib.Path
) -> None:
    stages = {**cases.STAGES, stage: content}
    given = cases.some_inputs(stages=stages, release=cases.a_release(stages))

    with pytest.raises(errors.SpecError) as caught:
        engine.run_gates(given, cases.a_policy(), tmp_path, page=False, say=lambda _: None)

    assert message in str(caught.value)


def test_honest_files_are_taken(tmp_path: pathlib.Path) -> None:
    stagefiles.refuse_unfit(cases.a_release(), cases.STAGES, tmp_path)

    assert digests.of_bytes((tmp_path / "intake-full").read_bytes()) == cases.a_release().stages[-1].digest
