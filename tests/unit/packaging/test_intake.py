"""Each bad file gets its own reason, and the reason says what to change."""

import argparse
import pathlib
import resource
from collections.abc import Callable
from datetime import timedelta

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper
from tests.unit.gates import cases

from homeroom.domain import digests, releases
from homeroom.packaging import grouprates, intake, onnxfiles, refusals
from homeroom.resources import modelreleases

Reason = refusals.Reason


def _model(change: Callable[[onnx.ModelProto], object] | None = None) -> bytes:
    model = onnx.load_model_from_string(cases.a_model())
    if change is not None:
        change(model)
    return bytes(model.SerializeToString())


def _external(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")


def _external_in_attribute(model: onnx.ModelProto) -> None:
    tensor = numpy_helper.from_array(np.zeros(1, np.float32), "hidden")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="weights.bin")
    model.graph.node.append(helper.make_node("Constant", [], ["unused"], value=tensor))


def _loop(model: onnx.ModelProto) -> None:
    model.graph.node.append(helper.make_node("Loop", ["", ""], ["x"], body=helper.make_graph([], "body", [], [])))


def _foreign_domain(model: onnx.ModelProto) -> None:
    model.graph.node.append(helper.make_node("Relu", ["score"], ["x"], domain="com.microsoft"))


def _hidden_graph(model: onnx.ModelProto) -> None:
    node = helper.make_node("Relu", ["score"], ["x"])
    node.attribute.append(helper.make_attribute("body", helper.make_graph([], "body", [], [])))
    model.graph.node.append(node)


def _function(model: onnx.ModelProto) -> None:
    model.functions.append(helper.make_function("own", "Trick", ["a"], ["b"], [], [helper.make_opsetid("", 17)]))


def _dangling(model: onnx.ModelProto) -> None:
    model.graph.node[0].input[0] = "nowhere"


def _two_inputs(model: onnx.ModelProto) -> None:
    model.graph.input.append(helper.make_tensor_value_info("more", TensorProto.FLOAT, ["n"]))


def _fixed_rows(model: onnx.ModelProto) -> None:
    model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 4


