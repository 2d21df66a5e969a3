"""Error over time: is the model wrong more often than in the earlier periods, for the same kind of pupils?

A change of the error is always shown in parts: other pupils, a worse model, new kinds of pupils. Only the second is judged.
Which periods are compared, ``periods`` says; pupils are told apart by the time of the school year too, where it is known.
"""

from dataclasses import dataclass

import numpy as np

from homeroom.domain import releases, verdicts
from homeroom.gates import tabulations, words
from homeroom.gates.evidence import Evidence, three_valued
from homeroom.gates.shifts import features, periods
from homeroom.gates.shifts.periods import Basis, Periods
from homeroom.stats import bounds, clusters, decompositions, fewclusters, power, reweighting

FEWEST_IN_STRATUM = 10
"""Pupils in each period that a kind of pupils needs to be compared by itself (education.md A2); others are pooled."""
FEWEST_EFFECTIVE = 30
"""Reweighted pupils that a mean needs to be told (education.md A2)."""
YEAR_GROUPS = "year groups"
PARTS = {"mix": "other pupils", "within": "the model on the same kind of pupils", "new": "new kinds of pupils"}


@dataclass(frozen=True, slots=True)
class Change:
    """Change of one stage's mean loss, over one kind of strata.

    Attributes:
        stage: whose.
        strata: what kinds of pupils were told apart.
        parts: of the estimate, shape (1,).
        bounds: of mix, within, new and total, in this order.
        rows: pupils of both periods.
    """

    stage: releases.Stage
    strata: str
    parts: decompositions.Parts
    bounds: bounds.Bounds
    rows: int


def decide(evidence: Evidence) -> tuple[verdicts.Verdict, ...]:
    """One verdict for each stage on the part within year groups; one that only informs on last period's mix."""
    compared = periods.choose(evidence)
    if compared is None:
        return ()
    found = [_verdict(evidence, stage, compared) for stage in evidence.stages]
    same_mix = _same_mix(evidence, compared)
    return (*found, *([] if same_mix is None else [same_mix]))


def tabulate(evidence: Evidence) -> tuple[tabulations.Table, ...]:
    """Parts of the change by stage and kind of strata; empty without periods."""
    compared = periods.choose(evidence)
    if compared is None or not _judgeable(evidence, compared):
        return ()
    kinds = (YEAR_GROUPS, *sorted(evidence.table.groups))
    rows = [row for stage in evidence.stages for kind in kinds for row in _rows(split(evidence, stage, kind, compared))]
    return (
        tabulations.Table(
            key="drift.decomposition",
            caption="Why the model's error changed from the earlier to the later periods (Brier score; higher is worse)",
            columns=("answered by", "told apart by", "part", "change", "low", "high"),
            rows=tuple(rows),
        ),
    )


def split(evidence: Evidence, stage: releases.Stage, strata: str, compared: Periods) -> Change:
    """Parts of the change with bounds over schools, which allow for how little few schools tell."""
    stratum, count = _strata(evidence, strata, compared)
    loss = (evidence.table.scores[stage] - evidence.table.needed) ** 2
    before, after = (_losses(evidence, loss, stratum, count, chosen) for chosen in (compared.earlier, compared.later))
    parts = decompositions.split(before, after, np.ones((1, len(evidence.table.sites))))
    drawn = decompositions.split(before, after, evidence.weights)
    whole = np.column_stack([drawn.mix, drawn.within, drawn.new, drawn.total])
    # A resample that drew no school with both periods says nothing about the change.
    whole = whole[np.isfinite(whole).all(axis=1)]
    estimate = np.array([parts.mix[0], parts.within[0], parts.new[0], parts.total[0]])
    schools = min(int((evidence.by_school(chosen) > 0).sum()) for chosen in (compared.earlier, compared.later))
    found = fewclusters.widened(bounds.one_sided(estimate, whole), schools)
    return Change(stage, strata, parts, found, int((compared.earlier | compared.later).sum()))


def _losses(
    evidence: Evidence, loss: clusters.FloatArray, stratum: clusters.IntArray, count: int, chosen: clusters.BoolArray
) -> decompositions.Losses:
    cell = evidence.table.site * count + stratum
    cells = len(evidence.table.sites) * count
    rows = clusters.count_by_cluster(cell, cells, chosen)
    sums = clusters.sum_by_cluster(cell, cells, np.where(chosen, loss, 0.0))
    return decompositions.Losses(rows.reshape(-1, count), sums.reshape(-1, count))


def _strata(evidence: Evidence, strata: str, compared: Periods) -> tuple[clusters.IntArray, int]:
    """Kind of each row: year group, time of the school year, and the group where one is asked for; small kinds are one."""
    kind = evidence.table.year_group.codes.astype(np.int64) * (int(compared.time.max()) + 1) + compared.time
    if strata != YEAR_GROUPS:
        groups = evidence.table.groups[strata]
        kind = kind * len(groups.words) + groups.codes
    index, count = clusters.index_clusters(kind)
    fewest = max(FEWEST_IN_STRATUM, evidence.minimum_cell)
    before, after = (np.bincount(index[chosen], minlength=count) for chosen in (compared.earlier, compared.later))
    # A kind that one period has not at all came or went, and is a part of its own.
    small = (before + after < fewest) | ((np.minimum(before, after) < fewest) & (np.minimum(before, after) > 0))
    joined = np.where(small[index], count, index)
    return clusters.index_clusters(joined)


def _judgeable(evidence: Evidence, compared: Periods) -> bool:
    return evidence.enough(compared.earlier) and evidence.enough(compared.later)


