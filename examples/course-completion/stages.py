"""The three stages of the release: how each is trained, and the bytes in which it travels."""

import warnings

import numpy as np
import numpy.typing as npt
import onnx
from dataset import FEATURES, MODULES, Dataset
from onnx import TensorProto, helper, numpy_helper
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from homeroom.domain import digests
from homeroom.stats import shrinkage

OPSET, IR_VERSION = 17, 10
SMALLEST_CELL = 10

Model = LogisticRegression | MLPClassifier
Floats = npt.NDArray[np.float64]
Chosen = npt.NDArray[np.bool_]
Rates = dict[str, dict[str, float]]


def new_core() -> LogisticRegression:
    """Twin of one layer."""
    return LogisticRegression(max_iter=1000)


def new_full() -> MLPClassifier:
    """Small network with a fixed number of epochs and a fixed seed."""
    return MLPClassifier((16, 8), max_iter=15, batch_size=256, alpha=1e-3, learning_rate_init=3e-3, random_state=0)


def fit(model: Model, data: Dataset, chosen: Chosen) -> Model:
    """Trains on the chosen rows and returns the model."""
    with warnings.catch_warnings():
        # The number of epochs is fixed on purpose: the same work on every machine.
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(data.features[chosen], data.outcome[chosen])


def score(model: Model, features: npt.NDArray[np.float32]) -> Floats:
    """Predicted share that will not complete; shape (n,)."""
    return np.asarray(model.predict_proba(features)[:, 1], dtype=np.float64)


def to_onnx(model: Model, name: str) -> bytes:
    """One Gemm per layer, Relu between, a Sigmoid at the end."""
    single = isinstance(model, LogisticRegression)
    layers = [(model.coef_.T, model.intercept_)] if single else list(zip(model.coefs_, model.intercepts_, strict=True))
    nodes, weights, current = [], [], "features"
    for index, (matrix, bias) in enumerate(layers):
        weights += [_tensor(f"weight_{index}", matrix), _tensor(f"bias_{index}", bias)]
        nodes.append(helper.make_node("Gemm", [current, f"weight_{index}", f"bias_{index}"], [f"linear_{index}"]))
        current = f"active_{index}"
        last = index == len(layers) - 1
        nodes.append(helper.make_node("Sigmoid" if last else "Relu", [f"linear_{index}"], [current]))
    weights.append(numpy_helper.from_array(np.array([1], dtype=np.int64), "column"))
    nodes.append(helper.make_node("Squeeze", [current, "column"], ["score"]))
    inputs = [helper.make_tensor_value_info("features", TensorProto.FLOAT, ["n", len(FEATURES)])]
    outputs = [helper.make_tensor_value_info("score", TensorProto.FLOAT, ["n"])]
    graph = helper.make_graph(nodes, name, inputs, outputs, weights)
    proto = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="course-completion")
    proto.ir_version = IR_VERSION
    onnx.checker.check_model(proto, full_check=True)
    return bytes(proto.SerializeToString(deterministic=True))


def fit_rates(data: Dataset, chosen: Chosen) -> tuple[Rates, dict[str, float]]:
    """Rates of every region and module, shrunken towards the module's rate; and the rate of each module."""
    rates: Rates = {}
    common: dict[str, float] = {}
    for module in MODULES:
        rows = chosen & (data.module == module)
        sites, index = np.unique(data.site_id[rows], return_inverse=True)
        students = np.bincount(index).astype(np.float64)
        ended = np.bincount(index, weights=data.outcome[rows].astype(np.float64))
        prior = shrinkage.fit_prior(ended, students)
        common[module] = round(prior.mean, 2)
        for site, rate, count in zip(sites, shrinkage.shrunken(ended, students, prior), students, strict=True):
            if count >= SMALLEST_CELL:
                rates.setdefault(str(site), {})[module] = round(float(rate), 2)
    return rates, common


def look_up(rates: Rates, common: dict[str, float], data: Dataset) -> Floats:
    """The rate that each row is answered with."""
    pairs = zip(data.site_id, data.module, strict=True)
    return np.array([rates.get(str(site), {}).get(str(module), common[str(module)]) for site, module in pairs])


def rates_to_bytes(rates: Rates, common: dict[str, float]) -> bytes:
    """The fallback stage as JSON."""
    by = [f"year_{module}" for module in MODULES]
    return digests.canonical_json({"kind": "group-rates", "by": by, "rates": rates, "default": common})


def _tensor(name: str, values: Floats) -> onnx.TensorProto:
    return numpy_helper.from_array(np.asarray(values, dtype=np.float32), name)
