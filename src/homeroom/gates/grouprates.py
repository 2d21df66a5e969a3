"""Group rates from Fairlearn, the reference implementation; ours must equal them or nothing is reported at all."""

import fairlearn.metrics
import numpy as np

from homeroom.domain import errors
from homeroom.gates import fairness, tabulations
from homeroom.gates.evidence import Evidence
from homeroom.gates.groups import comparisons, displays, materials, sums
from homeroom.stats import suppressions

AGREES_WITHIN = 1e-9
METRICS = {
    "missed": fairlearn.metrics.false_negative_rate,
    "wronglyFlagged": fairlearn.metrics.false_positive_rate,
    "offered": fairlearn.metrics.selection_rate,
}
SIDES = ("group", "rest")


def tabulate(evidence: Evidence) -> tuple[tabulations.Table, ...]:
    """Rates of every judged group and of its rest, by stage and threshold; small groups are left out whole.

    Raises:
        Defect: Fairlearn and our own numbers differ.
    """
    material = fairness.material_of(evidence)
    scope = material.scopes[0]
    pool = material.pool(scope)
    rows: list[tuple[tabulations.Cell, ...]] = []
    for index in materials.shown(material, scope, pool):
        for s in range(len(evidence.stages)):
            for t in range(len(evidence.thresholds)):
                check(evidence, pool, material.compared[index], (index, s, t))
                rows += [_row(material, scope, pool, (index, s, t), side) for side in (0, 1)]
    return (
        tabulations.Table(
            key="fairness.rates",
            caption="Of each group and of its rest: share missed, share flagged without need, share offered. As Fairlearn has it.",
            columns=("name", "group", "side", "stage", "threshold", *METRICS),
            rows=tuple(rows),
        ),
    )


def _row(
    material: materials.Material, scope: materials.Scope, pool: sums.Pool, place: tuple[int, int, int], side: int
) -> tuple[tabulations.Cell, ...]:
    index, s, t = place
    compared, frame = material.compared[index], material.totals.frame
    who = compared.words if side == comparisons.GROUP else compared.against
    missed, needless = (displays.share(pool, index, side, outcome, s, t, scope) for outcome in (1, 0))
    total = float(pool.rows[:, index, side].sum())
    offered = suppressions.recoded(float(pool.offered[:, index, side, :, s, t].sum()) / total, total)
    known = None if missed is None or needless is None else offered
    return (compared.name, who, SIDES[side], frame.stages[s], frame.thresholds[t], missed, needless, known)


def ours(pool: sums.Pool, place: tuple[int, int, int], side: int) -> tuple[float, ...]:
    """Missed, needless and offered of one side, unrounded; in the order of ``METRICS``."""
    index, s, t = place
    rows = pool.rows[:, index, side].sum(axis=0)
    offered = pool.offered[:, index, side, :, s, t].sum(axis=0)
    return 1 - offered[1] / rows[1], offered[0] / rows[0], offered.sum() / rows.sum()


def check(
    evidence: Evidence, pool: sums.Pool, compared: comparisons.Comparison, place: tuple[int, int, int]
) -> fairlearn.metrics.MetricFrame:
    """Fairlearn's frame of one comparison, once ours has been found equal to it.

    Raises:
        Defect: they differ.
    """
    _, s, t = place
    side = comparisons.side_of(compared, evidence.table.groups)
    known = side != comparisons.UNKNOWN
    needed = evidence.table.needed[known]
    offered = evidence.offered(evidence.stages[s], evidence.thresholds[t])[known]
    # Fairlearn handles every row by itself, which takes seconds; equal rows with their number as weight are the same to it.
    rows, count = np.unique(np.column_stack([side[known], needed, offered]), axis=0, return_counts=True)
    frame = fairlearn.metrics.MetricFrame(
        metrics=METRICS,
        y_true=rows[:, 1],
        y_pred=rows[:, 2],
        sensitive_features=np.where(rows[:, 0] == comparisons.GROUP, *SIDES),
        sample_params={name: {"sample_weight": count} for name in METRICS},
    )
    for number, name in enumerate(SIDES):
        for metric, found in zip(METRICS, ours(pool, place, number), strict=True):
            reference = float(frame.by_group[metric][name])
            both_outcomes = pool.rows[:, place[0], number].sum(axis=0).all()
            if both_outcomes and abs(found - reference) > AGREES_WITHIN:
                raise errors.Defect(
                    f"rate {metric} of {compared.name} ({name}) is {found!r}, and {reference!r} by Fairlearn"
                )
    return frame
