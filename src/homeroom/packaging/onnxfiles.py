"""What an ONNX stage may contain, and whether it answers: imported by intake's limited process only."""

import itertools
from collections.abc import Iterable, Iterator

import numpy as np
import onnx
import onnxruntime
from google.protobuf import message  # type: ignore[import-untyped]  # the package ships no types

from homeroom.packaging.refusals import NotTaken, Reason

INPUT = "features"
MOST_NODES = 10_000
ROWS = 7
"""Rows of the fixed input; a number that nobody's weights are likely to have as a dimension."""

ALLOWED = {
    "": frozenset(
        [
            "Abs",
            "Add",
            "And",
            "BatchNormalization",
            "Cast",
            "Clip",
            "Concat",
            "Constant",
            "Div",
            "Elu",
            "Equal",
            "Erf",
            "Exp",
            "Flatten",
            "Gather",
            "Gelu",
            "Gemm",
            "Greater",
            "GreaterOrEqual",
            "HardSigmoid",
            "Identity",
            "LayerNormalization",
            "LeakyRelu",
            "Less",
            "LessOrEqual",
            "Log",
            "LogSoftmax",
            "MatMul",
            "Max",
            "Mean",
            "Min",
            "Mul",
            "Neg",
            "Not",
            "Or",
            "PRelu",
            "Pow",
            "ReduceMax",
            "ReduceMean",
            "ReduceMin",
            "ReduceSum",
            "Relu",
            "Reshape",
            "Selu",
            "Shape",
            "Sigmoid",
            "Sign",
            "Slice",
            "Softmax",
            "Softplus",
            "Split",
            "Sqrt",
            "Squeeze",
            "Sub",
            "Sum",
            "Tanh",
            "Transpose",
            "Unsqueeze",
            "Where",
        ]
    ),
    "ai.onnx.ml": frozenset(
        [
            "Imputer",
            "LinearClassifier",
            "LinearRegressor",
            "Normalizer",
            "Scaler",
            "TreeEnsemble",
            "TreeEnsembleClassifier",
            "TreeEnsembleRegressor",
        ]
    ),
}
"""No loops, branches or functions, nothing random, and nothing that makes a large tensor out of a small one
(Expand, Tile, Range, ConstantOfShape, Resize, Pad)."""

ALLOWED["ai.onnx"] = ALLOWED[""]


def refuse(content: bytes, *, columns: int | None, output: str) -> None:
    """Looks at the bytes of an ONNX stage, then runs it on a fixed input.

    Raises:
        NotTaken: the file may not enter an artifact.
    """
    model = _parse(content)
    _refuse_operators(model)
    _refuse_external_data(model)
    try:
        onnx.checker.check_model(model, full_check=True)
    except (onnx.checker.ValidationError, onnx.shape_inference.InferenceError, ValueError) as exc:
        raise NotTaken(Reason.INTAKE_FAILED, f"the graph is not valid: {exc!s:.300}") from exc
    declared = _declared_columns(model, columns)
    _refuse_output_name(model, output)
    _refuse_answer(content, declared, output)


def _parse(content: bytes) -> onnx.ModelProto:
    if not content:
        raise NotTaken(Reason.TRUNCATED, "the file is empty: export or upload it again")
    model = onnx.ModelProto()
    try:
        model.ParseFromString(content)
    except message.DecodeError as exc:
        if _ends_too_early(content):
            raise NotTaken(Reason.TRUNCATED, "the ONNX file ends too early: export or upload it again") from exc
        raise NotTaken(Reason.NOT_ONNX, "this is no ONNX file: export the model to ONNX") from exc
    if model.ir_version < 1:
        raise NotTaken(Reason.NOT_ONNX, "this is no ONNX file: export the model to ONNX")
    if not model.graph.node or not model.opset_import:
        raise NotTaken(Reason.TRUNCATED, "the ONNX file has no graph or no operator set: export or upload it again")
    return model


def _ends_too_early(content: bytes) -> bool:
    """Whether the bytes start as an ONNX file and stop within a field; walks the outer protobuf message only."""
    if content[:1] != b"\x08":  # field 1 as a varint: ir_version, which every exporter writes first
        return False
    position = 0
    while position < len(content):
        key, position = _varint(content, position)
        wire = key & 7
        if wire == 2:  # noqa: PLR2004 - wire type "length-delimited"
            size, position = _varint(content, position)
            position += size
        elif wire == 0:
            _, position = _varint(content, position)
        elif wire in {1, 5}:
            position += 8 if wire == 1 else 4
        else:
            return False
    return position > len(content)


def _varint(content: bytes, position: int) -> tuple[int, int]:
    value = shift = 0
    while shift <= 63:  # noqa: PLR2004 - ten bytes of seven bits
        if position >= len(content):
            return value, len(content) + 1
        byte = content[position]
        value, shift, position = value | (byte & 0x7F) << shift, shift + 7, position + 1
        if byte < 0x80:  # noqa: PLR2004 - the last byte has no continuation bit
            break
    return value, position


