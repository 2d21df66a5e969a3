"""The three stages of the release: how each is trained, and the bytes in which it travels."""

import warnings

import numpy as np
import numpy.typing as npt
import onnx
import onnxruntime
from dataset import FEATURES, YEAR_GROUPS, Dataset
from onnx import TensorProto, helper, numpy_helper
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from homeroom.domain import digests
from homeroom.stats import shrinkage

OPSET = 17
IR_VERSION = 10
AGREES_WITHIN = 1e-5
SMALLEST_CELL = 10
"""A year group of a school with fewer pupils gets the common rate: its own would say something about single pupils."""

Model = LogisticRegression | MLPClassifier
Floats = npt.NDArray[np.float64]
Rates = dict[str, dict[str, float]]


def new_core() -> LogisticRegression:
    """Twin that fits into 700 bytes."""
    return LogisticRegression(max_iter=500)


def new_full() -> MLPClassifier:
    """Small network; a fixed number of epochs and a fixed seed."""
    return MLPClassifier((16, 8), max_iter=30, batch_size=128, alpha=1e-3, learning_rate_init=3e-3, random_state=0)


def fit(model: Model, features: npt.NDArray[np.float32], outcome: npt.NDArray[np.int64]) -> Model:
    """Trains in place and returns the model."""
    with warnings.catch_warnings():
        # The number of epochs is fixed on purpose: the same work on every machine, and early enough not to overfit.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(features, outcome)


def score(model: Model, features: npt.NDArray[np.float32]) -> Floats:
    """Predicted share that needs support; shape (n,)."""
    return np.asarray(model.predict_proba(features)[:, 1], dtype=np.float64)


def to_onnx(model: Model, name: str) -> bytes:
    """The model as a graph written by hand: one Gemm per layer, Relu between, a Sigmoid at the end."""
    layers = (
        [(model.coef_.T, model.intercept_)]
        if isinstance(model, LogisticRegression)
        else list(zip(model.coefs_, model.intercepts_, strict=True))
    )
    nodes, weights, current = [], [], "features"
    for index, (matrix, bias) in enumerate(layers):
        weights += [_tensor(f"weight_{index}", matrix), _tensor(f"bias_{index}", bias)]
        nodes.append(helper.make_node("Gemm", [current, f"weight_{index}", f"bias_{index}"], [f"linear_{index}"]))
        last = index == len(layers) - 1
        current = f"active_{index}"
        nodes.append(helper.make_node("Sigmoid" if last else "Relu", [f"linear_{index}"], [current]))
    weights.append(numpy_helper.from_array(np.array([1], dtype=np.int64), "column"))
    nodes.append(helper.make_node("Squeeze", [current, "column"], ["score"]))
    graph = helper.make_graph(
        nodes,
        name,
        [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", len(FEATURES)])],
        [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n"])],
        weights,
    )
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="reading-support")
    proto.ir_version = IR_VERSION
    onnx.checker.check_model(proto, full_check=True)
    return bytes(proto.SerializeToString(deterministic=True))


def check_agreement(model: Model, content: bytes, features: npt.NDArray[np.float32]) -> float:
    """Largest difference between the model and its ONNX form.

    Raises:
        SystemExit: it is above ``AGREES_WITHIN``.
    """
    session = onnxruntime.InferenceSession(content, providers=["CPUExecutionProvider"])
    difference = float(np.abs(session.run(["score"], {"features": features})[0] - score(model, features)).max())
    if difference > AGREES_WITHIN:
        raise SystemExit(
            f"the ONNX form differs from the model by {difference:.2e}; at most {AGREES_WITHIN:.0e} is fine"
        )
    return difference


def fit_rates(
    data: Dataset, outcome: npt.NDArray[np.int64], chosen: npt.NDArray[np.bool_]
) -> tuple[Rates, dict[str, float]]:
    """Year-group rates of every school, shrunken towards the common rate and rounded to two decimals.

    Returns:
        Rates by site id and year group, and the common rate of each year group.
    """
    rates: Rates = {}
    common: dict[str, float] = {}
    for year in YEAR_GROUPS:
        rows = chosen & (data.year_group == year)
        sites, index = np.unique(data.site_id[rows], return_inverse=True)
        pupils = np.bincount(index).astype(np.float64)
        needed = np.bincount(index, weights=outcome[rows].astype(np.float64))
        prior = shrinkage.fit_prior(needed, pupils)
        common[year] = round(prior.mean, 2)
        for site, rate, count in zip(sites, shrinkage.shrunken(needed, pupils, prior), pupils, strict=True):
            if count >= SMALLEST_CELL:
                rates.setdefault(str(site), {})[year] = round(float(rate), 2)
    return rates, common


def look_up(rates: Rates, common: dict[str, float], data: Dataset) -> Floats:
    """The rate that each row is answered with."""
    pairs = zip(data.site_id, data.year_group, strict=True)
    return np.array([rates.get(str(site), {}).get(str(year), common[str(year)]) for site, year in pairs])


def rates_to_bytes(rates: Rates, common: dict[str, float]) -> bytes:
    """The fallback stage as JSON."""
    return digests.canonical_json(
        {"kind": "group-rates", "by": [f"year_{year}" for year in YEAR_GROUPS], "rates": rates, "default": common}
    )


def _tensor(name: str, values: Floats) -> onnx.TensorProto:
    return numpy_helper.from_array(np.asarray(values, dtype=np.float32), name)
