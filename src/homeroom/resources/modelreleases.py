"""ModelRelease: one registered model version on its way to schools."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints

from homeroom.domain import releases, verdicts
from homeroom.resources import definitions, fields, kinds, objects, rules, statuses

PLURAL = "modelreleases"
KIND = kinds.homeroom("ModelRelease", PLURAL)


class ImportedReason(statuses.Reason):
    """Reasons of ``Imported``."""

    WAITING = "Waiting", "The model version is being read from the registry."
    MODEL_NOT_FOUND = "ModelNotFound", "The registry has no such model version, or one of its files is missing."
    NOT_ONNX = "NotOnnx", "A stage is no ONNX file."
    TRUNCATED = "Truncated", "A stage is an ONNX file that ends too early."
    EXTERNAL_DATA = "ExternalData", "A stage keeps its weights in another file; they must be inside."
    TOO_LARGE = "TooLarge", "A stage is larger than intake reads."
    OPERATOR_REFUSED = "OperatorRefused", "A stage uses an ONNX operator or domain that schools do not run."
    INTAKE_FAILED = "IntakeFailed", "A stage could not be run on a fixed input within its memory and time."
    REGISTRY_UNAVAILABLE = "RegistryUnavailable", "The registry does not answer; tried again by itself."
    EVALUATION_NOT_FOUND = "EvaluationNotFound", "The district holds no evaluation table with that digest."
    EVALUATION_DIFFERS = (
        "EvaluationDiffers",
        "The model version was evaluated on another table than spec.evaluation names.",
    )
    RELEASE_FILE_INVALID = "ReleaseFileInvalid", "The registered release.json is missing or does not fit the stages."
    IMPORTED = "Imported", "Every stage was read and checked."


class PackagedReason(statuses.Reason):
    """Reasons of ``Packaged``."""

    WAITING = "Waiting", "Waits for Imported, or is being packaged."
    REGISTRY_UNAVAILABLE = "RegistryUnavailable", "The OCI registry does not answer; tried again by itself."
    PACKAGED = "Packaged", "The artifact is in the district's OCI registry under status.releaseDigest."


class GatesPassedReason(statuses.Reason):
    """Reasons of ``GatesPassed``."""

    WAITING = "Waiting", "Waits for Packaged."
    RUNNING = "Running", "The gates are being computed."
    POLICY_NOT_FOUND = "PolicyNotFound", "There is no GatePolicy of that name."
    EVALUATION_NOT_FOUND = "EvaluationNotFound", "The district holds no evaluation table with that digest."
    EVALUATION_INVALID = "EvaluationInvalid", "The evaluation table cannot be judged; the message says what to change."
    GATE_FAILED = "GateFailed", "At least one verdict is Fail; the release goes nowhere."
    NOT_ENOUGH_EVIDENCE = "NotEnoughEvidence", "No verdict is Fail, but some lack evidence and need a waiver."
    JOB_FAILED = "JobFailed", "The gate process ended without a report; tried again by itself."
    REGISTRY_UNAVAILABLE = (
        "RegistryUnavailable",
        "The gates have judged; their report could not be put beside the release yet. Tried again by itself.",
    )
    POLICY_INVALID = "PolicyInvalid", "The policy contradicts itself or a policy pack; the message says what to change."
    WAIVED = "Waived", "What lacks evidence is covered by a waiver that has not expired: waves may take pilots only."
    OVERRIDDEN = "Overridden", "The same, and somebody else than who waived has let it go to all schools for a time."
    PASSED = "Passed", "Every verdict is Pass or NotApplicable."


class ApprovedReason(statuses.Reason):
    """Reasons of ``Approved``."""

    WAITING = "Waiting", "Waits for GatesPassed."
    AWAITING_APPROVAL = "AwaitingApproval", "Fewer people have approved than the policy asks for."
    SELF_APPROVAL_IGNORED = "SelfApprovalIgnored", "The only approvals are by authors of the release; they never count."
    DIGEST_CHANGED = "DigestChanged", "The approvals name another release or gate report than the present one."
    REJECTED = "Rejected", "Somebody has rejected this release."
    PACK_REVIEW_OVERDUE = (
        "PackReviewOverdue",
        "A policy pack is more than 30 days past its review date; new approvals do not count until it is reviewed.",
    )
    APPROVED = "Approved", "Enough people who are no authors of it have approved exactly this release and report."


class ReadyReason(statuses.Reason):
    """Reasons of ``Ready``."""

    NOT_IMPORTED = "NotImported", "Imported is not True."
    NOT_PACKAGED = "NotPackaged", "Packaged is not True."
    GATES_NOT_PASSED = "GatesNotPassed", "GatesPassed is not True."
    NOT_APPROVED = "NotApproved", "Approved is not True."
    READY_FOR_PILOTS = "ReadyForPilots", "All other conditions are True, through a waiver: waves may take pilots only."
    READY = "Ready", "All other conditions are True: waves may bring it to schools."


IMPORTED = statuses.ConditionType("Imported", "Every stage was read from the registry and checked.", ImportedReason)
PACKAGED = statuses.ConditionType("Packaged", "The release is an artifact with a digest.", PackagedReason)
GATES_PASSED = statuses.ConditionType("GatesPassed", "The gates found nothing against it.", GatesPassedReason)
APPROVED = statuses.ConditionType("Approved", "People who did not make it have approved it.", ApprovedReason)
READY = statuses.ConditionType("Ready", "All of the above: waves may bring it to schools.", ReadyReason)
CONDITIONS = (IMPORTED, PACKAGED, GATES_PASSED, APPROVED, READY)


class Model(objects.Part):
    """A registered model version."""

    name: fields.ModelName
    """Name of the registered model, such as reading-support. It is also part of the artifact's repository name."""
    version: Annotated[
        str,
        StringConstraints(pattern="^[0-9]{1,9}$", max_length=9),
        Field(
            json_schema_extra=rules.checked(
                rules.Rule("self.matches('^[0-9]{1,9}$')", 'write the version number as a string, such as "3"')
            )
        ),
    ]
    """Version of the registered model, a number written as a string, such as "3"."""


