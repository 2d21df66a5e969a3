"""Error rates: the harm of the purpose, the opposite error, and flags without need among all pupils."""

import numpy as np

from homeroom.gates.groups import comparisons, materials, sums
from homeroom.gates.groups.findings import Finding
from homeroom.stats import cellcounts, clusters

EXCESS, OPPOSITE, FALSE_ALARMS = "fairness.excess", "fairness.opposite", "fairness.false-alarms"


def measure_excess(material: materials.Material, scope: materials.Scope) -> list[Finding]:
    """How much more often the harm happens to each group than to the rest, at every stage and threshold."""
    pool = material.pool(scope)
    shown = materials.judged(material, scope, pool)
    return _excess(material, scope, pool, shown, EXCESS, material.at_risk, scope.limits.excess_limit)


def measure_opposite(material: materials.Material, scope: materials.Scope) -> list[Finding]:
    """The same for the opposite error, where the policy limits it."""
    pool, outcome = material.pool(scope), 1 - material.at_risk
    shown = [index for index in materials.judged(material, scope, pool) if _both_enough(pool, index, outcome, scope)]
    return _excess(material, scope, pool, shown, OPPOSITE, outcome, scope.limits.opposite_limit)


def _both_enough(pool: sums.Pool, index: int, outcome: int, scope: materials.Scope) -> bool:
    minimum = scope.limits.minimum_cell
    return all(materials.enough(pool.rows[:, index, side, outcome], minimum) for side in (0, 1))


def _excess(
    material: materials.Material,
    scope: materials.Scope,
    pool: sums.Pool,
    shown: list[int],
    check: str,
    outcome: int,
    limit: float | None,
) -> list[Finding]:
    if not shown:
        return []
    once = np.ones((1, len(material.weights[0])))
    own_rates = _rates(pool, shown, outcome, once)[0]
    resampled = _rates(pool, shown, outcome, material.weights)
    rows = pool.rows[:, shown, comparisons.GROUP, outcome].sum(axis=0)
    frame = material.totals.frame
    return [
        Finding(
            check=check,
            scope=scope,
            comparison=material.compared[index],
            stage=stage,
            threshold=threshold,
            estimate=float(own_rates[c, 0, s, t] - own_rates[c, 1, s, t]),
            replicates=resampled[:, c, 0, s, t] - resampled[:, c, 1, s, t],
            limit=limit,
            rows=int(rows[c]),
            own=float(own_rates[c, 0, s, t]),
            rest=float(own_rates[c, 1, s, t]),
        )
        for c, index in enumerate(shown)
        for s, stage in enumerate(frame.stages)
        for t, threshold in enumerate(frame.thresholds)
    ]


def _rates(pool: sums.Pool, shown: list[int], outcome: int, weights: clusters.FloatArray) -> clusters.FloatArray:
    """Rate of the error that this outcome can suffer; shape (b, c, 2, s, t)."""
    rows = pool.rows[:, shown][..., outcome]
    offered = pool.offered[:, shown][:, :, :, outcome]
    errors = rows[..., None, None] - offered if outcome else offered
    schools = len(rows)
    drawn = (weights @ errors.reshape(schools, -1)).reshape(len(weights), *errors.shape[1:])
    total = (weights @ rows.reshape(schools, -1)).reshape(len(weights), *rows.shape[1:])
    return cellcounts.divide(drawn, total[..., None, None])


def measure_false_alarms(material: materials.Material, scope: materials.Scope) -> list[Finding]:
    """Share of all pupils without need who would be flagged, where the policy limits it."""
    pool = material.pool(scope)
    everybody = pool.rows.shape[1] - 1
    rows = pool.rows[:, everybody, comparisons.GROUP, 0]
    if scope.limits.false_alarm_limit is None or not materials.enough(rows, scope.limits.minimum_cell):
        return []
    once = np.ones((1, len(rows)))
    frame = material.totals.frame
    own, resampled = (_rates(pool, [everybody], 0, weights)[:, 0, 0] for weights in (once, material.weights))
    return [
        Finding(
            check=FALSE_ALARMS,
            scope=scope,
            comparison=None,
            stage=stage,
            threshold=threshold,
            estimate=float(own[0, s, t]),
            replicates=resampled[:, s, t],
            limit=scope.limits.false_alarm_limit,
            rows=int(rows.sum()),
            own=float(own[0, s, t]),
            rest=float("nan"),
        )
        for s, stage in enumerate(frame.stages)
        for t, threshold in enumerate(frame.thresholds)
    ]