def _refuse_operators(model: onnx.ModelProto) -> None:
    if len(model.functions) or len(model.training_info):
        raise NotTaken(Reason.OPERATOR_REFUSED, "the model defines functions or training steps; export the plain graph")
    if len(model.graph.node) > MOST_NODES:
        raise NotTaken(Reason.TOO_LARGE, f"the graph has {len(model.graph.node)} nodes; at most {MOST_NODES} are read")
    for node in model.graph.node:
        if node.op_type not in ALLOWED.get(node.domain, frozenset()):
            name = f"{node.domain}:{node.op_type}" if node.domain else node.op_type
            raise NotTaken(Reason.OPERATOR_REFUSED, f"operator {name[:100]!r} is not run at schools")
        if any(len(attribute.graphs) or attribute.HasField("g") for attribute in node.attribute):
            raise NotTaken(Reason.OPERATOR_REFUSED, f"operator {node.op_type[:100]!r} holds a graph of its own")


def _refuse_external_data(model: onnx.ModelProto) -> None:
    for tensor in _tensors(model):
        if tensor.data_location == onnx.TensorProto.EXTERNAL or len(tensor.external_data):
            raise NotTaken(
                Reason.EXTERNAL_DATA,
                f"tensor {tensor.name[:100]!r} lies in another file: save all data inside the model",
            )


def _tensors(model: onnx.ModelProto) -> Iterator[onnx.TensorProto]:
    yield from model.graph.initializer
    for sparse in model.graph.sparse_initializer:
        yield from (sparse.values, sparse.indices)
    for node in model.graph.node:
        for attribute in node.attribute:
            yield from (attribute.t, *attribute.tensors)
            for sparse in (attribute.sparse_tensor, *attribute.sparse_tensors):
                yield from (sparse.values, sparse.indices)


def _declared_columns(model: onnx.ModelProto, columns: int | None) -> int:
    weights = {tensor.name for tensor in model.graph.initializer}
    inputs = [value for value in model.graph.input if value.name not in weights]
    if [value.name for value in inputs] != [INPUT]:
        raise NotTaken(
            Reason.INTAKE_FAILED, f"the model must have exactly one input, named {INPUT!r}; it has {_names(inputs)}"
        )
    tensor = inputs[0].type.tensor_type
    dimensions = [dimension.dim_value for dimension in tensor.shape.dim]
    if tensor.elem_type != onnx.TensorProto.FLOAT or len(dimensions) != 2 or dimensions[0] != 0 or dimensions[1] < 1:  # noqa: PLR2004
        raise NotTaken(
            Reason.INTAKE_FAILED,
            f"input {INPUT!r} must be float32 of shape [n, number of features], with n left open (a dynamic axis)",
        )
    if columns is not None and dimensions[1] != columns:
        raise NotTaken(Reason.INTAKE_FAILED, f"the model takes {dimensions[1]} features; the release names {columns}")
    return int(dimensions[1])


def _refuse_output_name(model: onnx.ModelProto, output: str) -> None:
    if output not in [value.name for value in model.graph.output]:
        found = _names(model.graph.output)
        raise NotTaken(Reason.INTAKE_FAILED, f"the model must have an output named {output!r}; it has {found}")


def _names(values: Iterable[onnx.ValueInfoProto]) -> str:
    return ", ".join(repr(value.name[:100]) for value in itertools.islice(values, 8)) or "none"


def _refuse_answer(content: bytes, columns: int, output: str) -> None:
    rows = np.linspace(-3.0, 3.0, ROWS * columns, dtype=np.float32).reshape(ROWS, columns)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.log_severity_level = 4
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        first, second = (np.asarray(session.run([output], {INPUT: rows})[0]) for _ in range(2))
    except MemoryError:
        raise
    except Exception as exc:  # ONNX Runtime raises many types of its own without a common base
        raise NotTaken(Reason.INTAKE_FAILED, f"ONNX Runtime cannot run it: {exc!s:.300}") from exc
    if first.shape != (ROWS,) or first.dtype != np.float32:
        found = f"for {ROWS} rows it is {first.dtype} of shape {list(first.shape)}"
        raise NotTaken(
            Reason.INTAKE_FAILED, f"output {output!r} must be float32 of shape [n], one score for each row; {found}"
        )
    if not np.isfinite(first).all() or first.min() < 0.0 or first.max() > 1.0:
        raise NotTaken(Reason.INTAKE_FAILED, f"output {output!r} must be a finite score between 0 and 1")
    if not np.array_equal(first, second):
        raise NotTaken(Reason.INTAKE_FAILED, "the same input gave two different answers")
