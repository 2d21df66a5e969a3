"""Age: a model of what grows with the pupils forgets them as they grow, without a word.

Measured on Project STAR: trained on kindergarten's raw scores, a model's mean predicted risk fell from 0.242 to 0.003 in two
years while the true rate stayed at 0.24; of standardised scores it kept its AUC.
"""

from homeroom.domain import verdicts
from homeroom.gates import driftinputs, references, words
from homeroom.gates.evidence import Evidence
from homeroom.stats import distances

CHECK = "drift.age-dependent"


def decide(evidence: Evidence) -> tuple[verdicts.Verdict, ...]:
    """One verdict for each feature that declares what growing up does to it."""
    if all(feature.age is None for feature in evidence.reference.features):
        return ()
    years = driftinputs.year_groups(evidence)
    knows_age, sees_all = _year_group_is_input(evidence, years), _every_year_group_has_rows(evidence, years)
    found: list[verdicts.Verdict] = []
    for feature in evidence.reference.features:
        if feature.age is references.AgeBehaviour.AGE_DEPENDENT:
            found.append(_dependent(evidence, feature.name, knows_age=knows_age, sees_all=sees_all))
        elif feature.age is not None and isinstance(feature, references.ContinuousSketch):
            found.append(_claimed(evidence, feature, years))
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


def _claimed(
    evidence: Evidence, feature: references.ContinuousSketch, years: driftinputs.YearGroups
) -> verdicts.Verdict:
    """Whether a feature that claims to be the same at every age is: year groups may not lie apart."""
    apart = _apart(evidence, feature, years)
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


def _apart(
    evidence: Evidence, feature: references.ContinuousSketch, years: driftinputs.YearGroups
) -> dict[str, distances.Distance]:
    """How far each year group lies from all others, where both are enough to say."""
    if len(years.names) == 1:
        return {}
    counts = driftinputs.histograms(evidence, feature, driftinputs.categorise(evidence, feature), years)
    found = {}
    for place, name in enumerate(years.names):
        chosen = years.index == place
        if evidence.enough(chosen) and evidence.enough(~chosen):
            rest = counts.sum(axis=(0, 1)) - counts[place].sum(axis=0)
            found[name] = distances.kolmogorov_smirnov(counts[place], rest, evidence.weights)
    return found


def _year_group_is_input(evidence: Evidence, years: driftinputs.YearGroups) -> bool:
    """Whether some choice among the inputs tells every year group of the table from every other."""
    for feature in evidence.reference.features:
        if isinstance(feature, references.CategorySketch) and len(feature.columns) > 1:
            counts = driftinputs.histograms(evidence, feature, driftinputs.categorise(evidence, feature), years)
            if ((counts.sum(axis=1) > 0).sum(axis=0) <= 1).all():
                return True
    return False


def _every_year_group_has_rows(evidence: Evidence, years: driftinputs.YearGroups) -> bool:
    """Whether each year group that training knew was evaluated on enough pupils."""
    for feature in evidence.reference.features:
        if isinstance(feature, references.CategorySketch) and feature.mix:
            category = driftinputs.categorise(evidence, feature)
            if not all(evidence.enough(category == index) for index in range(len(feature.columns))):
                return False
    return all(evidence.enough(years.index == place) for place in range(len(years.names)))