def _column(model: onnx.ModelProto) -> None:
    """What most tools export: [n, 1]."""
    model.graph.node.pop()
    model.graph.node[-1].output[0] = "score"
    model.graph.output[0].CopyFrom(helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n", 1]))


def _no_sigmoid(model: onnx.ModelProto) -> None:
    model.graph.node[2].input[0] = "linear"


def _not_a_number(model: onnx.ModelProto) -> None:
    model.graph.initializer[1].CopyFrom(numpy_helper.from_array(np.array([np.nan], np.float32), "b"))


def _look(tmp_path: pathlib.Path, content: bytes, *more: str) -> intake.IntakeResult:
    file = tmp_path / "model.onnx"
    file.write_bytes(content)
    return intake.look_at(intake._parse([str(file), *more]))


def test_accepts_a_plain_model_and_names_its_digest(tmp_path: pathlib.Path) -> None:
    result = _look(tmp_path, _model(), "--columns", "5")

    assert result == intake.IntakeResult(
        accepted=True,
        reason=Reason.ACCEPTED,
        message="",
        digest=digests.of_bytes(_model()),
        size_bytes=len(_model()),
    )


@pytest.mark.parametrize(
    ("content", "reason", "message"),
    [
        (b"", Reason.TRUNCATED, "is empty"),
        (b"PK\x03\x04 a zip file", Reason.NOT_ONNX, "export the model to ONNX"),
        (b'{"json": true}', Reason.NOT_ONNX, "export the model to ONNX"),
        (_model()[:-40], Reason.TRUNCATED, "ends too early"),
        (_model(lambda m: m.ClearField("opset_import")), Reason.TRUNCATED, "no operator set"),
        (_model(_external), Reason.EXTERNAL_DATA, "save all data inside the model"),
        (_model(_external_in_attribute), Reason.EXTERNAL_DATA, "'hidden'"),
        (_model(_loop), Reason.OPERATOR_REFUSED, "'Loop'"),
        (_model(_foreign_domain), Reason.OPERATOR_REFUSED, "'com.microsoft:Relu'"),
        (_model(_hidden_graph), Reason.OPERATOR_REFUSED, "a graph of its own"),
        (_model(_function), Reason.OPERATOR_REFUSED, "functions"),
        (_model(_dangling), Reason.INTAKE_FAILED, "not valid"),
        (_model(_two_inputs), Reason.INTAKE_FAILED, "named 'features'; it has 'features', 'more'"),
        (_model(_column), Reason.INTAKE_FAILED, "it is float32 of shape [7, 1]"),
        (_model(_fixed_rows), Reason.INTAKE_FAILED, "[n, number of features]"),
        (_model(_no_sigmoid), Reason.INTAKE_FAILED, "between 0 and 1"),
        (_model(_not_a_number), Reason.INTAKE_FAILED, "finite"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refuses_with_a_reason(tmp_path: pathlib.Path, content: bytes, reason: Reason, message: str) -> None:
    result = _look(tmp_path, content)

    assert (result.accepted, result.reason) == (False, reason)
    assert message in result.message


def test_refuses_another_number_of_features(tmp_path: pathlib.Path) -> None:
    result = _look(tmp_path, _model(), "--columns", "12")

    assert result.reason is Reason.INTAKE_FAILED
    assert "the model takes 5 features; the release names 12" in result.message


def test_refuses_another_output_name(tmp_path: pathlib.Path) -> None:
    """And says which it found: a wrong name is the commonest slip of an export."""
    result = _look(tmp_path, _model(), "--output", "other")

    assert result.reason is Reason.INTAKE_FAILED
    assert "an output named 'other'; it has 'score'" in result.message


@pytest.mark.parametrize("limit", [100, len(_model()) - 1], ids=["far over", "one byte over"])
def test_refuses_what_is_too_large(tmp_path: pathlib.Path, limit: int) -> None:
    assert _look(tmp_path, _model(), "--max-bytes", str(limit)).reason is Reason.TOO_LARGE


def test_takes_a_file_of_exactly_the_limit(tmp_path: pathlib.Path) -> None:
    assert _look(tmp_path, _model(), "--max-bytes", str(len(_model()))).accepted


def test_refuses_links_directories_and_pipes(tmp_path: pathlib.Path) -> None:
    (tmp_path / "real.onnx").write_bytes(_model())
    link = tmp_path / "link.onnx"
    link.symlink_to(tmp_path / "real.onnx")
    for path in (link, tmp_path, tmp_path / "missing"):
        assert intake.look_at(intake._parse([str(path)])).reason is Reason.INTAKE_FAILED


def test_every_cut_of_a_model_is_refused_and_none_is_called_something_else() -> None:
    content = _model()
    for size in range(1, len(content)):
        with pytest.raises(refusals.NotTaken) as caught:
            onnxfiles._parse(content[:size])
        assert caught.value.reason is Reason.TRUNCATED, size


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b"[" * 100_000,
        digests.canonical_json({**cases.RATES, "kind": "other"}),
        digests.canonical_json({**cases.RATES, "default": {"K": 0.2}}),
        digests.canonical_json({**cases.RATES, "default": {"K": 0.2, "1": 1.5}}),
        digests.canonical_json({**cases.RATES, "rates": {"a": {"K": "high"}}}),
        digests.canonical_json({**cases.RATES, "rates": {"a": {"9": 0.1}}}),
        b'{"kind":"group-rates","by":["year_K"],"default":{"K":NaN},"rates":{}}',
    ],
    ids=["empty", "list", "deep", "kind", "no default", "above 1", "text", "unknown group", "nan"],
)
def test_refuses_what_is_no_table_of_group_rates(content: bytes) -> None:
    with pytest.raises(refusals.NotTaken) as caught:
        grouprates.refuse(content)

    assert caught.value.reason is Reason.RELEASE_FILE_INVALID


def test_takes_the_group_rates_of_the_example() -> None:
    grouprates.refuse(digests.canonical_json(cases.RATES))


def test_every_reason_but_acceptance_is_a_reason_of_the_condition() -> None:
    known = {reason.value for reason in modelreleases.ImportedReason}

    assert {reason.value for reason in Reason} - {"Accepted"} <= known


async def test_process_answers_like_the_function(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(_model())

    result = await intake.check(file, columns=5)

    assert result == intake.look_at(argparse.Namespace(**vars(intake._parse([str(file), "--columns", "5"]))))


async def test_process_that_needs_too_much_memory_is_a_refusal(tmp_path: pathlib.Path) -> None:
    """An outer product of constants: a few hundred kilobytes of file, 40 GB of answer."""

    def blow_up(model: onnx.ModelProto) -> None:
        column = np.ones((100_000, 1), np.float32)
        model.graph.initializer.extend(
            [numpy_helper.from_array(column, "tall"), numpy_helper.from_array(column.T.copy(), "wide")]
        )
        model.graph.node.insert(0, helper.make_node("MatMul", ["tall", "wide"], ["huge"]))
        model.graph.node.append(helper.make_node("ReduceSum", ["huge"], ["total"], keepdims=0))
        model.graph.node.append(helper.make_node("Add", ["total", "score"], ["unused"]))
        model.graph.output.append(helper.make_tensor_value_info("unused", TensorProto.FLOAT, ["n"]))

    file = tmp_path / "model.onnx"
    file.write_bytes(_model(blow_up))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    result = await intake.check(file)

    assert (result.accepted, result.reason) == (False, Reason.INTAKE_FAILED)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100 * 1024


async def test_process_that_does_not_end_in_time_is_a_refusal(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "model.onnx"
    file.write_bytes(_model())

    result = await intake.check(file, intake.IntakeLimits(deadline=timedelta(milliseconds=50)))

    assert (result.accepted, result.reason) == (False, Reason.INTAKE_FAILED)
    assert "within 0.05 s" in result.message


async def test_group_rates_go_through_the_process_too(tmp_path: pathlib.Path) -> None:
    file = tmp_path / "fallback.json"
    file.write_bytes(b"{}")

    result = await intake.check(file, file_format=releases.Format.GROUP_RATES)

    assert result.reason is Reason.RELEASE_FILE_INVALID
