"""Inputs: do the evaluation rows look like what the model was trained on, within every year group that it serves?

Judged by effect size with a cautious bound over schools; a p-value never decides, because with thousands of rows it refuses
differences that nobody could feel. How the rows are mixed (which schools, which year groups) is reported and never judged:
a different mix is no fault of a model.
"""

from dataclasses import dataclass, replace

import numpy as np

from homeroom.domain import verdicts
from homeroom.gates import references, tabulations, words, yearcounts
from homeroom.gates.evidence import FEWEST_SCHOOLS, Evidence, three_valued
from homeroom.gates.shifts import inputcounts, targets
from homeroom.gates.shifts.targets import Basis, Target, Told
from homeroom.stats import bounds, clusters, distances, fewclusters

GATE = "drift"
ALL = "all year groups"

ACTIONS = {
    verdicts.Outcome.FAIL: "Find out why the pupils differ from those of the training; retrain with pupils like these.",
    verdicts.Outcome.NOT_ENOUGH_EVIDENCE: "Evaluate on more pupils or more schools.",
}
NO_TARGET = "Train on more pupils of this year group, or evaluate and offer the release without it."
NO_COMMON_SCALE = "Write {} in coarser steps, so that every year group has enough pupils in each of them to be told."


@dataclass(frozen=True, slots=True)
class Slice:
    """Distance of one feature within some rows.

    Attributes:
        name: year group, or ``ALL``.
        rows: number of rows; 0 where it is not told.
        distance: None where there are too few rows or schools to judge, or nothing to compare with.
        target: what the rows are compared with.
    """

    name: str
    rows: int
    distance: distances.Distance | None
    target: Target


def decide(evidence: Evidence) -> tuple[verdicts.Verdict, ...]:
    """One verdict per feature: the worst of all rows together and of each year group."""
    return tuple(_decide_feature(evidence, feature) for feature in evidence.reference.features)


def _decide_feature(evidence: Evidence, feature: references.Feature) -> verdicts.Verdict:
    found = measure_slices(evidence, feature)
    if not found:
        return _reported(evidence, feature)
    return max((_verdict(evidence, feature.name, part) for part in found), key=_badness)


def measure_slices(evidence: Evidence, feature: references.Feature) -> tuple[Slice, ...]:
    """Distances over all rows and within each year group; none for a feature that only says how rows are mixed."""
    counts = inputcounts.count(evidence, feature)
    if isinstance(feature, references.CategorySketch) and feature.mix and _is_mix(counts):
        return ()
    names, everybody, limit = (
        evidence.table.year_group.words,
        _target(evidence, feature),
        evidence.policy.drift.ks_limit,
    )
    against = [targets.of_year_group(evidence.reference, feature, everybody, name, limit) for name in names]
    parts = zip(names, counts, against, strict=True)
    found = [_measure(evidence, feature, name, table, target) for name, table, target in parts]
    rows = counts.sum(axis=(1, 2))
    for place in _withheld(rows, evidence.minimum_cell):
        found[place] = replace(found[place], rows=0)
    mixed = targets.mixed(against, rows)
    if mixed is None:
        return tuple(found)
    # Fewer than may be told are no reason to leave somebody out: their number would follow from that of all.
    comparable = np.array([target.judges for target in against]) | (rows < evidence.minimum_cell)
    return (_measure(evidence, feature, ALL, counts[comparable].sum(axis=0), mixed), *found)


def _withheld(rows: clusters.FloatArray, minimum: int) -> list[int]:
    """The year group whose number is not told, so that those of too small ones do not follow from it and that of all."""
    small = rows < minimum
    if not 0 < rows[small].sum() < minimum or small.all():
        return []
    return [int(np.where(small, np.inf, rows).argmin())]


def tabulate(evidence: Evidence) -> tuple[tabulations.Table, ...]:
    """Distance of every input, over all and within each year group."""
    limit = evidence.policy.drift.ks_limit
    rows: list[tuple[tabulations.Cell, ...]] = []
    for feature in evidence.reference.features:
        for found in measure_slices(evidence, feature):
            distance = found.distance
            numbers = (None,) * 3 if distance is None else (distance.estimate, distance.low, distance.high)
            rows.append((feature.name, found.name, found.rows or None, *numbers, limit))
    return (
        tabulations.Table(
            key="drift.inputs",
            caption="How far the pupils lie from those of the training, as a share that lies elsewhere",
            columns=("input", "year group", "pupils", "lie elsewhere", "low", "high", "limit"),
            rows=tuple(rows),
        ),
    )


def _is_mix(counts: clusters.FloatArray) -> bool:
    """Whether the category does say only which school or which year group a row is from, as the reference claims."""
    return any(bool(((counts.sum(axis=other) > 0).sum(axis=1) <= 1).all()) for other in (0, 1))


def _target(evidence: Evidence, feature: references.Feature) -> clusters.FloatArray:
    rest = (
        []
        if isinstance(feature, references.ContinuousSketch)
        else [max(0, evidence.reference.rows - sum(feature.counts))]
    )
    return np.array([*feature.counts, *rest], dtype=np.float64)


