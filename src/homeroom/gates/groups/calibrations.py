"""Calibration within groups: do scores mean for a group what they say?"""

import numpy as np

from homeroom.gates.groups import comparisons, materials, sums
from homeroom.gates.groups.findings import Finding
from homeroom.stats import calibrations, cellcounts, clusters

CHECK = "fairness.calibration"


def measure(material: materials.Material, scope: materials.Scope) -> list[Finding]:
    """Average score less the share in need, of each group and stage; both directions count where there is a limit."""
    pool = material.pool(scope)
    found = []
    for index in materials.judged(material, scope, pool):
        for s, stage in enumerate(material.totals.frame.stages):
            own = gap(pool, index, comparisons.GROUP, s, np.ones((1, len(pool.rows))))
            resampled = gap(pool, index, comparisons.GROUP, s, material.weights)
            expected, needed = mean_score(pool, index, comparisons.GROUP, s), need(pool, index, comparisons.GROUP)
            signs = (1.0,) if scope.limits.calibration_limit is None else (1.0, -1.0)
            found += [
                Finding(
                    check=CHECK,
                    scope=scope,
                    comparison=material.compared[index],
                    stage=stage,
                    threshold=None,
                    estimate=sign * float(own[0]),
                    replicates=sign * resampled,
                    limit=scope.limits.calibration_limit,
                    rows=int(pool.rows[:, index, comparisons.GROUP].sum()),
                    own=expected,
                    rest=needed,
                )
                for sign in signs
            ]
    return found


def gap(pool: sums.Pool, comparison: int, side: int, stage: int, weights: clusters.FloatArray) -> clusters.FloatArray:
    """Average score less the share in need in each resample; shape (b,)."""
    scores = weights @ pool.scores[:, comparison, side, stage].sum(axis=-1)
    needed = weights @ pool.rows[:, comparison, side, 1]
    return cellcounts.divide(scores - needed, weights @ pool.rows[:, comparison, side].sum(axis=-1))


def mean_score(pool: sums.Pool, comparison: int, side: int, stage: int) -> float:
    """Average score of one side; NaN where there is nobody."""
    return float(cellcounts.divide(pool.scores[:, comparison, side, stage].sum(), pool.rows[:, comparison, side].sum()))


def need(pool: sums.Pool, comparison: int, side: int) -> float:
    """Share in need of one side; NaN where there is nobody."""
    return float(cellcounts.divide(pool.rows[:, comparison, side, 1].sum(), pool.rows[:, comparison, side].sum()))


def slope(pool: sums.Pool, comparison: int, side: int, stage: int) -> float:
    """Slope of the recalibration of one side, from bins and their average scores; NaN where nothing tells it."""
    rows = pool.bins[:, comparison, side, :, stage].sum(axis=0)
    total = rows.sum(axis=0)
    expected = cellcounts.divide(pool.scores[:, comparison, side, stage].sum(axis=0), total)
    return float(calibrations.slope(expected[None], rows[1][None], total[None])[0])
