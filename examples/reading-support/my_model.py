"""Writes a tiny model of your own as ONNX: change the weights below and release it (docs/tutorials/my-model.md).

It is a score card: a sum of weights, squeezed into 0..1. A file of your own needs nothing from here but the two tensors:
input ``features``, float32 [N, 12], the columns in the order of ``WEIGHTS``; output ``score``, float32 [N], each between
0 and 1, where higher means: offer support first.

Usage: python examples/reading-support/my_model.py OUT.onnx
"""

import argparse
import pathlib

import numpy as np
import onnx
from dataset import FEATURES
from onnx import TensorProto, helper, numpy_helper

BIAS = -1.9
WEIGHTS = {
    "read_z": -1.8,  # reading against the year group: one standard deviation below it adds 1.8
    "math_z": -0.4,
    "class_small": -0.2,
    "class_regular": 0.0,
    "class_aide": 0.0,
    "school_inner": 0.5,
    "school_rural": 0.0,
    "school_suburb": 0.1,
    "school_urban": 0.3,
    "year_K": 0.0,
    "year_1": 0.0,
    "year_2": -0.1,
}
OPSET = 17
IR_VERSION = 10


def build(weights: dict[str, float], bias: float) -> bytes:
    """The ONNX file: one Gemm, one Sigmoid, and a Squeeze that makes [N] of [N, 1]."""
    column = np.array([[weights[name]] for name in FEATURES], dtype=np.float32)
    graph = helper.make_graph(
        [
            helper.make_node("Gemm", ["features", "weights", "bias"], ["sum"]),
            helper.make_node("Sigmoid", ["sum"], ["share"]),
            helper.make_node("Squeeze", ["share", "last"], ["score"]),
        ],
        "my-model",
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["N", len(FEATURES)])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["N"])],
        [
            numpy_helper.from_array(column, "weights"),
            numpy_helper.from_array(np.array([bias], dtype=np.float32), "bias"),
            numpy_helper.from_array(np.array([1], dtype=np.int64), "last"),
        ],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="my-model")
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def main() -> None:
    """Writes the file that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path, help="file to write, such as my-model.onnx")
    out = parser.parse_args().out
    out.write_bytes(build(WEIGHTS, BIAS))
    print(f"{out}: {out.stat().st_size} bytes")


if __name__ == "__main__":
    main()