def _measure(
    evidence: Evidence, feature: references.Feature, name: str, table: clusters.FloatArray, target: Target
) -> Slice:
    rows = int(table.sum())
    schools = int((table.sum(axis=1) > 0).sum())
    if rows < evidence.minimum_cell or schools < FEWEST_SCHOOLS or not target.judges:
        return Slice(name, 0, None, target)
    measure = (
        distances.kolmogorov_smirnov if isinstance(feature, references.ContinuousSketch) else distances.total_variation
    )
    found = measure(yearcounts.in_blocks(table, target.blocks), target.shares, evidence.weights)
    return Slice(name, rows, _cautious(found, rows, target.rows, schools), target)


def _cautious(found: distances.Distance, rows: int, trained: float, schools: int) -> distances.Distance:
    """Bounds that allow for what few schools do not tell of their spread, and for chance in the training rows.

    The latter are taken for pupils of like schools, so they scatter as these rows do, but for their number: a difference that
    their chance explains is none. Rows that are those of the training have no such chance, and no difference either.
    """
    few = fewclusters.factor(schools, bounds.LEVEL)
    wider = few * (1 + rows / trained) ** 0.5
    low = max(0.0, found.estimate - wider * (found.estimate - found.low)) if found.low > 0 else 0.0
    high = min(1.0, found.estimate + few * (found.high - found.estimate))
    return replace(found, low=low, high=high, detectable=wider * found.detectable)


def _verdict(evidence: Evidence, name: str, found: Slice) -> verdicts.Verdict:
    limit = evidence.policy.drift.ks_limit
    distance = found.distance
    outcome = (
        verdicts.Outcome.NOT_ENOUGH_EVIDENCE if distance is None else three_valued(distance.low, distance.high, limit)
    )
    return verdicts.Verdict(
        gate=GATE,
        check="drift.input",
        subject=f"input {name}",
        outcome=outcome,
        action=ACTIONS.get(outcome, "") if found.target.judges else _without_target(name, found.target),
        detectable=None if distance is None else distance.detectable,
        sentence=_sentence(name, found, outcome, limit),
        evidence=evidence.table.digest,
        estimate=None if distance is None else distance.estimate,
        low=None if distance is None else distance.low,
        high=None if distance is None else distance.high,
        limit=limit,
        rows=found.rows,
    )


def _sentence(name: str, found: Slice, outcome: verdicts.Outcome, limit: float) -> str:
    where = "over all year groups" if found.name == ALL else f"in year group {found.name}"
    unknown = f"We cannot tell yet whether {name} is as it was in training {where}"
    if not found.target.judges:
        return f"{unknown}: {_WHY[found.target.told]}, and the others differ too much from each other to stand for it."
    if found.distance is None:
        return f"{unknown}: there are too few pupils or schools."
    size = words.of_hundred(found.distance.estimate)
    allowed = words.allowed(limit)
    if outcome is verdicts.Outcome.FAIL:
        said = f"{name} is not as it was in training {where}: about {size} of 100 pupils lie elsewhere; {allowed}."
    elif outcome is verdicts.Outcome.PASS:
        said = (
            f"{name} is as it was in training. The largest difference is {where}: about {size} of 100 pupils lie "
            f"elsewhere, read cautiously {words.of_hundred(found.distance.high)}; {allowed}. {_with(found)} we would "
            f"notice it if about {words.of_hundred(found.distance.detectable)} of 100 lay elsewhere."
        )
    else:
        said = (
            f"{unknown}: about {size} of 100 pupils lie elsewhere, but it may be {words.of_hundred(found.distance.high)}; "
            f"{allowed}."
        )
    return f"{said} {_compared_with(found.target)}"


def _without_target(name: str, target: Target) -> str:
    return NO_COMMON_SCALE.format(name) if target.told is Told.TOO_FAR else NO_TARGET


_WHY = {
    Told.TOO_FEW: "training had too few pupils of this year group to tell of it",
    Told.TOO_FAR: "in training it lay too far from other year groups to tell of it without small counts",
    Told.NEVER_SEEN: "training had no pupils of this year group",
    Told.NOT_APART: "the training reference does not tell year groups apart",
}


def _with(found: Slice) -> str:
    return f"With {found.rows} pupils" if found.rows else "With its pupils"


def _compared_with(target: Target) -> str:
    if target.basis is Basis.YEAR_GROUP:
        return "Compared with the same year group of the training."
    if target.basis is Basis.MIX:
        return "Compared with the year groups of the training, mixed as these pupils are."
    return f"Compared with all pupils of the training: {_WHY[target.told]}."


def _badness(verdict: verdicts.Verdict) -> tuple[int, float]:
    return verdict.outcome.severity, verdict.high or 0.0


def _reported(evidence: Evidence, feature: references.Feature) -> verdicts.Verdict:
    table = inputcounts.count(evidence, feature).sum(axis=0)
    distance = distances.total_variation(table, _target(evidence, feature), evidence.weights)
    return verdicts.Verdict(
        gate=GATE,
        check="drift.mix",
        subject=f"mix {feature.name}",
        outcome=verdicts.Outcome.NOT_APPLICABLE,
        sentence=(
            f"{feature.name} says which schools or year groups the pupils are from: about "
            f"{words.of_hundred(distance.estimate)} of 100 would have to change to have the mix of training. "
            "Reported, not limited: a different mix is no fault of a model."
        ),
        evidence=evidence.table.digest,
        estimate=distance.estimate,
        rows=len(evidence.table),
    )
