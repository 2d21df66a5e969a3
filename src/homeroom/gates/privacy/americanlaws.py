"""FERPA, COPPA, state laws of the SOPIPA kind, and New York's Education Law 2-d, as far as a machine can check them."""

from homeroom.domain.verdicts import Outcome
from homeroom.gates.privacy.facts import Facts, Finding, Parameters
from homeroom.gates.privacy.registers import has_an_end, is_written, reads_nothing_of, trained_by_the_district
from homeroom.resources import gatepolicies

KIND = gatepolicies.Kind


def ferpa_official_agreement(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``ferpa.officialAgreement``: whoever processes the data is a school official by agreement; denied without one.

    Source: FERPA, 34 CFR 99.31(a)(1)(i)(B): a contractor under the school's direct control, for a purpose that the school names.
    """
    missing = "No agreement says that whoever works with these records does so for the school and under its control."
    return is_written(facts, "agreement", missing)


def coppa_retention(facts: Facts, parameters: Parameters) -> tuple[Finding, ...]:
    """``coppa.retention``: a written end for the data of children under 13, no indefinite keeping.

    Source: COPPA rule as amended, 90 FR 16918, compliance by 22 April 2026.
    """
    young = facts.serves_under(parameters["underAge"])
    missing = f"Nothing in writing says when the data of children in {', '.join(young)} is deleted."
    return has_an_end(facts, missing) if young else facts.nobody_under(parameters["underAge"])


def coppa_ai_training(facts: Facts, parameters: Parameters) -> tuple[Finding, ...]:
    """``coppa.aiTraining``: no training by others for their own ends on the data of children under 13.

    Source: COPPA rule as amended, 90 FR 16918: consent of its own for disclosure to others, training of AI among it. School consent
    was not codified, so nothing but the district's own training passes.
    """
    young = facts.serves_under(parameters["underAge"])
    return (trained_by_the_district(facts),) if young else facts.nobody_under(parameters["underAge"])


def coppa_biometric(facts: Facts, parameters: Parameters) -> tuple[Finding, ...]:
    """``coppa.biometric``: nothing of the body of a child under 13 is an input; voiceprints count.

    Source: COPPA rule as amended, 90 FR 16918: biometric identifiers are personal information.
    """
    if not facts.serves_under(parameters["underAge"]):
        return facts.nobody_under(parameters["underAge"])
    return reads_nothing_of(facts, (KIND.BIOMETRIC,), "the face, voice or body of a child")


def sopipa_no_tracking(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``sopipa.noTracking``: nothing that follows a child elsewhere is an input, and nobody builds a product on it.

    Source: state laws of the kind of California's SOPIPA: no targeted advertising, no profile but for a school purpose. That data is
    deleted when a school asks belongs in the agreement, because no release shows it.
    """
    trained = trained_by_the_district(facts)
    if trained.outcome is not Outcome.PASS:
        return (trained,)
    return reads_nothing_of(facts, (KIND.TRACKING,), "what a child does elsewhere")


def ny2d_commercial_purpose(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``ny2d.commercialPurpose``: a vendor does not own the model, nor improve its products with the data.

    Source: 8 NYCRR 121.1(c): a commercial purpose includes using student data to develop, improve or market products or services to
    students.
    """
    return (trained_by_the_district(facts),)


def ny2d_agreement(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``ny2d.agreement``: an agreement with each contractor, with the parents' bill of rights; denied without one.

    Source: New York Education Law 2-d; encryption and the NIST framework belong in the agreement, because no release shows them.
    """
    return is_written(facts, "agreement", "There is no agreement with a bill of rights for parents about this use.")
