"""Cross-fitted scores: every row is scored by models that saw neither its region nor its student."""

from collections.abc import Callable

import numpy as np
import stages
from dataset import BAND, FEATURES, Dataset
from sklearn.model_selection import GroupKFold

from homeroom.training import crossfitting, documents

FOLDS, PARTS, SEED = 5, 10, 2013


def evaluate(data: Dataset) -> dict[str, stages.Floats]:
    """Scores of the three stages, by stage name; each of shape (n,)."""
    return {
        "full": cross_fit_model(data, stages.new_full),
        "core": cross_fit_model(data, stages.new_core),
        "fallback": cross_fit_rates(data),
    }


def cross_fit_model(data: Dataset, new_model: Callable[[], stages.Model]) -> stages.Floats:
    """Folds of whole regions; other rows of a student who is scored are left out of training too."""
    return crossfitting.cross_fit(
        GroupKFold(FOLDS).split(data.features, data.outcome, data.site_id),
        data.student,
        lambda seen, rows: stages.score(stages.fit(new_model(), data, seen), data.features[rows]),
    )


def cross_fit_rates(data: Dataset) -> stages.Floats:
    """Rates of nine tenths of the students answer for the last tenth, so that nobody is part of the own rate."""
    return crossfitting.cross_fit(
        crossfitting.parts(data.student, PARTS, SEED),
        data.student,
        lambda seen, rows: stages.fit_rates(data, seen).answers(data.site_id[rows], data.module[rows]),
    )


def to_table(data: Dataset, scores: dict[str, stages.Floats]) -> bytes:
    """The evaluation table as csv.gz: rows in a shuffled order, an opaque token for each student."""
    known = {
        "site_id": data.site_id,
        "year_group": data.module,
        "band": np.full(len(data.outcome), BAND),
        "period": data.period,
        "pupil_token": data.student,
        "outcome": data.outcome,
    }
    features = dict(zip(FEATURES, data.features.T, strict=True))
    return documents.evaluation_table(known, scores, features, data.groups, seed=SEED)