def _rows(change: Change) -> list[tuple[tabulations.Cell, ...]]:
    names = (*PARTS.values(), "all together")
    found = change.bounds
    return [
        (words.STAGES[change.stage], change.strata.replace("_", " "), name, *(float(x) for x in numbers))
        for name, *numbers in zip(names, found.estimate, found.low, found.high, strict=True)
    ]


def _verdict(evidence: Evidence, stage: releases.Stage, compared: Periods) -> verdicts.Verdict:
    limit = evidence.policy.drift.loss_limit
    change = split(evidence, stage, YEAR_GROUPS, compared) if _judgeable(evidence, compared) else None
    known = change is not None and bool(np.isfinite(change.bounds.high[1]))
    low, estimate, high, spread = (
        (
            float(side[1])
            for side in (change.bounds.low, change.bounds.estimate, change.bounds.high, change.bounds.spread)
        )
        if change is not None
        else (0.0, 0.0, 0.0, 0.0)
    )
    outcome = three_valued(low, high, limit) if known else verdicts.Outcome.NOT_ENOUGH_EVIDENCE
    detectable = power.detectable_from_error(spread) if known else None
    return verdicts.Verdict(
        gate=features.GATE,
        check="drift.loss",
        subject=f"{stage.value}: error over time",
        outcome=outcome,
        sentence=f"{_sentence(words.STAGES[stage], change if known else None, outcome, limit, detectable)} "
        f"{_COMPARED[compared.basis]}",
        evidence=evidence.table.digest,
        action=_ACTIONS.get(outcome, ""),
        estimate=estimate if known else None,
        low=low if known else None,
        high=high if known else None,
        limit=limit,
        detectable=detectable,
        rows=change.rows if change is not None and known else 0,
    )


_COMPARED = {
    Basis.EARLIER_YEARS: "Compared are periods of the same time of earlier school years.",
    Basis.THIS_YEAR: "No earlier school year has the same time, so compared are periods of the same kind of time of one year.",
    Basis.HALVES: "No two periods are of the same time of the school year, so the later half is compared with the earlier one.",
    Basis.NO_CALENDAR: "Without a calendar the later half of the periods is compared with the earlier one, whatever time of the "
    "school year that is.",
}

_ACTIONS = {
    verdicts.Outcome.FAIL: "Retrain the year groups whose error rose; do not retrain because of who the pupils are.",
    verdicts.Outcome.NOT_ENOUGH_EVIDENCE: "Evaluate on more schools, or on more pupils of the later periods.",
}


def _sentence(
    name: str, change: Change | None, outcome: verdicts.Outcome, limit: float, detectable: float | None
) -> str:
    subject = words.capitalised(name)
    if change is None or detectable is None:
        return f"We cannot tell yet whether {name} does worse than in earlier periods: too few pupils or schools."
    # Adding 0.0 makes of a rounded -0.0 a 0.0.
    within, mix, new = (
        round(100 * float(part[0]), 1) + 0.0 for part in (change.parts.within, change.parts.mix, change.parts.new)
    )
    numbers = (
        f"on the same kind of pupils its error changed by {within:+.1f} points, at most {100 * limit:.1f} are allowed; other "
        f"pupils account for {mix:+.1f}, new kinds of pupils for {new:+.1f}"
    )
    if outcome is verdicts.Outcome.FAIL:
        return f"{subject} does worse than in the earlier periods: {numbers}."
    if outcome is verdicts.Outcome.PASS:
        return (
            f"{subject} does as well as in the earlier periods: {numbers}. With {change.rows} pupils we would notice a "
            f"change of about {100 * detectable:.1f} points."
        )
    return f"We cannot tell yet whether {name} does worse than in the earlier periods: {numbers}."


def _same_mix(evidence: Evidence, compared: Periods) -> verdicts.Verdict | None:
    """What the later error would be with the earlier pupils, by their year group and groups."""
    if not _judgeable(evidence, compared):
        return None
    kinds, later = np.column_stack(_indicators(evidence)), compared.later
    weights = reweighting.density_ratios(kinds[compared.earlier], kinds[later])
    worth = reweighting.effective_rows(weights)
    stage = evidence.stages[0]
    loss = (evidence.table.scores[stage][later] - evidence.table.needed[later]) ** 2
    told = worth >= FEWEST_EFFECTIVE
    return verdicts.Verdict(
        gate=features.GATE,
        check="drift.same-mix",
        subject=f"{stage.value}: error with the earlier pupils",
        outcome=verdicts.Outcome.NOT_APPLICABLE,
        sentence=(
            f"With the earlier mix of pupils the later error of {words.STAGES[stage]} would be "
            f"{100 * float(np.average(loss, weights=weights)):.1f} points; it was {100 * float(loss.mean()):.1f}. Worth about "
            f"{round(worth)} pupils; reported, not limited."
            if told
            else "What the later error would be with the earlier mix of pupils cannot be told: the pupils differ too much."
        ),
        evidence=evidence.table.digest,
        estimate=float(np.average(loss, weights=weights)) if told else None,
        rows=int(later.sum()) if told else 0,
    )


def _indicators(evidence: Evidence) -> list[clusters.FloatArray]:
    """0/1 columns of year group and of each value of a group that enough pupils have."""
    columns = [
        evidence.table.year_group,
        *(evidence.table.groups[k] for k in sorted(evidence.table.groups)),
    ]
    found = [column.are(word) for column in columns for word in column.words]
    return [one.astype(np.float64) for one in found if int(one.sum()) >= evidence.minimum_cell]
