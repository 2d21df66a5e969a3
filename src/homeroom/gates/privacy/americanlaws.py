"""FERPA, COPPA, state laws of the SOPIPA kind, and New York's Education Law 2-d, as far as a machine can check them."""

from homeroom.domain.verdicts import Outcome
from homeroom.gates.privacy.facts import Facts, Finding, Parameters, listed
from homeroom.gates.privacy.registers import trained_by_others
from homeroom.resources import gatepolicies

KIND = gatepolicies.Kind


def ferpa_official_agreement(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``ferpa.officialAgreement``: whoever processes the data is a school official by agreement; denied without one.

    Source: FERPA, 34 CFR 99.31(a)(1)(i)(B): a contractor under the school's direct control, for a purpose that the school names.
    """
    if facts.entry is None or facts.entry.agreement is None:
        return (
            Finding(
                Outcome.FAIL,
                "No agreement says that whoever works with these records does so for the school and under its control.",
                "Write the reference of the agreement into the register (agreement).",
            ),
        )
    return (Finding(Outcome.PASS, f"The records are worked with under agreement {facts.entry.agreement}."),)


def coppa_retention(facts: Facts, parameters: Parameters) -> tuple[Finding, ...]:
    """``coppa.retention``: a written end for the data of children under 13, no indefinite keeping.

    Source: COPPA rule as amended, 90 FR 16918, compliance by 22 April 2026.
    """
    young = facts.serves_under(parameters["underAge"])
    if not young:
        return (Finding(Outcome.NOT_APPLICABLE, _nobody_young(parameters)),)
    if facts.entry is None:
        return (
            Finding(
                Outcome.FAIL,
                f"Nothing in writing says when the data of children in {', '.join(young)} is deleted.",
                "Add an entry for this purpose to the register, with retentionDays.",
            ),
        )
    said = f"The data of children in {', '.join(young)} is deleted after {facts.entry.retention_days} days."
    return (Finding(Outcome.PASS, said, estimate=float(facts.entry.retention_days)),)


def coppa_ai_training(facts: Facts, parameters: Parameters) -> tuple[Finding, ...]:
    """``coppa.aiTraining``: no training by others for their own ends on the data of children under 13.

    Source: COPPA rule as amended, 90 FR 16918: consent of its own for disclosure to others, training of AI among it. School consent
    was not codified, so nothing but the district's own training passes.
    """
    young = facts.serves_under(parameters["underAge"])
    if not young:
        return (Finding(Outcome.NOT_APPLICABLE, _nobody_young(parameters)),)
    if facts.entry is None:
        return (Finding(Outcome.FAIL, "Nothing in writing says who trains with the data of these children.", _SAY_WHO),)
    if trained_by_others(facts):
        return (
            Finding(
                Outcome.FAIL,
                f"Somebody else improves a product with the data of children in {', '.join(young)}.",
                "Have the district train for its own schools only (trainedBy: District), and say so in the agreement.",
            ),
        )
    return (Finding(Outcome.PASS, "Only the district trains with the data of these children, for its own schools."),)


def coppa_biometric(facts: Facts, parameters: Parameters) -> tuple[Finding, ...]:
    """``coppa.biometric``: nothing of the body of a child under 13 is an input; voiceprints count.

    Source: COPPA rule as amended, 90 FR 16918: biometric identifiers are personal information.
    """
    young = facts.serves_under(parameters["underAge"])
    if not young:
        return (Finding(Outcome.NOT_APPLICABLE, _nobody_young(parameters)),)
    return _nothing_of(facts, (KIND.BIOMETRIC,), "face, voice or body of a child")


def sopipa_no_tracking(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``sopipa.noTracking``: nothing that follows a child elsewhere is an input, and nobody builds a product on it.

    Source: state laws of the kind of California's SOPIPA: no targeted advertising, no profile but for a school purpose.
    """
    if trained_by_others(facts):
        return (
            Finding(
                Outcome.FAIL,
                "Somebody else improves a product with these pupils' data.",
                "Have the district train for its own schools only (trainedBy: District).",
            ),
        )
    return _nothing_of(facts, (KIND.TRACKING,), "what a child does elsewhere")


def ny2d_commercial_purpose(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``ny2d.commercialPurpose``: a vendor does not own the model, nor improve its products with the data.

    Source: 8 NYCRR 121.1(c): a commercial purpose includes using student data to develop, improve or market products or services to
    students.
    """
    if facts.entry is None:
        return (Finding(Outcome.FAIL, "Nothing in writing says who trains with these pupils' data.", _SAY_WHO),)
    if trained_by_others(facts):
        return (
            Finding(
                Outcome.FAIL,
                "A vendor improves its own product with these pupils' data, which New York counts as a commercial purpose.",
                "Have the district own the training and the model (trainedBy: District).",
            ),
        )
    return (Finding(Outcome.PASS, "The district trains for its own schools; nobody improves a product with the data."),)


def ny2d_agreement(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``ny2d.agreement``: an agreement with each contractor, with the parents' bill of rights; denied without one.

    Source: New York Education Law 2-d; encryption and the NIST framework belong in the agreement, because no release shows them.
    """
    if facts.entry is None or facts.entry.agreement is None:
        return (
            Finding(
                Outcome.FAIL,
                "There is no agreement with a bill of rights for parents about this use.",
                "Write the reference of the agreement into the register (agreement).",
            ),
        )
    return (Finding(Outcome.PASS, f"Agreement {facts.entry.agreement} covers this use."),)


_SAY_WHO = "Add an entry for this purpose to the register, with trainedBy."


def _nobody_young(parameters: Parameters) -> str:
    return f"The release serves nobody under {parameters['underAge']}."


def _nothing_of(facts: Facts, kinds: tuple[gatepolicies.Kind, ...], words: str) -> tuple[Finding, ...]:
    wrong = facts.reads(*kinds)
    if wrong:
        return (
            Finding(
                Outcome.FAIL, f"The model reads about {words}: {listed(wrong)}.", "Train it without these columns."
            ),
        )
    return (Finding(Outcome.PASS, f"The model reads nothing about {words}."),)
