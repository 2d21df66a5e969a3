"""Bins of a watched feature: ten of the reference's own, so that a window says little about any pupil."""

import statistics
from dataclasses import dataclass

import numpy as np

from homeroom.gates import references
from homeroom.stats import clusters

MOST = 10
"""Bins of a numeric feature. Ten equal parts keep nearly all of a rank test's sharpness."""
SCORE_EDGES = tuple(round(0.1 * step, 1) for step in range(1, 10))
"""Edges of the histogram of the model's own scores."""
_TAIL = 1e-4


@dataclass(frozen=True, slots=True)
class Bins:
    """Bins of all features of a reference, in its order.

    Attributes:
        features: of the reference.
        edges: rising inner edges of each numeric feature; empty for a choice.
        sizes: number of bins of each feature; a choice has one more than its shown categories, for anything else.
        scores: shape (f, m); normal score of each bin by the reference's own counts; 0 for a choice and for unused bins.
        ordered: shape (f,); whether the bins have an order.
    """

    features: tuple[references.Feature, ...]
    edges: tuple[tuple[float, ...], ...]
    sizes: tuple[int, ...]
    scores: clusters.FloatArray
    ordered: clusters.BoolArray

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the features."""
        return tuple(feature.name for feature in self.features)


def of_reference(reference: references.Reference) -> Bins:
    """The bins that every school and the district make from the same reference."""
    coarse = [_coarse(feature) for feature in reference.features]
    sizes = tuple(len(counts) for _, counts in coarse)
    scores = np.zeros((len(coarse), max(sizes)))
    for index, (feature, (_, counts)) in enumerate(zip(reference.features, coarse, strict=True)):
        if isinstance(feature, references.ContinuousSketch):
            scores[index, : len(counts)] = _normal_scores(counts)
    return Bins(
        features=reference.features,
        edges=tuple(edges for edges, _ in coarse),
        sizes=sizes,
        scores=scores,
        ordered=np.array([isinstance(feature, references.ContinuousSketch) for feature in reference.features]),
    )


def _coarse(feature: references.Feature) -> tuple[tuple[float, ...], list[int]]:
    """Neighbouring bins joined until each holds a tenth of the reference."""
    if isinstance(feature, references.CategorySketch):
        return (), [*feature.counts, 0]
    enough = sum(feature.counts) / MOST
    edges: list[float] = []
    counts: list[int] = []
    running = 0
    for edge, count in zip(feature.edges, feature.counts[:-1], strict=True):
        running += count
        if running >= enough and len(edges) < MOST - 1:
            edges.append(edge)
            counts.append(running)
            running = 0
    return tuple(edges), [*counts, running + feature.counts[-1]]


def _normal_scores(counts: list[int]) -> clusters.FloatArray:
    """As ``stats.comparisons.normal_scores``, with the standard library: a school's box carries no scipy."""
    total, below, scores = sum(counts), 0, []
    for count in counts:
        middle = (below + count / 2) / total
        scores.append(statistics.NormalDist().inv_cdf(min(max(middle, _TAIL), 1 - _TAIL)))
        below += count
    return np.array(scores)
