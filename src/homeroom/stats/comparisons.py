"""Whether a window lies elsewhere than its reference: location and shape of every feature, as one family.

Two questions for each ordered feature (has the middle moved, has the shape), one for each unordered. Whatever is asked, the
numbers of rows are first cut to what clustered rows are worth. Held by simulation (``examples/published-numbers``): at most
5 of 100 unchanged windows with any finding, for 30 to 3,000 pupils, in classes and over the seasons.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from homeroom.stats import clusters, discoveries, tallies

FEWEST_EXPECTED = 5.0
"""Categories expected in fewer rows than this are pooled before a chi-squared test (Cochran 1954)."""
_TAIL = 1e-4


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was found for each of f features.

    Attributes:
        distance: shape (f,); Kolmogorov-Smirnov distance, or total variation of an unordered feature.
        shift: shape (f,); how far the middle moved, in standard deviations of the reference; NaN where unordered.
        adjusted: shape (f,); p-values of all features as one family: any wrong finding among them is rarer than this.
    """

    distance: clusters.FloatArray
    shift: clusters.FloatArray
    adjusted: clusters.FloatArray


def normal_scores(counts: clusters.FloatArray) -> clusters.FloatArray:
    """Score of each bin: where its middle lies on a normal curve, by the reference's own counts.

    Args:
        counts: shape (f, m); empty bins get the score of the cumulated share before them.

    Returns:
        Shape (f, m). Example: counts 1, 2, 1 give -1.15, 0, 1.15.

    Source:
        van der Waerden 1952, Indagationes Mathematicae 14: nearly as sharp as a t-test for normal data, and hard to fool by
        a few far values.
    """
    share = counts / np.maximum(counts.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    scores: clusters.FloatArray = special.ndtri(np.clip(share.cumsum(axis=1) - share / 2, _TAIL, 1 - _TAIL))
    return scores


def compare(
    current: tallies.Tally,
    reference: tallies.Tally,
    scores: clusters.FloatArray,
    correlation: clusters.FloatArray,
    ordered: clusters.BoolArray,
) -> Comparison:
    """Compares sketches; takes microseconds whatever they are sketches of.

    Args:
        current: the window.
        reference: what it is compared with.
        scores: shape (f, m); score of each bin, see ``normal_scores``.
        correlation: shape (f,); intraclass correlation of each feature, best taken from the reference.
        ordered: shape (f,); False for features whose bins have no order.

    Returns:
        Comparison.
    """
    rows = (current.effective_rows(correlation), reference.effective_rows(correlation))
    shares = (_shares(current.counts), _shares(reference.counts))
    shift, moved = _location(shares, rows, scores)
    distance, reshaped = _shape(shares, rows)
    if not ordered.all():
        unordered = np.flatnonzero(~ordered)
        distance[unordered] = np.abs(shares[0] - shares[1])[unordered].sum(axis=1) / 2
        found = [_chi_squared(shares[0][i], shares[1][i], rows[0][i], rows[1][i]) for i in unordered]
        moved[unordered] = reshaped[unordered] = found
        shift[unordered] = np.nan
    family = discoveries.holm(np.concatenate([moved, reshaped]))
    return Comparison(
        distance=distance,
        shift=shift,
        adjusted=np.minimum(family[: len(moved)], family[len(moved) :]),
    )


_Pair = tuple[clusters.FloatArray, clusters.FloatArray]


def _shares(counts: clusters.FloatArray) -> clusters.FloatArray:
    found: clusters.FloatArray = counts / np.maximum(counts.sum(axis=1, keepdims=True), np.finfo(float).tiny)
    return found


def _location(shares: _Pair, rows: _Pair, scores: clusters.FloatArray) -> _Pair:
    means = [(share * scores).sum(axis=1) for share in shares]
    spread = np.maximum((shares[1] * scores**2).sum(axis=1) - means[1] ** 2, np.finfo(float).tiny)
    shift = (means[0] - means[1]) / np.sqrt(spread)
    pvalue: clusters.FloatArray = 2 * special.ndtr(-np.abs(shift) / np.sqrt(1 / rows[0] + 1 / rows[1]))
    return shift, pvalue


def _shape(shares: _Pair, rows: _Pair) -> _Pair:
    distance = np.abs((shares[0] - shares[1]).cumsum(axis=1)).max(axis=1)
    root = np.sqrt(rows[0] * rows[1] / (rows[0] + rows[1]))
    # Stephens 1970, JRSS B 32(1): the correction that makes the limit law serve small samples; bins make it cautious.
    pvalue: clusters.FloatArray = special.kolmogorov((root + 0.12 + 0.11 / root) * distance)
    return distance, pvalue


def _chi_squared(here: clusters.FloatArray, there: clusters.FloatArray, rows: float, rows_there: float) -> float:
    """First-order Rao-Scott: the counts that so many independent rows would have (Rao and Scott 1981, JASA 76)."""
    common = (here * rows + there * rows_there) / (rows + rows_there)
    falling = np.argsort(-common, kind="stable")
    small = common[falling] * min(rows, rows_there) < FEWEST_EXPECTED
    group = np.where(small, (~small).sum(), np.arange(len(common)))
    table = np.stack([np.bincount(group, weights=side[falling]) for side in (here * rows, there * rows_there)])
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0) / table.sum()
    kept = expected[0] > 0
    if kept.sum() < 2:  # noqa: PLR2004 - a single category cannot differ
        return 1.0
    statistic = ((table - expected)[:, kept] ** 2 / expected[:, kept]).sum()
    return float(special.chdtrc(int(kept.sum()) - 1, statistic))
