"""Scores of people whom the model that scores them has not seen: what an evaluation table holds."""

from collections.abc import Callable, Iterable, Iterator

import numpy as np

from homeroom.stats import clusters
from homeroom.training.grouprates import Strings

Fold = tuple[clusters.IntArray, clusters.IntArray]
"""Rows to train on and rows to score, by their numbers; scikit-learn's ``GroupKFold.split`` gives folds of whole schools."""


def cross_fit(
    folds: Iterable[Fold],
    person: Strings,
    answer: Callable[[clusters.BoolArray, clusters.IntArray], clusters.FloatArray],
) -> clusters.FloatArray:
    """Scores of every row that some fold scores; shape (n,), NaN for the others.

    Args:
        folds: rows to train on and to score.
        person: shape (n,). Rows of people who are scored are left out of training, wherever else they are.
        answer: trains on chosen rows, shape (n,), and scores the rows with these numbers.
    """
    scores = np.full(len(person), np.nan)
    for seen, unseen in folds:
        chosen = np.zeros(len(person), dtype=bool)
        chosen[seen] = ~np.isin(person[seen], person[unseen])
        scores[unseen] = answer(chosen, unseen)
    return scores


def parts(person: Strings, count: int, seed: int) -> Iterator[Fold]:
    """Folds of people by chance: ``count`` parts of them, and each is scored by what the others give."""
    people, index = np.unique(person, return_inverse=True)
    part = np.random.default_rng(seed).permutation(len(people))[index] % count
    for held_out in range(count):
        yield np.flatnonzero(part != held_out), np.flatnonzero(part == held_out)
