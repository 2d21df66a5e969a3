"""From material to verdicts: every check of every scope, the bounds of all that is limited holding together."""

from homeroom.domain import verdicts
from homeroom.gates.groups import calibrations, errorrates, findings, materials, refusals, rocareas, sentences
from homeroom.gates.groups.findings import Finding, Judged
from homeroom.stats import power

_REPORTED_STAGES = 1
"""What limits nothing is reported for the best stage only; the tables have the others."""
ABOUT = {
    errorrates.EXCESS: "",
    errorrates.OPPOSITE: ", the opposite error",
    errorrates.FALSE_ALARMS: "flags without need",
    calibrations.CHECK: ", expected against observed",
    rocareas.CHECK: ", telling who needs it",
}


def decide(material: materials.Material) -> tuple[verdicts.Verdict, ...]:
    """Every verdict of the fairness gate; the same material gives the same verdicts."""
    found, schools = measure(material), len(material.totals.sites)
    limited = findings.judge([finding for finding in found if finding.limit is not None], schools)
    reported = findings.judge([finding for finding in found if finding.limit is None], schools)
    judged = [*findings.worst_of_each(limited), *findings.worst_of_each(reported)]
    return (
        *refusals.decide_use(material),
        *(_verdict(material, each) for each in judged),
        *(verdict for scope in material.scopes for verdict in refusals.decide_unrecorded(material, scope)),
        *(verdict for scope in material.scopes for verdict in refusals.decide_too_few(material, scope)),
        *refusals.decide_earlier(material),
    )


def measure(material: materials.Material) -> list[Finding]:
    """What is limited in every scope, and beside it what is reported for all bands together."""
    found: list[Finding] = []
    for scope in material.scopes:
        found += errorrates.measure_excess(material, scope)
        if scope.limits.opposite_limit is not None:
            found += errorrates.measure_opposite(material, scope)
        found += errorrates.measure_false_alarms(material, scope)
        if scope.limits.calibration_limit is not None:
            found += calibrations.measure(material, scope)
        if scope.limits.abroca_limit is not None:
            found += [finding for finding, _ in rocareas.measure(material, scope, len(material.totals.frame.stages))]
    return found + _reported(material, material.scopes[0])


def _reported(material: materials.Material, scope: materials.Scope) -> list[Finding]:
    found: list[Finding] = []
    best = set(material.totals.frame.stages[:_REPORTED_STAGES])
    if scope.limits.calibration_limit is None:
        found += [finding for finding in calibrations.measure(material, scope) if finding.stage in best]
    if scope.limits.abroca_limit is None:
        found += [finding for finding, _ in rocareas.measure(material, scope, _REPORTED_STAGES)]
    return found


def _why_withheld(material: materials.Material, found: Finding) -> sentences.Withheld | None:
    """Why the numbers of a finding stay hidden; None where they are told."""
    if found.comparison is None:
        return None
    place = materials.place_of(material, found.scope, material.compared.index(found.comparison))
    withheld = materials.withheld(material)
    if place in withheld.by_itself:
        return sentences.Withheld.BY_ITSELF
    return sentences.Withheld.BY_EARLIER if place in withheld.by_earlier else None


def _verdict(material: materials.Material, each: Judged) -> verdicts.Verdict:
    found = each.finding
    why = _why_withheld(material, found)
    numbers = why is None
    return verdicts.Verdict(
        gate=refusals.GATE,
        check=found.check,
        subject=_subject(found),
        outcome=each.outcome,
        sentence=sentences.sentence(each, material.harm, why),
        action=sentences.action(each),
        evidence=material.digest,
        estimate=found.estimate if numbers else None,
        low=each.low if numbers else None,
        high=each.high if numbers else None,
        limit=found.limit,
        rows=found.rows if numbers else 0,
        detectable=power.detectable_from_error(each.spread) if numbers else None,
        band=found.scope.band,
    )


def _subject(found: Finding) -> str:
    about = ABOUT[found.check]
    compared = found.comparison
    text = about if compared is None else f"{compared.words} against {compared.against}{about}"
    return refusals.subject(found.scope, f"{found.stage}: {text}")