class PolicyReference(objects.Part):
    """A GatePolicy in the same namespace."""

    name: fields.Name
    """Name of the GatePolicy whose limits this release must meet."""


class Evaluation(objects.Part):
    """The table of scores and outcomes that the gates judge."""

    digest: fields.DigestText
    """Digest of the evaluation table, as the upload answered it. The rows stay in the district's private store."""


class Parameter(objects.Part):
    """A setting that educators may turn, within bounds."""

    model_config = ConfigDict(
        json_schema_extra=rules.checked(
            rules.Rule(
                "self.minimum <= self.default && self.default <= self.maximum",
                "choose minimum, default and maximum so that minimum <= default <= maximum",
            )
        )
    )

    name: fields.Identifier
    """Name of the setting, such as offer_fraction."""
    default: float
    """Value that a school starts with; the gates judge the release at this value."""
    minimum: float
    """Smallest value that a school may choose."""
    maximum: float
    """Largest value that a school may choose."""

    def to_domain(self) -> releases.ParameterBounds:
        """As a release config holds it."""
        return releases.ParameterBounds(self.name, self.default, self.minimum, self.maximum)


class Spec(objects.Part):
    """What is to be released, for what, and what it must meet. It never changes after creation."""

    model_config = ConfigDict(
        json_schema_extra=rules.unchanging("a release never changes: create a new ModelRelease under another name")
    )

    model: Model
    """The registered model version to release. Only its files are read; nothing of it is ever executed in training form."""
    purpose: fields.Purpose
    """The one purpose that answers of this release may be used for."""
    bands: Annotated[tuple[fields.Band, ...], Field(min_length=1, max_length=5, json_schema_extra=rules.as_set)]
    """Bands of year groups that it may be used in. Each is assigned to schools on its own."""
    policy_ref: PolicyReference
    """The policy that sets the limits of its gates."""
    author: Annotated[str, StringConstraints(min_length=1, max_length=253)]
    """Who releases it: must be the user who creates this object, and may never approve it."""
    evaluation: Evaluation
    """The evaluation data that its gates judge."""
    offer_days: Annotated[int, Field(ge=1, le=366)]
    """An offer made from an answer of this release expires after this many days."""
    parameters: Annotated[tuple[Parameter, ...], Field(max_length=8, json_schema_extra=rules.as_map("name"))] = ()
    """Settings that educators may turn at their school. The gates judge the release over the whole declared range."""


class VerdictSummary(objects.Part):
    """What a gate found, without numbers of pupils."""

    gate: fields.Text
    """Which gate: fairness, drift, quality or footprint."""
    subject: fields.Subject
    """What was judged, such as one stage and one pair of groups. A waiver covers subjects by this text."""
    outcome: verdicts.Outcome
    """Pass, NotApplicable, NotEnoughEvidence or Fail."""
    sentence: fields.Sentence
    """What it means, in a sentence for a principal."""


class Status(objects.Part):
    """What the district operator has found and done."""

    conditions: Annotated[
        tuple[statuses.Condition, ...], Field(max_length=16, json_schema_extra=rules.as_map("type"))
    ] = ()
    """Imported, Packaged, GatesPassed, Approved, and Ready when all of them are True."""
    phase: fields.Text | None = None
    """A summary of the conditions for people. Programs read the conditions."""
    message: fields.Sentence | None = None
    """What holds it up, or that it is ready."""
    release_digest: fields.DigestText | None = None
    """Digest of the packaged artifact. Approvals name it."""
    repository: fields.Text | None = None
    """Where the artifact lies in every registry, such as releases/reading-support."""
    gate_report_digest: fields.DigestText | None = None
    """Digest of the gate report. Approvals name it."""
    authors: Annotated[tuple[fields.Text, ...], Field(max_length=16)] = ()
    """Everybody who had a hand in it: spec.author and the creator of the model version. None of them may approve."""
    verdicts: Annotated[tuple[VerdictSummary, ...], Field(max_length=256)] = ()
    """What each gate found."""
    approved_by: Annotated[tuple[fields.Text, ...], Field(max_length=16)] = ()
    """Whose approvals count at present."""


class ModelRelease(objects.Resource[Spec, Status]):
    """One registered model version on its way to schools: imported, packaged, judged, approved.

    Create one per model version. It becomes Ready when every stage was checked, the artifact has a digest, the gates
    of its policy found nothing against it, and enough people other than its authors have approved exactly that.
    RolloutWaves then bring it to schools. To release a change, create another ModelRelease.
    """


DEFINITION = definitions.Definition(
    kind=KIND,
    model=ModelRelease,
    short_names=("mr",),
    columns=(
        definitions.Column("Model", ".spec.model.name"),
        definitions.Column("Version", ".spec.model.version"),
        definitions.condition_column(IMPORTED),
        definitions.condition_column(PACKAGED),
        definitions.condition_column(GATES_PASSED, "Gates"),
        definitions.condition_column(APPROVED),
        definitions.condition_column(READY),
        definitions.AGE,
        definitions.Column("Message", ".status.message"),
    ),
    conditions=CONDITIONS,
)


def parse(body: Mapping[str, Any]) -> ModelRelease:
    """``body`` as a ModelRelease.

    Raises:
        SpecError: a field does not fit.
    """
    return objects.parse(ModelRelease, KIND, body)
