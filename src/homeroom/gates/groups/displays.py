"""Tables of the fairness gate: what stands behind its verdicts, with everything about a few pupils hidden."""

import math

import numpy as np

from homeroom.gates.evidence import FEWEST_SCHOOLS
from homeroom.gates.groups import calibrations, comparisons, errorrates, findings, materials, rocareas, sums
from homeroom.gates.tabulations import Cell, Table
from homeroom.stats import cellcounts, clusters, suppressions

_FEW = 0.01
"""Shares up to this are not told apart: they are a few pupils."""


def tabulate(material: materials.Material) -> tuple[Table, ...]:
    """All tables, about all bands of the release together."""
    scope = material.scopes[0]
    pool = material.pool(scope)
    shown = materials.shown(material, scope, pool)
    return (
        _gaps(material, scope, shown),
        _opposite(material, scope, pool, shown),
        _reliability(material, scope, pool, shown),
        _calibration(material, pool, shown),
        _abroca(material, scope, shown),
        _not_recorded(material, pool),
    )


def _gaps(material: materials.Material, scope: materials.Scope, shown: list[int]) -> Table:
    names = {material.compared[index].name for index in shown}
    rows = [
        (
            each.finding.stage,
            each.finding.comparison.words,
            each.finding.comparison.against,
            each.finding.threshold,
            each.finding.estimate,
            each.low,
            each.high,
            each.finding.limit,
            each.outcome.value,
        )
        for each in findings.judge(errorrates.measure_excess(material, scope), len(material.totals.sites))
        if each.finding.comparison is not None and each.finding.comparison.name in names
    ]
    return Table(
        key="fairness.gaps",
        caption="How much more often the harm happens to a group than to the rest, with cautious bounds and the limit.",
        columns=("stage", "group", "rest", "threshold", "estimate", "low", "high", "limit", "outcome"),
        rows=tuple(rows),
    )


def _opposite(material: materials.Material, scope: materials.Scope, pool: sums.Pool, shown: list[int]) -> Table:
    """Both directions in people of a hundred, for every stage at the default threshold."""
    rows: list[tuple[Cell, ...]] = []
    for index in shown:
        compared = material.compared[index]
        for s, stage in enumerate(material.totals.frame.stages):
            shares = [share(pool, index, side, outcome, s, 0, scope) for outcome in (1, 0) for side in (0, 1)]
            rows.append((stage, compared.words, compared.against, *map(_of_hundred, shares)))
    return Table(
        key="fairness.opposite",
        caption="Of 100 pupils who need support how many would be missed, and of 100 who do not, how many would be offered it.",
        columns=("stage", "group", "rest", "missed", "missed in the rest", "needless", "needless in the rest"),
        rows=tuple(rows),
    )


def share(
    pool: sums.Pool, comparison: int, side: int, outcome: int, stage: int, threshold: int, scope: materials.Scope
) -> float | None:
    """Share of one side to whom the error of that outcome happens; None where it is about too few pupils or schools."""
    rows = pool.rows[:, comparison, side, outcome]
    offered = pool.offered[:, comparison, side, outcome, stage, threshold].sum()
    total = rows.sum()
    events = total - offered if outcome else offered
    if not materials.enough(rows, scope.limits.minimum_cell) or events in (0, total):
        return None
    return suppressions.recoded(float(events / total), float(total))


def _of_hundred(value: float | None) -> Cell:
    return None if value is None else round(100 * value)


def _reliability(material: materials.Material, scope: materials.Scope, pool: sums.Pool, shown: list[int]) -> Table:
    """Expected against observed share by bin of the score, for the best stage."""
    rows: list[tuple[Cell, ...]] = []
    for index in shown:
        counts = pool.bins[:, index, comparisons.GROUP, :, 0]
        scores = pool.scores[:, index, comparisons.GROUP, 0]
        hidden = _hidden_bins(counts.sum(axis=0), scope.limits.minimum_cell)
        hidden |= (counts.sum(axis=1) > 0).sum(axis=0) < FEWEST_SCHOOLS
        weights = material.weights
        observed = cellcounts.divide(weights @ counts[:, 1], weights @ counts.sum(axis=1))
        expected = cellcounts.divide(scores.sum(axis=0), counts.sum(axis=(0, 1)))
        for place in range(sums.BINS):
            cells: tuple[Cell, ...] = (None,) * 4
            if not hidden[place]:
                low, high = np.nanquantile(observed[:, place], (0.025, 0.975))
                share_here = float(counts[:, 1, place].sum() / counts[:, :, place].sum())
                cells = (float(expected[place]), share_here, float(low), float(high))
            rows.append((material.compared[index].words, place, *cells))
    return Table(
        key="fairness.reliability",
        caption="Of pupils with about this score, how many were expected to need support and how many did; 95 of 100 bounds.",
        columns=("group", "bin", "expected", "observed", "low", "high"),
        rows=tuple(rows),
    )


def _hidden_bins(counts: clusters.FloatArray, minimum: int) -> clusters.BoolArray:
    """Bins to hide, and one more where only one would be: the group's total is known."""
    total = counts.sum(axis=0)
    return suppressions.hidden(total[None], counts[1][None], minimum).ravel()


def _calibration(material: materials.Material, pool: sums.Pool, shown: list[int]) -> Table:
    rows: list[tuple[Cell, ...]] = []
    for index in shown:
        compared = material.compared[index]
        for s, stage in enumerate(material.totals.frame.stages):
            for side, who in ((comparisons.GROUP, compared.words), (comparisons.REST, compared.against)):
                expected = calibrations.mean_score(pool, index, side, s)
                observed = calibrations.need(pool, index, side)
                steepness = calibrations.slope(pool, index, side, s)
                rows.append((stage, who, expected, observed, expected - observed, _known(steepness)))
    return Table(
        key="fairness.calibration",
        caption="Average score, share in need and their difference; a slope of 1 is right, below 1 scores are too extreme.",
        columns=("stage", "group", "expected", "observed", "mean error", "slope"),
        rows=tuple(rows),
    )


def _known(value: float) -> Cell:
    return value if math.isfinite(value) else None


def _abroca(material: materials.Material, scope: materials.Scope, shown: list[int]) -> Table:
    names = {material.compared[index].name for index in shown}
    rows = [
        (compared.words, area.observed, area.null.mean, area.null.pvalue, area.power)
        for finding, area in rocareas.measure(material, scope, 1)
        if (compared := finding.comparison) is not None and compared.name in names
    ]
    return Table(
        key="fairness.abroca",
        caption="Area between the ROC curves of group and rest for the best stage, and what chance shows in groups of this size.",
        columns=("group", "observed", "expected by chance", "p", "power"),
        rows=tuple(rows),
    )


def _not_recorded(material: materials.Material, pool: sums.Pool) -> Table:
    total = max(float(pool.everybody.sum()), 1.0)
    shares = zip(material.totals.frame.columns, pool.unrecorded.sum(axis=0) / total, strict=True)
    return Table(
        key="fairness.not-recorded",
        caption="Share of pupils for whom a column is not recorded; a few are not told apart from none.",
        columns=("column", "share"),
        rows=tuple((column, round(max(float(share), _FEW), 2)) for column, share in shares),
    )
