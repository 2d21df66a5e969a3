"""The three stages of the release: how each is trained."""

import warnings

import numpy as np
import numpy.typing as npt
from dataset import MODULES, Dataset
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from homeroom.training import grouprates

Model = LogisticRegression | MLPClassifier
Floats = npt.NDArray[np.float64]
Chosen = npt.NDArray[np.bool_]


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


def fit_rates(data: Dataset, chosen: Chosen) -> grouprates.GroupRates:
    """Rates of every region and module, from the chosen rows."""
    return grouprates.fit(data.outcome[chosen], data.site_id[chosen], data.module[chosen], MODULES)
