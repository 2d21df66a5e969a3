"""Dense networks as ONNX, with operators that every school box may run.

Written by hand and not with skl2onnx, which writes nearly any model: its classifiers answer with labels and with one column
for each class, so the one score that a release has would have to be cut out of its graph. For two kinds of model the few nodes
here are less to trust than that and another dependency. Whoever has another model takes a converter.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper

from homeroom.domain import errors
from homeroom.stats import clusters

OPSET, IR_VERSION = 17, 10
INPUT, OUTPUT = "features", "score"
AGREES_WITHIN = 1e-4
"""Difference of two scores that nobody would see: a file answers in single precision, a model in double."""

Layers = Sequence[tuple[clusters.FloatArray, clusters.FloatArray]]
"""Weights of shape (inputs, outputs) and bias of shape (outputs,), from the first layer to the last."""


def layers_of(model: Any) -> Layers:
    """Layers of a fitted ``LogisticRegression`` or ``MLPClassifier`` of scikit-learn that tells two classes apart.

    Raises:
        SpecError: it is another model, is not fitted, or has another activation than relu.
    """
    single = hasattr(model, "coef_") and hasattr(model, "classes_")
    if not single and not hasattr(model, "coefs_"):
        raise errors.SpecError(
            f"{type(model).__name__} is no fitted LogisticRegression or MLPClassifier: write its ONNX file with a "
            "converter of your own (docs/tutorials/my-model.md says what the file must look like)"
        )
    if len(model.classes_) != 2:  # noqa: PLR2004 - one score between 0 and 1
        raise errors.SpecError(f"the model tells {len(model.classes_)} classes apart: train it on outcomes 0 and 1")
    if single:
        return [(model.coef_.T, model.intercept_)]
    if model.activation != "relu":
        raise errors.SpecError(f"the network's activation is {model.activation!r}: train it with relu")
    return list(zip(model.coefs_, model.intercepts_, strict=True))


def scaled(layers: Layers, centre: clusters.FloatArray, spread: clusters.FloatArray) -> Layers:
    """The same network for inputs as they are, where it was fitted on ``(inputs - centre) / spread``.

    Args:
        layers: as fitted.
        centre: shape (inputs,).
        spread: shape (inputs,), none of them 0.
    """
    (matrix, bias), *others = layers
    weights = matrix / spread[:, None]
    return [(weights, bias - centre @ weights), *others]


def to_onnx(layers: Layers, *, name: str, producer: str) -> bytes:
    """The network as a graph written by hand: one Gemm for each layer, Relu between, a Sigmoid at the end.

    Args:
        layers: the last one with a single output.
        name: of the graph.
        producer: what made it, for whoever opens the file.

    Returns:
        A file with an input ``features``, float32 (n, columns), and an output ``score``, float32 (n,), from 0 to 1.
        The same layers give the same bytes.
    """
    nodes, weights, current = [], [], INPUT
    for index, (matrix, bias) in enumerate(layers):
        weights += [_tensor(f"weight_{index}", matrix), _tensor(f"bias_{index}", bias)]
        nodes.append(helper.make_node("Gemm", [current, f"weight_{index}", f"bias_{index}"], [f"linear_{index}"]))
        current = f"active_{index}"
        last = index == len(layers) - 1
        nodes.append(helper.make_node("Sigmoid" if last else "Relu", [f"linear_{index}"], [current]))
    weights.append(numpy_helper.from_array(np.array([1], dtype=np.int64), "column"))
    nodes.append(helper.make_node("Squeeze", [current, "column"], [OUTPUT]))
    inputs = [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["n", len(layers[0][0])])]
    outputs = [helper.make_tensor_value_info(OUTPUT, TensorProto.FLOAT, ["n"])]
    graph = helper.make_graph(nodes, name, inputs, outputs, weights)
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name=producer)
    proto.ir_version = IR_VERSION
    onnx.checker.check_model(proto, full_check=True)
    return bytes(proto.SerializeToString(deterministic=True))


def refuse_other_answers(content: bytes, features: npt.NDArray[np.float32], scores: clusters.FloatArray) -> float:
    """Largest difference between what a file answers and what its model did.

    Args:
        content: from ``to_onnx``.
        features: shape (n, columns).
        scores: shape (n,), of the model.

    Raises:
        SpecError: it is above ``AGREES_WITHIN``.
    """
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    difference = float(np.abs(session.run([OUTPUT], {INPUT: features})[0] - scores).max())
    if not difference <= AGREES_WITHIN:
        raise errors.SpecError(
            f"the ONNX file answers otherwise than the model, by up to {difference:.1e}: numbers that are large beside their "
            "spread, such as 2013 to 2015, lose digits in it; subtract a usual value from them first"
        )
    return difference


def _tensor(name: str, values: clusters.FloatArray) -> onnx.TensorProto:
    return numpy_helper.from_array(np.asarray(values, dtype=np.float32), name)
