"""A small made-up district for gate tests: 24 schools, two year groups, one model, groups that can be wronged on purpose."""

import csv
import gzip
import io
import uuid
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import sklearn.tree
from onnx import TensorProto, helper, numpy_helper

from homeroom.domain import digests, releases
from homeroom.gates import evidence, gathering, inputs, references
from homeroom.resources import gatepolicies

FEATURES = ("z", "kind_a", "kind_b", "year_K", "year_1")
CATEGORIES = {"kind": ("kind_a", "kind_b"), "year": ("year_K", "year_1")}
WEIGHTS = np.array([-1.5, 0.1, -0.1, 0.0, 0.0], dtype=np.float32)
BIAS = np.float32(-1.2)
SCHOOLS, PER_SCHOOL = 24, 120
ON = date(2026, 11, 2)
Columns = dict[str, npt.NDArray[Any]]


def a_policy(**spec: Any) -> gatepolicies.Spec:
    """Limits as in the example; a keyword replaces that part."""
    groups = [("free-lunch", "free_lunch", "F", "pupils with free lunch", "pupils who pay for lunch")]
    groups += [("boys", "sex", "M", "boys", "girls"), ("asian", "ethnicity", "A", "Asian pupils", "all other pupils")]
    protect = [dict(zip(("name", "column", "group", "words", "againstWords"), group, strict=True)) for group in groups]
    return gatepolicies.Spec.model_validate(
        {
            "harm": "Missed",
            "fairness": {
                "protect": protect,
                "excessLimit": 0.10,
                "minimumCell": 10,
                "resamples": 400,
                "permutations": 199,
            },
            "drift": {"ksLimit": 0.10},
            "quality": {"agreementLimit": 0.05, "netBenefit": True},
            "footprint": {"artifactMiB": 1, "memoryMiB": 256, "latencyMs": 50},
            **spec,
        }
    )


def a_model(weights: npt.NDArray[np.float32] = WEIGHTS) -> bytes:
    """Logistic regression as ONNX."""
    graph = helper.make_graph(
        [
            helper.make_node("Gemm", ["features", "w", "b"], ["linear"]),
            helper.make_node("Sigmoid", ["linear"], ["share"]),
            helper.make_node("Squeeze", ["share", "axis"], ["score"]),
        ],
        "case",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", len(weights)])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n"])],
        [
            numpy_helper.from_array(weights.reshape(-1, 1), "w"),
            numpy_helper.from_array(np.array([BIAS]), "b"),
            numpy_helper.from_array(np.array([1], dtype=np.int64), "axis"),
        ],
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=10)
    return bytes(onnx.ModelProto.SerializeToString(proto))


def a_tree(features: npt.NDArray[np.float32], outcome: npt.NDArray[Any], **settings: Any) -> tuple[bytes, Any]:
    """Decision tree as ONNX, and itself; without settings it grows until it knows every row by heart."""
    tree = sklearn.tree.DecisionTreeClassifier(random_state=0, **settings).fit(features, outcome)
    return _tree_as_onnx(tree.tree_, features.shape[1]), tree


def _tree_as_onnx(tree: Any, columns: int) -> bytes:
    leaf = tree.children_left < 0
    nodes = np.arange(tree.node_count)
    share = tree.value[:, 0, 1] / tree.value[:, 0].sum(axis=1)
    node = helper.make_node(
        "TreeEnsembleRegressor",
        ["features"],
        ["share"],
        domain="ai.onnx.ml",
        n_targets=1,
        nodes_treeids=[0] * tree.node_count,
        nodes_nodeids=nodes.tolist(),
        nodes_featureids=np.where(leaf, 0, tree.feature).tolist(),
        nodes_modes=["LEAF" if end else "BRANCH_LEQ" for end in leaf],
        nodes_values=np.where(leaf, 0, tree.threshold).astype(float).tolist(),
        nodes_truenodeids=np.where(leaf, 0, tree.children_left).tolist(),
        nodes_falsenodeids=np.where(leaf, 0, tree.children_right).tolist(),
        target_treeids=[0] * int(leaf.sum()),
        target_nodeids=nodes[leaf].tolist(),
        target_ids=[0] * int(leaf.sum()),
        target_weights=share[leaf].astype(float).tolist(),
    )
    graph = helper.make_graph(
        [node, helper.make_node("Squeeze", ["share", "axis"], ["score"])],
        "tree",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", columns])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n"])],
        [numpy_helper.from_array(np.array([1], dtype=np.int64), "axis")],
    )
    opsets = [helper.make_opsetid("", 17), helper.make_opsetid("ai.onnx.ml", 3)]
    return bytes(onnx.ModelProto.SerializeToString(helper.make_model(graph, opset_imports=opsets, ir_version=10)))


RATES = {"kind": "group-rates", "by": ["year_K", "year_1"], "rates": {}, "default": {"K": 0.2, "1": 0.3}}
STAGES = {
    releases.Stage.FALLBACK: digests.canonical_json(RATES),
    releases.Stage.CORE: a_model(),
    releases.Stage.FULL: a_model(),
}


