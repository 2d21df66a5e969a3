"""Cross-fitted scores: every row is scored by models that saw neither its region nor its student."""

import csv
import gzip
import io
from collections.abc import Callable

import numpy as np
import stages
from dataset import BAND, FEATURES, Dataset
from sklearn.model_selection import GroupKFold

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
    scores = np.full(len(data.outcome), np.nan)
    for seen, unseen in GroupKFold(FOLDS).split(data.features, data.outcome, data.site_id):
        chosen = np.zeros(len(scores), dtype=bool)
        chosen[seen] = ~np.isin(data.student[seen], data.student[unseen])
        scores[unseen] = stages.score(stages.fit(new_model(), data, chosen), data.features[unseen])
    return scores


def cross_fit_rates(data: Dataset) -> stages.Floats:
    """Rates of nine tenths of the students answer for the last tenth, so that nobody is part of the own rate."""
    students, index = np.unique(data.student, return_inverse=True)
    part = np.random.default_rng(SEED).permutation(len(students))[index] % PARTS
    scores = np.full(len(data.outcome), np.nan)
    for held_out in range(PARTS):
        rates, common = stages.fit_rates(data, part != held_out)
        scores[part == held_out] = stages.look_up(rates, common, data)[part == held_out]
    return scores


def to_table(data: Dataset, scores: dict[str, stages.Floats]) -> bytes:
    """The evaluation table as csv.gz: rows in a shuffled order, an opaque token for each student."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = tuple(f"score_{name}" for name in scores)
    header = ("site_id", "year_group", "band", "period", "pupil_token", "outcome", *names, *FEATURES, *data.groups)
    writer.writerow(header)
    for row in np.random.default_rng(SEED).permutation(len(data.outcome)):
        known = (data.site_id[row], data.module[row], BAND, data.period[row], data.student[row], data.outcome[row])
        answers = (f"{values[row]:.6f}" for values in scores.values())
        features = (f"{value:.4f}".removesuffix(".0000") for value in data.features[row])
        writer.writerow((*known, *answers, *features, *(values[row] for values in data.groups.values())))
    return gzip.compress(text.getvalue().encode(), compresslevel=6, mtime=0)
