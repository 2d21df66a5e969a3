"""Cross-fitted scores: every row is scored by models of ours that saw neither its school nor its pupil."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import stages
from dataset import BAND, FEATURES, Dataset
from sklearn.model_selection import GroupKFold

from homeroom.training import crossfitting, documents

FOLDS = 5
PARTS = 10
SEED = 1985
"""Year in which the study began; splits pupils into parts and shuffles the table."""

Labels = npt.NDArray[np.int64]


def evaluate(data: Dataset, outcome: Labels, full: stages.Floats | None = None) -> dict[str, stages.Floats]:
    """Scores of the three stages, by stage name; each of shape (n,).

    All are cross-fitted but ``full`` where it is given: what a finished model answers, which may have seen these pupils.
    """
    return {
        "full": cross_fit_model(data, outcome, stages.new_full) if full is None else full,
        "core": cross_fit_model(data, outcome, stages.new_core),
        "fallback": cross_fit_rates(data, outcome),
    }


def cross_fit_model(data: Dataset, outcome: Labels, new_model: Callable[[], stages.Model]) -> stages.Floats:
    """Five folds of whole schools; 172 pupils changed school, and their other rows are left out of training too."""
    folds = GroupKFold(FOLDS).split(data.features, outcome, data.site_id)
    return crossfitting.cross_fit(
        folds,
        data.pupil,
        lambda seen, rows: stages.score(
            stages.fit(new_model(), data.features[seen], outcome[seen]), data.features[rows]
        ),
    )


def cross_fit_rates(data: Dataset, outcome: Labels) -> stages.Floats:
    """Rates of nine tenths of a school's pupils answer for the last tenth, so that no pupil is part of the own rate."""
    return crossfitting.cross_fit(
        crossfitting.parts(data.pupil, PARTS, SEED),
        data.pupil,
        lambda seen, rows: stages.fit_rates(data, outcome, seen).answers(data.site_id[rows], data.year_group[rows]),
    )


def to_table(data: Dataset, scores: dict[str, stages.Floats]) -> bytes:
    """The evaluation table as csv.gz: true outcomes, no pupil identifier, rows in a shuffled order."""
    known = {
        "site_id": data.site_id,
        "year_group": data.year_group,
        "band": np.full(len(data.outcome), BAND),
        "outcome": data.outcome,
    }
    features = dict(zip(FEATURES, data.features.T, strict=True))
    return documents.evaluation_table(known, scores, features, data.groups, seed=SEED)
