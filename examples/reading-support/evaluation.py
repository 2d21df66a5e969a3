"""Cross-fitted scores: every row is scored by models of ours that saw neither its school nor its pupil."""

import csv
import gzip
import io
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import stages
from dataset import BAND, FEATURES, GROUPS, Dataset
from sklearn.model_selection import GroupKFold

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
    scores = np.full(len(outcome), np.nan)
    for seen, unseen in GroupKFold(FOLDS).split(data.features, outcome, data.site_id):
        seen_only = seen[~np.isin(data.pupil[seen], data.pupil[unseen])]
        model = stages.fit(new_model(), data.features[seen_only], outcome[seen_only])
        scores[unseen] = stages.score(model, data.features[unseen])
    return scores


def cross_fit_rates(data: Dataset, outcome: Labels) -> stages.Floats:
    """Rates of nine tenths of a school's pupils answer for the last tenth, so that no pupil is part of the own rate."""
    pupils, index = np.unique(data.pupil, return_inverse=True)
    part = np.random.default_rng(SEED).permutation(len(pupils))[index] % PARTS
    scores = np.full(len(outcome), np.nan)
    for held_out in range(PARTS):
        rates, common = stages.fit_rates(data, outcome, part != held_out)
        scores[part == held_out] = stages.look_up(rates, common, data)[part == held_out]
    return scores


def to_table(data: Dataset, scores: dict[str, stages.Floats]) -> bytes:
    """The evaluation table as csv.gz: true outcomes, no pupil identifier, rows in a shuffled order."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    names = tuple(f"score_{name}" for name in scores)
    writer.writerow(("site_id", "year_group", "band", "outcome", *names, *FEATURES, *GROUPS))
    for row in np.random.default_rng(SEED).permutation(len(data.outcome)):
        writer.writerow(
            (
                data.site_id[row],
                data.year_group[row],
                BAND,
                data.outcome[row],
                *(f"{values[row]:.6f}" for values in scores.values()),
                *(f"{value:.4f}".removesuffix(".0000") for value in data.features[row]),
                *(data.groups[name][row] for name in GROUPS),
            )
        )
    return gzip.compress(text.getvalue().encode(), compresslevel=6, mtime=0)