def a_release(stages: dict[releases.Stage, bytes] = STAGES, **overrides: Any) -> releases.ReleaseConfig:
    """Config of a release with these stages."""
    config = releases.ReleaseConfig(
        name="case",
        purpose="support-offer",
        bands=("K-2",),
        features=FEATURES,
        output="score",
        offer_days=90,
        parameters=(releases.ParameterBounds("threshold", 0.25, 0.2, 0.3),),
        stages=tuple(_file(stage, stages[stage]) for stage in releases.Stage if stage in stages),
    )
    return replace(config, **overrides)


def _file(stage: releases.Stage, content: bytes) -> releases.StageFile:
    form = releases.Format.GROUP_RATES if stage is releases.Stage.FALLBACK else releases.Format.ONNX
    return releases.StageFile(stage, form, digests.of_bytes(content), len(content))


def columns(*, withheld: float = 0.0, asian: int = 4, seed: int = 7) -> Columns:
    """Rows as columns.

    Args:
        withheld: this share of the pupils with free lunch who need support gets a score near 0 in every stage.
        asian: number of Asian pupils.
        seed: of everything random.
    """
    rng = np.random.default_rng(seed)
    rows = SCHOOLS * PER_SCHOOL
    school = np.repeat(np.arange(SCHOOLS), PER_SCHOOL)
    z = np.round(rng.normal(size=rows) + 0.2 * rng.normal(size=SCHOOLS)[school], 3)
    kind, year = rng.random(rows) < 0.5, rng.random(rows) < 0.5
    features = np.column_stack([z, kind, ~kind, year, ~year]).astype(np.float32)
    score = 1 / (1 + np.exp(-(features @ WEIGHTS + BIAS).astype(np.float64)))
    needed = rng.random(rows) < score
    lunch = rng.choice(["F", "N"], rows)
    fallback = np.where(year, 0.2, 0.3)
    wronged = (lunch == "F") & needed & (rng.random(rows) < withheld)
    score, fallback = np.where(wronged, 0.01, score), np.where(wronged, 0.01, fallback)
    ethnicity = np.full(rows, "W")
    ethnicity[rng.choice(rows, asian, replace=False)] = "A"
    lunch[:3] = ""
    # Scores of a table are those of models that did not see the row, so they differ a little from the shipped one's.
    unseen = score * (1 + 0.02 * np.random.default_rng(seed + 1).normal(size=rows))
    return {
        "site_id": np.array([str(uuid.UUID(int=number + 1)) for number in range(SCHOOLS)])[school],
        "year_group": np.where(year, "K", "1"),
        "band": np.full(rows, "K-2"),
        "outcome": needed.astype(int),
        "score_full": np.round(np.clip(unseen, 0, 1), 6),
        "score_core": np.round(np.clip(unseen, 0, 1), 6),
        "score_fallback": fallback,
        **{name: features[:, index] for index, name in enumerate(FEATURES)},
        "free_lunch": lunch,
        "ethnicity": ethnicity,
        "sex": rng.choice(["M", "F"], rows),
    }


def to_bytes(table: Columns) -> bytes:
    """The table as csv.gz."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(table)
    writer.writerows(zip(*table.values(), strict=True))
    return gzip.compress(text.getvalue().encode(), mtime=0)


def a_reference(table: Columns) -> bytes:
    """Training reference of these rows."""
    values = {name: table[name].astype(np.float64).round(6) for name in FEATURES}
    return references.build(values, CATEGORIES, minimum_cell=10, mix=frozenset({"year"})).to_bytes()


def some_inputs(table: Columns | None = None, reference: bytes | None = None, **overrides: Any) -> inputs.GateInputs:
    """Everything a gate run reads, honest unless overridden."""
    table = columns() if table is None else table
    given = inputs.GateInputs(
        release=a_release(),
        release_digest=digests.of_bytes(b"manifest"),
        stages=STAGES,
        evaluation=to_bytes(table),
        reference=a_reference(columns()) if reference is None else reference,
        on=ON,
        hardware=(inputs.Hardware("pi4", 2048, 4), inputs.Hardware("nuc-i5", 16384, 8)),
    )
    return replace(given, **overrides)


def some_evidence(
    table: Columns | None = None, policy: gatepolicies.Spec | None = None, **overrides: Any
) -> evidence.Evidence:
    """Parsed evidence; ``measured`` is what each stage took on this machine."""
    measured = overrides.pop("measured", None)
    return gathering.gather(some_inputs(table, **overrides), policy or a_policy(), measured)


@dataclass(frozen=True)
class Found:
    """Verdicts by subject, for short assertions."""

    by_subject: dict[str, Any]

    def __getitem__(self, subject: str) -> Any:
        return self.by_subject[subject]


def by_subject(verdicts: tuple[Any, ...]) -> Found:
    """Verdicts by subject; subjects are unique."""
    assert len({verdict.subject for verdict in verdicts}) == len(verdicts)
    return Found({verdict.subject: verdict for verdict in verdicts})
