"""Age: a model of what grows with the pupils forgets them as they grow, without a word.

Measured on Project STAR: trained on kindergarten's raw scores, a model's mean predicted risk fell from 0.242 to 0.003 in two
years while the true rate stayed at 0.24; of standardised scores it kept its AUC.
"""

from homeroom.domain import verdicts
from homeroom.gates import references, words
from homeroom.gates.evidence import Evidence
from homeroom.gates.shifts import features, inputcounts
from homeroom.stats import distances

CHECK = "drift.age-dependent"


def decide(evidence: Evidence) -> tuple[verdicts.Verdict, ...]:
    """One verdict for each feature that declares what growing up does to it."""
    if all(feature.age is None for feature in evidence.reference.features):
        return ()
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
        gate=features.GATE,
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
    """Whether a feature that claims to be the same at every age is: year groups may not surely lie apart.

    The claim stands unless the rows refute it: the upper bound of a distance is too high near 0, and would ask of honest
    releases for waivers. ``drift.input`` judges the feature itself by both bounds.
    """
    apart = _apart(evidence, feature)
    limit = evidence.policy.drift.ks_limit
    worst = max(apart, key=lambda year: apart[year].low, default=None)
    fails = worst is not None and apart[worst].low > limit
    said = f"{feature.name} is said not to change as pupils grow"
    if worst is not None and fails:
        outcome = verdicts.Outcome.FAIL
        sentence = (
            f"{said}, yet pupils of year group {worst} lie elsewhere than all others: "
            f"{words.of_hundred(apart[worst].estimate)} of 100, {words.allowed(limit)}."
        )
    elif worst is not None:
        outcome = verdicts.Outcome.PASS
        sentence = f"{said}, and no year group lies clearly elsewhere than the others."
    elif len(evidence.table.year_group.words) == 1:
        outcome = verdicts.Outcome.NOT_APPLICABLE
        sentence = f"{said}; with one year group that cannot be seen."
    else:
        outcome = verdicts.Outcome.NOT_ENOUGH_EVIDENCE
        sentence = f"{said}. We cannot tell yet: no two year groups have enough pupils and schools."
    shown = None if worst is None else apart[worst]
    return verdicts.Verdict(
        gate=features.GATE,
        check=CHECK,
        subject=f"age {feature.name}",
        outcome=outcome,
        sentence=sentence,
        evidence=evidence.table.digest,
        action=_CLAIM_ACTIONS.get(outcome, "").format(feature.name),
        estimate=None if shown is None else shown.estimate,
        low=None if shown is None else shown.low,
        high=None if shown is None else shown.high,
        limit=limit,
        detectable=None if shown is None else shown.detectable,
        rows=len(evidence.table),
    )


_CLAIM_ACTIONS = {
    verdicts.Outcome.FAIL: "Standardise {} within the year group, or declare it age-dependent.",
    verdicts.Outcome.NOT_ENOUGH_EVIDENCE: "Evaluate on more pupils or more schools.",
}


def _apart(evidence: Evidence, feature: references.ContinuousSketch) -> dict[str, distances.Distance]:
    """How far each year group lies from all others, where both are enough to say."""
    counts = inputcounts.count(evidence, feature)
    found = {}
    for name, own in zip(evidence.table.year_group.words, counts, strict=True):
        rest = counts.sum(axis=0) - own
        if evidence.are_enough(own.sum(axis=1)) and evidence.are_enough(rest.sum(axis=1)):
            found[name] = distances.kolmogorov_smirnov(own, rest.sum(axis=0), evidence.weights)
    return found


def _year_group_is_input(evidence: Evidence) -> bool:
    """Whether some choice among the inputs tells every year group of the table from every other."""
    choices = (f for f in evidence.reference.features if isinstance(f, references.CategorySketch))
    counts = (inputcounts.count(evidence, feature) for feature in choices if len(feature.columns) > 1)
    return any(bool(((found.sum(axis=1) > 0).sum(axis=0) <= 1).all()) for found in counts)


def _every_year_group_has_rows(evidence: Evidence) -> bool:
    """Whether each year group that training knew was evaluated on enough pupils."""
    for feature in evidence.reference.features:
        if isinstance(feature, references.CategorySketch) and feature.mix:
            schools = inputcounts.count(evidence, feature).sum(axis=0)
            if not all(evidence.are_enough(schools[:, index]) for index in range(len(feature.columns))):
                return False
    years = evidence.table.year_group
    return all(evidence.enough(years.are(year)) for year in {*years.words, *evidence.reference.year_groups})
