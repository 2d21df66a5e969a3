"""GDPR, the opinion on anonymous models, the AI Act, the UK's Children's Code and French law, as far as a machine can check them."""

from datetime import date

from homeroom.domain.verdicts import Outcome
from homeroom.gates.policies import columns
from homeroom.gates.privacy.facts import Facts, Finding, Parameters, listed
from homeroom.resources import gatepolicies

KIND = gatepolicies.Kind


def gdpr_purpose(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``gdpr.purpose``: purpose, lawful basis, columns and end are written down; denied without.

    Source: GDPR Articles 5(1)(b), (c) and (e), and 6.
    """
    if facts.entry is None:
        return (
            Finding(
                Outcome.FAIL,
                f"Nothing in writing says on which basis pupils' data is used for {facts.purpose}, which of it, and how long.",
                "Add an entry for this purpose to privacy.purposes of the policy.",
            ),
        )
    said = f"Data is used for {facts.purpose} on the basis of {facts.entry.basis}, and deleted after {facts.entry.retention_days} days."
    return (Finding(Outcome.PASS, said, estimate=float(facts.entry.retention_days)),)


def gdpr_dpia(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``gdpr.dpia``: an impact assessment was made before; denied without. Source: GDPR Article 35."""
    return _written(
        facts,
        None if facts.entry is None else facts.entry.dpia,
        "Nobody has assessed what this use may do to the children.",
        "dpia",
    )


def gdpr_sole_automation(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``gdpr.soleAutomation``: a person looks before anything has an effect; denied without. Source: GDPR Article 22, recital 71."""
    return _written(
        facts,
        None if facts.entry is None else facts.entry.overseer,
        "Nobody is named who looks at a suggestion before it has an effect on a child.",
        "overseer",
    )


def gdpr_rights(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``gdpr.rights``: parents and pupils know where to ask; denied without. Source: GDPR Articles 12 to 21."""
    return _written(
        facts,
        None if facts.entry is None else facts.entry.rights,
        "Parents and pupils are not told where to see, correct or erase what is held about them.",
        "rights",
    )


def gdpr_child_consent(facts: Facts, parameters: Parameters) -> tuple[Finding, ...]:
    """``gdpr.childConsent``: where consent is the basis, it is written who gives it for children under the age of consent.

    Source: GDPR Article 8: 16, or down to 13 where a member state says so. The age is the pack's.
    """
    entry = facts.entry
    if entry is None or not columns.normalised(entry.basis).startswith("consent"):
        return (Finding(Outcome.NOT_APPLICABLE, "Consent is not the basis of this use."),)
    young = facts.serves_under(parameters["underAge"])
    if young and entry.consent is None:
        return (
            Finding(
                Outcome.FAIL,
                f"Consent is the basis, and nothing says who gives it for children under {parameters['underAge']}.",
                "Write into the register who consents and where that is recorded (consent).",
            ),
        )
    return (Finding(Outcome.PASS, "It is written who consents for children who are too young to."),)


def edpb_anonymity(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``edpb.anonymity``: that nobody can be picked out of the model was tried, and not assumed.

    Source: EDPB Opinion 28/2024, 17 December 2024: a model is not anonymous by itself; it has to be shown that extraction is
    insignificant.
    """
    if facts.membership is None:
        return (
            Finding(
                Outcome.NOT_ENOUGH_EVIDENCE,
                "Nobody has tried to tell from the model's answers who was in its training data.",
                "Give the gates what the membership check needs, and run them again.",
            ),
        )
    sentences = {
        Outcome.PASS: "It was tried to tell from the model's answers who was in its training data, and that failed.",
        Outcome.FAIL: "One can tell from the model's answers who was in its training data, so the model is personal data itself.",
    }
    said = sentences.get(
        facts.membership, "It was tried to tell who was in the training data, with too little data to say."
    )
    action = (
        ""
        if facts.membership is Outcome.PASS
        else "See the membership check; until it passes, treat the model as personal data."
    )
    outcome = facts.membership if facts.membership in sentences else Outcome.NOT_ENOUGH_EVIDENCE
    return (Finding(outcome, said, action),)


def aiact_emotion(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``aiact.emotion``: no emotion recognition in schools. Source: AI Act Article 5(1)(f), since 2 February 2025."""
    wrong = facts.reads(KIND.EMOTION)
    if wrong:
        return (
            Finding(
                Outcome.FAIL,
                f"The model reads children's emotions, which is banned in schools: {listed(wrong)}.",
                "Train it without these columns.",
            ),
        )
    return (Finding(Outcome.PASS, "The model reads nobody's emotions."),)


def aiact_oversight(facts: Facts, parameters: Parameters) -> tuple[Finding, ...]:
    """``aiact.oversight``: a named human overseer. Source: AI Act Articles 14 and 26, for Annex III(3), from the pack's date."""
    named = None if facts.entry is None else facts.entry.overseer
    return _from(facts, parameters, named is not None, "Nobody is named who oversees this system.", "overseer")


def aiact_logs(facts: Facts, parameters: Parameters) -> tuple[Finding, ...]:
    """``aiact.logs``: logs are kept for six months at least. Source: AI Act Articles 12 and 26(6), from the pack's date."""
    days, kept = int(parameters["days"]), 0 if facts.entry is None else facts.entry.log_days or 0
    missing = f"What the model answered is kept for {kept} days, and the law asks for {days}."
    return _from(facts, parameters, kept >= days, missing, "logDays")


def aiact_fria(facts: Facts, parameters: Parameters) -> tuple[Finding, ...]:
    """``aiact.fria``: a public school has assessed fundamental rights. Source: AI Act Article 27, from the pack's date."""
    reference = None if facts.entry is None else facts.entry.rights_assessment
    missing = "Nobody has assessed what this use does to fundamental rights."
    return _from(facts, parameters, reference is not None, missing, "rightsAssessment")


def uk_childrens_code(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``uk.childrensCode``: no location, nothing that follows a child, best interests and an assessment in writing.

    Source: ICO Children's Code, standards 1 (best interests), 2 (impact assessment), 8 (data minimisation), 10 (geolocation off) and
    12 (profiling off). The others - wording by age, no nudges, tools - are about screens.
    """
    wrong = facts.reads(KIND.GEOLOCATION, KIND.TRACKING)
    if wrong:
        return (
            Finding(
                Outcome.FAIL,
                f"The model reads where children are or what they do elsewhere: {listed(wrong)}.",
                "Train it without these columns.",
            ),
        )
    entry = facts.entry
    if entry is None or entry.best_interests is None or entry.dpia is None:
        return (
            Finding(
                Outcome.FAIL,
                "Nothing in writing says why this is in the children's best interests.",
                "Write the references of that note and of the impact assessment into the register (bestInterests, dpia).",
            ),
        )
    return (Finding(Outcome.PASS, f"Note {entry.best_interests} says why this is in the children's best interests."),)


def fr_ethnicity_not_collected(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``fr.ethnicityNotCollected``: neither model nor evaluation table holds race or ethnicity.

    Source: Conseil constitutionnel, 2007-557 DC, 15 November 2007: no statistics by race or ethnic origin.
    """
    wrong = tuple(dict.fromkeys(c.name for c in (*facts.features, *facts.table) if KIND.ETHNICITY in c.kinds))
    if wrong:
        return (
            Finding(
                Outcome.FAIL,
                f"The data holds what may not be recorded in France: {listed(wrong)}.",
                "Delete these columns, also from the evaluation table, and compare schools in priority networks instead.",
            ),
        )
    return (Finding(Outcome.PASS, "No column holds race or ethnicity."),)


def _written(facts: Facts, value: str | None, missing: str, field: str) -> tuple[Finding, ...]:
    if value is None:
        return (Finding(Outcome.FAIL, missing, f"Write it into the register's entry for {facts.purpose} ({field})."),)
    return (Finding(Outcome.PASS, f"The register says: {value}."),)


def _from(facts: Facts, parameters: Parameters, holds: bool, missing: str, field: str) -> tuple[Finding, ...]:  # noqa: FBT001 - private, next to its callers
    """A duty of a high-risk system: asked for from a date, and for some purposes only."""
    if facts.purpose not in parameters["purposes"]:
        return (Finding(Outcome.NOT_APPLICABLE, "The AI Act does not count this purpose among those of high risk."),)
    if holds:
        return (Finding(Outcome.PASS, "What the AI Act asks for is in the register."),)
    action = f"Write it into the register's entry for {facts.purpose} ({field})."
    starts = date.fromisoformat(parameters["from"])
    if facts.on < starts:
        return (Finding(Outcome.NOT_APPLICABLE, f"{missing} The AI Act asks for it from {starts}.", action),)
    return (Finding(Outcome.FAIL, missing, action),)
