"""The three stages of the release: how each is trained, and the bytes in which it travels."""

import warnings

import numpy as np
import numpy.typing as npt
from dataset import YEAR_GROUPS, Dataset
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from homeroom.training import grouprates, networks

Model = LogisticRegression | MLPClassifier
Floats = npt.NDArray[np.float64]


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
    """The model as an ONNX file."""
    return networks.to_onnx(networks.layers_of(model), name=name, producer="reading-support")


def fit_rates(data: Dataset, outcome: npt.NDArray[np.int64], chosen: npt.NDArray[np.bool_]) -> grouprates.GroupRates:
    """Year-group rates of every school, from the chosen rows."""
    return grouprates.fit(outcome[chosen], data.site_id[chosen], data.year_group[chosen], YEAR_GROUPS)
