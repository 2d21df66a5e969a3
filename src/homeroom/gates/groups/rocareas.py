"""Area between the ROC curves of group and rest, as far as it is beyond what chance shows for groups of that size."""

from dataclasses import dataclass

import numpy as np

from homeroom.gates.groups import comparisons, materials
from homeroom.gates.groups.findings import Finding
from homeroom.stats import clusters, rocareas

CHECK = "fairness.abroca"
_DRAWN_AT_ONCE = 256
_LIMIT_OF_INTEREST = 0.03
"""Excess whose power is reported where the policy has no limit of its own."""


@dataclass(frozen=True, slots=True)
class Area:
    """An area with its null.

    Attributes:
        observed: area between the curves.
        null: what chance shows.
        power: probability that an excess as large as the limit would be noticed.
    """

    observed: float
    null: rocareas.Null
    power: float


def measure(material: materials.Material, scope: materials.Scope, stages: int) -> list[tuple[Finding, Area]]:
    """Excess over chance of each group for the first so many stages."""
    pool = material.pool(scope)
    limit = scope.limits.abroca_limit
    shown = [
        index
        for index in materials.judged(material, scope, pool)
        if (pool.rows[:, index].sum(axis=0) >= scope.limits.minimum_cell).all()
    ]
    found = []
    for index in shown:
        for s, stage in enumerate(material.totals.frame.stages[:stages]):
            area, replicates = _area(material, scope, index, s)
            excess = area.observed - area.null.mean
            rows = int(pool.rows[:, index, comparisons.GROUP].sum())
            compared = material.compared[index]
            finding = Finding(
                CHECK, scope, compared, stage, None, excess, replicates, limit, rows,
                area.observed, area.null.mean, area.power,
            )  # fmt: skip
            found.append((finding, area))
    return found


def _area(
    material: materials.Material, scope: materials.Scope, comparison: int, stage: int
) -> tuple[Area, clusters.FloatArray]:
    counts = material.histograms(scope, comparison, stage)
    observed = float(rocareas.areas(counts.sum(axis=0)[None])[0])
    # One stream for each scope, group and stage: adding a group changes nothing about the others.
    bands = sum(1 << band for band in scope.bands)
    rng = np.random.default_rng([material.seed, bands, comparison, stage])
    shuffles = rocareas.shuffled(counts.sum(axis=0), scope.limits.permutations, rng)
    null = rocareas.chance(observed, shuffles)
    resampled = _resampled(counts, material.weights)
    spread = float(np.nanstd(resampled, ddof=1))
    limit = _LIMIT_OF_INTEREST if scope.limits.abroca_limit is None else scope.limits.abroca_limit
    # A resampled area is too large on average, as the observed one is, and the null mean already takes that out: the
    # resamples are centred, and only their spread is used.
    centred = resampled - np.nanmean(resampled) + observed - null.mean
    return Area(observed, null, rocareas.power(null, limit, spread)), centred


def _resampled(counts: clusters.FloatArray, weights: clusters.FloatArray) -> clusters.FloatArray:
    flat = counts.reshape(len(counts), -1)
    parts = [
        rocareas.areas((weights[start : start + _DRAWN_AT_ONCE] @ flat).reshape(-1, *counts.shape[1:]))
        for start in range(0, len(weights), _DRAWN_AT_ONCE)
    ]
    return np.concatenate(parts)
