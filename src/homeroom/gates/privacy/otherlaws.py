"""India's Digital Personal Data Protection Act and Australia's Privacy Act, as far as a machine can check them."""

from dataclasses import replace

from homeroom.domain.verdicts import Outcome
from homeroom.gates.privacy.facts import Facts, Finding, Parameters
from homeroom.gates.privacy.registers import has_an_end, reads_nothing_of, trained_by_the_district
from homeroom.resources import gatepolicies


def dpdp_fiduciary(facts: Facts, parameters: Parameters) -> tuple[Finding, ...]:
    """``dpdp.fiduciary``: the school itself decides about the data of anybody under 18, or parents have consented verifiably.

    Source: DPDP Act 2023, section 9, and Rules 2025, Fourth Schedule: schools are exempt for educational activity and safety; firms
    that sell to schools are not the school.
    """
    if not facts.serves_under(parameters["underAge"]):
        return facts.nobody_under(parameters["underAge"])
    trained, consent = trained_by_the_district(facts), facts.written("consent")
    if trained.outcome is Outcome.PASS:
        return (trained,)
    if consent is None:
        return (replace(trained, action=f"{trained.action} Or write down the parents' verifiable consent (consent)."),)
    return (Finding(Outcome.PASS, f"Parents have consented: {consent}."),)


def dpdp_no_tracking(facts: Facts, parameters: Parameters) -> tuple[Finding, ...]:
    """``dpdp.noTracking``: no child under 18 is tracked. Source: DPDP Act 2023, section 9(3)."""
    if not facts.serves_under(parameters["underAge"]):
        return facts.nobody_under(parameters["underAge"])
    followed = (gatepolicies.Kind.TRACKING, gatepolicies.Kind.GEOLOCATION)
    return reads_nothing_of(facts, followed, "where children are or what they do elsewhere")


def au_purpose_and_retention(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``au.purposeAndRetention``: purpose and end are written down. Source: Australian Privacy Principles 3, 6 and 11."""
    missing = f"Nothing in writing says that pupils' data may be used for {facts.purpose}, and how long it is kept."
    return has_an_end(facts, missing)
