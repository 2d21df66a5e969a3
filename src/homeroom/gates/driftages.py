"""Age: a model of what grows with the pupils forgets them as they grow, without a word.

Measured on Project STAR: trained on kindergarten's raw scores, a model's mean predicted risk fell from 0.242 to 0.003 in two
years while the true rate stayed at 0.24; of standardised scores it kept its AUC.
"""

import numpy as np

from homeroom.domain import verdicts
from homeroom.gates import driftinputs, references, words
from homeroom.gates.evidence import Evidence
from homeroom.stats import distances

CHECK = "drift.age-dependent"


def decide(evidence: Evidence) -> tuple[verdicts.Verdict, ...]:
    """One verdict for each feature that declares what growing up does to it."""
    knows_age, sees_all = _year_group_is_input(evidence), _every_year_group_has_rows(evidence)
    found: list[verdicts.Verdict] = []
    for feature in evidence.reference.features:
        if feature.age is references.AgeBehaviour.AGE_DEPENDENT:
            found.append(_dependent(evidence, feature.name, knows_age=knows_age, sees_all=sees_all))
        elif feature.age is not None and isinstance(feature, references.ContinuousSketch):
            found.append(_claimed(evidence, feature))
    return tuple(found)


def _dependent(evidence: Evidence, name: str, *, knows_age: bool, sees_all: bool) -> verdicts.Verdict:
    allowed = knows_age and sees_all
    why = "the model does not know the year group" if not knows_age else "not every year group was evaluated"
    return verdicts.Verdict(
        gate=driftinputs.GATE,
        check=CHECK,
        subject=f"age {name}",
        outcome=verdicts.Outcome.PASS if allowed else verdicts.Outcome.FAIL,
        sentence=(
            f"{name} changes as pupils grow. The model knows the year group, and every year group was evaluated."
            if allowed
            else f"{name} changes as pupils grow, and {why}: the model would forget pupils as they get older."
        ),
        evidence=evidence.table.digest,
        action=""
        if allowed
        else f"Standardise {name} within the year group, or give the model the year group and evaluate every one.",
        rows=len(evidence.table),
    )


def _claimed(evidence: Evidence, feature: references.ContinuousSketch) -> verdicts.Verdict:
    """Whether a feature that claims to be the same at every age is: year groups may not lie apart."""
    apart = {year: found for year in _years(evidence) if (found := _apart(evidence, feature, year)) is not None}
    limit = evidence.policy.drift.ks_limit
    worst = max(apart, key=lambda year: apart[year].low, default=None)
    fails = worst is not None and apart[worst].low > limit
    outcome = verdicts.Outcome.PASS if worst is not None else verdicts.Outcome.NOT_APPLICABLE
    said = f"{feature.name} is said not to change as pupils grow"
    sentence = f"{said}; with one year group that cannot be seen."
    if worst is not None:
        sentence = f"{said}, and no year group lies clearly elsewhere than the others."
    if worst is not None and fails:
        outcome = verdicts.Outcome.FAIL
        sentence = (
            f"{said}, yet pupils of year group {worst} lie elsewhere than all others: "
            f"{words.of_hundred(apart[worst].estimate)} of 100, at most {words.of_hundred(limit)} are allowed."
        )
    shown = None if worst is None else apart[worst]
    return verdicts.Verdict(
        gate=driftinputs.GATE,
        check=CHECK,
        subject=f"age {feature.name}",
        outcome=outcome,
        sentence=sentence,
        evidence=evidence.table.digest,
        action=f"Standardise {feature.name} within the year group, or declare it age-dependent." if fails else "",
        estimate=None if shown is None else shown.estimate,
        low=None if shown is None else shown.low,
        high=None if shown is None else shown.high,
        limit=limit,
        detectable=None if shown is None else shown.detectable,
        rows=len(evidence.table),
    )


def _apart(evidence: Evidence, feature: references.ContinuousSketch, year: str) -> distances.Distance | None:
    chosen = evidence.table.year_group == year
    if not (evidence.enough(chosen) and evidence.enough(~chosen)):
        return None
    counts = driftinputs.categorise(evidence, feature)
    here = driftinputs.histogram(evidence, feature, counts, chosen)
    rest = driftinputs.histogram(evidence, feature, counts, ~chosen)
    return distances.kolmogorov_smirnov(here, rest.sum(axis=0), evidence.weights)


def _years(evidence: Evidence) -> list[str]:
    years = [str(year) for year in np.unique(evidence.table.year_group)]
    return years if len(years) > 1 else []


def _year_group_is_input(evidence: Evidence) -> bool:
    """Whether some choice among the inputs tells every year group of the table from every other."""
    years = np.unique(evidence.table.year_group, return_inverse=True)[1]
    for feature in evidence.reference.features:
        if isinstance(feature, references.CategorySketch):
            pairs = np.unique(np.column_stack([driftinputs.categorise(evidence, feature), years]), axis=0)
            if len(pairs) == len(np.unique(pairs[:, 0])) and len(feature.columns) > 1:
                return True
    return False


def _every_year_group_has_rows(evidence: Evidence) -> bool:
    """Whether each year group that training knew was evaluated on enough pupils."""
    for feature in evidence.reference.features:
        if isinstance(feature, references.CategorySketch) and feature.mix:
            category = driftinputs.categorise(evidence, feature)
            if not all(evidence.enough(category == index) for index in range(len(feature.columns))):
                return False
    return all(evidence.enough(evidence.table.year_group == year) for year in np.unique(evidence.table.year_group))
