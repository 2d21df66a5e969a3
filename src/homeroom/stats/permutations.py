"""Chance worked out by permuting whole windows: pupils of one class or school are alike, so rows are never shuffled."""

from dataclasses import dataclass

import numpy as np

from homeroom.stats import clusters


@dataclass(frozen=True, slots=True)
class Arrangements:
    """Which window of each school counts as the present one, and what the others weigh, in each arrangement.

    Attributes:
        current: shape (1+b, k, y); 1 for the present window of each school, else 0. The first arrangement is the real one.
        reference: shape (1+b, k, y); weight of each other window, 0 for the present one.
    """

    current: clusters.FloatArray
    reference: clusters.FloatArray


def pvalue(statistics: clusters.FloatArray) -> clusters.FloatArray:
    """Share of arrangements at least as extreme as the real one, itself among them.

    Args:
        statistics: shape (1+b, ...); the real one first; large is extreme.

    Returns:
        Shape (...), at least 1/(1+b); 1 where the real one is NaN. Example: 5 first, then 1, 5, 2: (1 + 1) / (1 + 3) = 0.5.

    Source:
        Phipson and Smyth 2010, SAGMB 9(1): counting the real arrangement keeps the level exact.
    """
    # Equal arrangements may differ in the last digit, because sums run in another order.
    slack = 1e-9 * np.abs(statistics[0])
    # Written so that a NaN is never evidence.
    found: clusters.FloatArray = (~(statistics < statistics[0] - slack)).mean(axis=0)
    return found


def arrange(
    rows: clusters.FloatArray, slot_weights: clusters.FloatArray, permutations: int, rng: np.random.Generator
) -> Arrangements:
    """Permutes the school years of each school among the places "now", "last year", and so on.

    Args:
        rows: shape (k, y); pupils of each school in each place, the present first; 0 where a school has no such window.
        slot_weights: shape (y,); what each place weighs in the reference; the first is not used.
        permutations: number b.
        rng: source of randomness.

    Returns:
        Arrangements. A school with one window keeps it. Windows change places only within their school, so that schools
        that have always differed are not taken for change.
    """
    schools, places = rows.shape
    has = rows > 0
    keys = np.where(has, rng.random((permutations, schools, places)), np.inf)
    keys = np.concatenate([np.where(has, np.arange(places, dtype=np.float64), np.inf)[None], keys])
    # The windows that exist, in a random order, fill the places that exist, in their own order.
    order = np.argsort(keys, axis=2, kind="stable")
    slots = np.argsort(~has, axis=1, kind="stable")
    weights = np.where(has, slot_weights, 0.0)
    taken = np.broadcast_to(np.take_along_axis(weights, slots, axis=1), order.shape)
    first = np.broadcast_to(np.take_along_axis(has[:, :1] & (np.arange(places) == 0), slots, axis=1), order.shape)
    current, reference = np.zeros(order.shape), np.zeros(order.shape)
    np.put_along_axis(current, order, first.astype(np.float64), axis=2)
    np.put_along_axis(reference, order, np.where(first, 0.0, taken), axis=2)
    return Arrangements(current=current, reference=reference)


def pooled(
    arrangements: Arrangements, counts: clusters.FloatArray, rows: clusters.FloatArray
) -> tuple[clusters.FloatArray, clusters.FloatArray]:
    """Shares in the bins, now and before, pooled over schools with the same mix of schools on both sides.

    Args:
        arrangements: of k schools and y places.
        counts: shape (k, y, m).
        rows: shape (k, y).

    Returns:
        Two of shape (1+b, m): the reference of each school weighs as much as its present window, so that a larger or smaller
        school is no difference.
    """
    now = (arrangements.current * rows).sum(axis=2)
    before = (arrangements.reference * rows).sum(axis=2)
    matched = np.where((now > 0) & (before > 0), now, 0.0)
    scale = np.divide(matched, before, out=np.zeros_like(matched), where=before > 0)
    here = arrangements.current * (matched > 0)[..., None]
    there = arrangements.reference * scale[..., None]
    flat = counts.reshape(-1, counts.shape[-1])
    total = np.maximum(matched.sum(axis=1), np.finfo(float).tiny)[:, None]
    return here.reshape(len(here), -1) @ flat / total, there.reshape(len(there), -1) @ flat / total


def arrangements_possible(rows: clusters.FloatArray) -> float:
    """How many different choices of present windows there are: the smallest possible p-value is one over it.

    Args:
        rows: shape (k, y).

    Returns:
        Example: three schools with 2, 4 and 1 windows: 2 * 4 * 1 = 8. A school without a present window has nothing to choose.
    """
    windows = np.where(rows[:, 0] > 0, (rows > 0).sum(axis=1), 1)
    return float(np.prod(windows.astype(np.float64)))
