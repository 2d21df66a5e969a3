"""Which rules of the privacy gate there are, and what those that the packs ask for say about a release."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from homeroom.domain import digests, errors, verdicts
from homeroom.gates.evidence import Evidence
from homeroom.gates.policies import packs
from homeroom.gates.privacy import americanlaws, europeanlaws, facts, membership, otherlaws, registers, statements

GATE = "privacy"

Check = Callable[[facts.Facts, facts.Parameters], tuple[facts.Finding, ...]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    Attributes:
        subject: what it is about, as a verdict and a waiver name it.
        check: looks at the facts; an empty answer means that another rule has said it.
        parameters: names of what a pack has to say beside the rule's name.
    """

    subject: str
    check: Check
    parameters: frozenset[str] = frozenset()


_AGE = frozenset({"underAge"})
_ACT = frozenset({"from", "purposes"})

RULES = {
    "purpose.registered": Rule("purpose register: this purpose", registers.registered),
    "purpose.columns": Rule("purpose register: columns", registers.within_columns),
    "purpose.bands": Rule("purpose register: year groups", registers.within_bands),
    "purpose.expiry": Rule("purpose register: end of the permission", registers.unexpired),
    "purpose.flagDays": Rule("purpose register: how long a suggestion lasts", registers.forgotten),
    "features.forbidden": Rule("what no model may read", registers.reads_nothing_forbidden),
    "band.refusedPurpose": Rule("purpose and age", registers.purpose_fits_band),
    "policy.requiredGroup": Rule("groups that must be compared", registers.compares_required_groups),
    "ferpa.officialAgreement": Rule("FERPA: agreement", americanlaws.ferpa_official_agreement),
    "coppa.retention": Rule("COPPA: end of keeping", americanlaws.coppa_retention, _AGE),
    "coppa.aiTraining": Rule("COPPA: who trains", americanlaws.coppa_ai_training, _AGE),
    "coppa.biometric": Rule("COPPA: nothing of the body", americanlaws.coppa_biometric, _AGE),
    "sopipa.noTracking": Rule("state laws: no tracking and no selling", americanlaws.sopipa_no_tracking),
    "ny2d.commercialPurpose": Rule("Education Law 2-d: no commercial purpose", americanlaws.ny2d_commercial_purpose),
    "ny2d.agreement": Rule("Education Law 2-d: agreement", americanlaws.ny2d_agreement),
    "gdpr.purpose": Rule("GDPR: purpose and basis", europeanlaws.gdpr_purpose),
    "gdpr.dpia": Rule("GDPR: impact assessment", europeanlaws.gdpr_dpia),
    "gdpr.soleAutomation": Rule("GDPR: a person decides", europeanlaws.gdpr_sole_automation),
    "gdpr.rights": Rule("GDPR: where to ask", europeanlaws.gdpr_rights),
    "gdpr.childConsent": Rule("GDPR: consent for children", europeanlaws.gdpr_child_consent, _AGE),
    "edpb.anonymity": Rule("GDPR: whether the model is anonymous", europeanlaws.edpb_anonymity),
    "aiact.emotion": Rule("AI Act: no emotions", europeanlaws.aiact_emotion),
    "aiact.oversight": Rule("AI Act: who oversees it", europeanlaws.aiact_oversight, _ACT),
    "aiact.logs": Rule("AI Act: logs", europeanlaws.aiact_logs, _ACT | {"days"}),
    "aiact.fria": Rule("AI Act: fundamental rights", europeanlaws.aiact_fria, _ACT),
    "uk.childrensCode": Rule("Children's Code", europeanlaws.uk_childrens_code),
    "fr.ethnicityNotCollected": Rule("French law: no ethnicity", europeanlaws.fr_ethnicity_not_collected),
    "dpdp.fiduciary": Rule("DPDP Act: who decides", otherlaws.dpdp_fiduciary, _AGE),
    "dpdp.noTracking": Rule("DPDP Act: no tracking", otherlaws.dpdp_no_tracking, _AGE),
    "au.purposeAndRetention": Rule("Privacy Act: purpose and end", otherlaws.au_purpose_and_retention),
    "dp.statement": Rule("privacy budget", statements.stated),
}

ANONYMITY = "edpb.anonymity"
"""The one rule that rests on another check; that check takes a moment, so it is run for it only where a pack asks."""

ALWAYS = packs.RuleLine(rule="dp.statement", source="always")
"""A statement that is there is checked under every pack."""


def decide(evidence: Evidence) -> tuple[verdicts.Verdict, ...]:
    """What every rule that a pack asks for says."""
    asks = any(line.rule == ANONYMITY for pack in packs.chosen(evidence.policy) for line in pack.rules)
    return judge(evidence, _membership(evidence) if asks else None)


def _membership(evidence: Evidence) -> verdicts.Outcome | None:
    """The worst that the membership check found; None when it could not be tried at all."""
    tried = [v for v in membership.decide(evidence) if v.outcome is not verdicts.Outcome.NOT_APPLICABLE]
    return verdicts.worst(tuple(tried)) if tried else None


def judge(evidence: Evidence, tried: verdicts.Outcome | None) -> tuple[verdicts.Verdict, ...]:
    """What every rule that a pack asks for says.

    Args:
        evidence: what is judged.
        tried: what the check found that tries to tell who was in the training data; None when nobody tried.
    """
    known = facts.gather(evidence, tried)
    digest = digests.of_json([evidence.given.release_digest, evidence.policy.to_json(), evidence.on.isoformat()])
    return tuple(_verdict(name, finding, digest) for name, finding in found(known))


def found(known: facts.Facts) -> Iterator[tuple[str, facts.Finding]]:
    """Findings with the names of their rules; where packs ask for one rule with different parameters, the worst counts."""
    asked: dict[str, list[packs.RuleLine]] = {}
    for line in (*(line for pack in known.packs for line in pack.rules), ALWAYS):
        asked.setdefault(line.rule, []).append(line)
    for name, lines in asked.items():
        answers = [_answer(name, line, known) for line in lines]
        yield from ((name, finding) for finding in max(answers, key=_severity))


def _answer(name: str, line: packs.RuleLine, known: facts.Facts) -> tuple[facts.Finding, ...]:
    rule = RULES.get(name)
    if rule is None or rule.parameters != line.parameters.keys():
        raise errors.Defect(f"a policy pack asks for the rule {name!r} with {sorted(line.parameters)}, which it is not")
    return rule.check(known, line.parameters)


def _severity(findings: tuple[facts.Finding, ...]) -> int:
    return max((finding.outcome.severity for finding in findings), default=-1)


def _verdict(name: str, finding: facts.Finding, digest: digests.Digest) -> verdicts.Verdict:
    subject = RULES[name].subject
    return verdicts.Verdict(
        gate=GATE,
        check=name,
        subject=f"{subject}: {finding.about}" if finding.about else subject,
        outcome=finding.outcome,
        sentence=finding.sentence,
        action=finding.action,
        estimate=finding.estimate,
        limit=finding.limit,
        evidence=digest,
    )
