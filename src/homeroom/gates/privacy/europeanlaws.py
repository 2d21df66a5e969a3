"""GDPR, the opinion on anonymous models, the AI Act, the UK's Children's Code and French law, as far as a machine can check them."""

from dataclasses import replace
from datetime import date

from homeroom.domain.verdicts import Outcome
from homeroom.gates.policies import columns
from homeroom.gates.privacy.facts import Facts, Finding, Parameters, listed
from homeroom.gates.privacy.registers import has_an_end, is_written, reads_nothing_of
from homeroom.resources import gatepolicies

KIND = gatepolicies.Kind


def gdpr_purpose(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``gdpr.purpose``: purpose, lawful basis, columns and end are written down; denied without.

    Source: GDPR Articles 5(1)(b), (c) and (e), and 6.
    """
    missing = (
        f"Nothing in writing says on which basis pupils' data is used for {facts.purpose}, which of it, and how long."
    )
    return has_an_end(facts, missing)


def gdpr_dpia(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``gdpr.dpia``: an impact assessment was made before; denied without. Source: GDPR Article 35."""
    return is_written(facts, "dpia", "Nobody has assessed what this use may do to the children.")


def gdpr_sole_automation(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``gdpr.soleAutomation``: a person looks before anything has an effect; denied without. Source: GDPR Article 22, recital 71."""
    missing = "Nobody is named who looks at a suggestion before it has an effect on a child."
    return is_written(facts, "overseer", missing)


def gdpr_rights(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``gdpr.rights``: parents and pupils know where to ask; denied without. Source: GDPR Articles 12 to 21."""
    missing = "Parents and pupils are not told where to see, correct or erase what is held about them."
    return is_written(facts, "rights", missing)


def gdpr_child_consent(facts: Facts, parameters: Parameters) -> tuple[Finding, ...]:
    """``gdpr.childConsent``: where consent is the basis, it is written who gives it for children under the age of consent.

    Source: GDPR Article 8: 16, or down to 13 where a member state says so. The age is the pack's.
    """
    basis = facts.written("basis")
    if basis is None:
        return ()
    if not _is_consent(basis):
        return (Finding(Outcome.NOT_APPLICABLE, "Consent is not the basis of this use."),)
    age = parameters["underAge"]
    if not facts.serves_under(age):
        return facts.nobody_under(age)
    consent = facts.written("consent")
    if consent is None:
        return (
            Finding(
                Outcome.FAIL,
                f"Consent is the basis, and nothing says who gives it for children under {age}.",
                "Write into the register who consents and where that is recorded (consent). Where the basis is another one, "
                "name only that (basis).",
            ),
        )
    return (Finding(Outcome.PASS, f"It is written who consents for children under {age}: {consent}."),)


def _is_consent(basis: str) -> bool:
    """Whether a basis speaks of consent at all: people write "parental consent", "Consentement" or "Article 6(1)(a)"."""
    plain = columns.normalised(basis)
    return any(mark in plain for mark in ("consent", "einwilligung", "6_1_a"))


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
    return reads_nothing_of(facts, (KIND.EMOTION,), "children's emotions")


def aiact_oversight(facts: Facts, parameters: Parameters) -> tuple[Finding, ...]:
    """``aiact.oversight``: a named human overseer. Source: AI Act Articles 14 and 26, for Annex III(3), from the pack's date."""
    return _from(facts, parameters, is_written(facts, "overseer", "Nobody is named who oversees this system."))


def aiact_logs(facts: Facts, parameters: Parameters) -> tuple[Finding, ...]:
    """``aiact.logs``: logs are kept for six months at least. Source: AI Act Articles 12 and 26(6), from the pack's date."""
    asked, kept = int(parameters["days"]), None if facts.entry is None else facts.entry.log_days
    said = f"What the model answered is kept for {kept} days, and the law asks for {asked}."
    if kept is None:
        found = is_written(facts, "logDays", "Nothing in writing says how long it is kept what the model answered.")
    elif kept < asked:
        found = (Finding(Outcome.FAIL, said, f"Keep it for {asked} days at least (logDays)."),)
    else:
        found = (Finding(Outcome.PASS, said),)
    return _from(facts, parameters, found)


def aiact_fria(facts: Facts, parameters: Parameters) -> tuple[Finding, ...]:
    """``aiact.fria``: a public school has assessed fundamental rights. Source: AI Act Article 27, from the pack's date."""
    missing = "Nobody has assessed what this use does to fundamental rights."
    return _from(facts, parameters, is_written(facts, "rightsAssessment", missing))


def uk_childrens_code(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``uk.childrensCode``: no location, nothing that follows a child, best interests and an assessment in writing.

    Source: ICO Children's Code, standards 1 (best interests), 2 (impact assessment), 8 (data minimisation) and 10 (geolocation off).
    A profile of a child (12) needs a compelling reason: the note of standard 1 has to give it. The others - wording by age, no nudges,
    tools - are about screens.
    """
    read = reads_nothing_of(facts, (KIND.GEOLOCATION, KIND.TRACKING), "where children are or what they do elsewhere")
    noted = is_written(facts, "bestInterests", "Nothing in writing says why this is in the children's best interests.")
    assessed = is_written(facts, "dpia", "Nobody has assessed what this use may do to the children.")
    return next((found for found in (read, noted, assessed) if found[0].outcome is not Outcome.PASS), noted)


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


def _from(facts: Facts, parameters: Parameters, found: tuple[Finding, ...]) -> tuple[Finding, ...]:
    """A duty of a high-risk system: asked for from a date, and for some purposes only."""
    if facts.purpose not in parameters["purposes"]:
        return (Finding(Outcome.NOT_APPLICABLE, "The AI Act does not count this purpose among those of high risk."),)
    starts = date.fromisoformat(parameters["from"])
    if facts.on >= starts:
        return found
    return tuple(
        replace(one, outcome=Outcome.NOT_APPLICABLE, sentence=f"{one.sentence} The AI Act asks for it from {starts}.")
        if one.outcome is Outcome.FAIL
        else one
        for one in found
    )
