"""India's Digital Personal Data Protection Act and Australia's Privacy Act, as far as a machine can check them."""

from homeroom.domain.verdicts import Outcome
from homeroom.gates.privacy.facts import Facts, Finding, Parameters, listed
from homeroom.gates.privacy.registers import trained_by_others
from homeroom.resources import gatepolicies


def dpdp_fiduciary(facts: Facts, parameters: Parameters) -> tuple[Finding, ...]:
    """``dpdp.fiduciary``: the school itself decides about the data of anybody under 18, or parents have consented verifiably.

    Source: DPDP Act 2023, section 9, and Rules 2025, Fourth Schedule: schools are exempt for educational activity and safety; firms
    that sell to schools are not the school.
    """
    if not facts.serves_under(parameters["underAge"]):
        return (Finding(Outcome.NOT_APPLICABLE, f"The release serves nobody under {parameters['underAge']}."),)
    if facts.entry is None:
        return (
            Finding(
                Outcome.FAIL,
                "Nothing in writing says who decides about these children's data.",
                "Add an entry for this purpose to the register, with owner and trainedBy.",
            ),
        )
    if trained_by_others(facts) and facts.entry.consent is None:
        return (
            Finding(
                Outcome.FAIL,
                "A firm decides about these children's data, and no parent has consented.",
                "Have the school decide (trainedBy: District), or write down the parents' verifiable consent (consent).",
            ),
        )
    by = "parents have consented" if trained_by_others(facts) else "the school itself decides about the data"
    return (Finding(Outcome.PASS, f"It is written that {by}."),)


def dpdp_no_tracking(facts: Facts, parameters: Parameters) -> tuple[Finding, ...]:
    """``dpdp.noTracking``: no child under 18 is tracked. Source: DPDP Act 2023, section 9(3)."""
    if not facts.serves_under(parameters["underAge"]):
        return (Finding(Outcome.NOT_APPLICABLE, f"The release serves nobody under {parameters['underAge']}."),)
    wrong = facts.reads(gatepolicies.Kind.TRACKING, gatepolicies.Kind.GEOLOCATION)
    if wrong:
        return (
            Finding(Outcome.FAIL, f"The model follows children: {listed(wrong)}.", "Train it without these columns."),
        )
    return (Finding(Outcome.PASS, "The model reads nothing that follows a child."),)


def au_purpose_and_retention(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``au.purposeAndRetention``: purpose and end are written down. Source: Australian Privacy Principles 3, 6 and 11."""
    if facts.entry is None:
        return (
            Finding(
                Outcome.FAIL,
                f"Nothing in writing says that pupils' data may be used for {facts.purpose}, and how long it is kept.",
                "Add an entry for this purpose to privacy.purposes of the policy.",
            ),
        )
    said = f"Data is used for {facts.purpose} and deleted after {facts.entry.retention_days} days."
    return (Finding(Outcome.PASS, said, estimate=float(facts.entry.retention_days)),)
