"""ReleaseApproval: one person's decision on one release and one gate report."""

import enum
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints

from homeroom.resources import definitions, fields, kinds, objects, rules

PLURAL = "releaseapprovals"
KIND = kinds.homeroom("ReleaseApproval", PLURAL)


class Decision(enum.StrEnum):
    """What the approver says."""

    APPROVE = "Approve"
    REJECT = "Reject"
    WAIVE = "Waive"
    OVERRIDE = "Override"


class ReleaseReference(objects.Part):
    """A ModelRelease in the same namespace."""

    name: fields.Name
    """Name of the ModelRelease that is decided on."""


_WAIVER = "self.decision == 'Waive'"
_OVERRIDE = "self.decision == 'Override'"
_COVERING = f"({_WAIVER} || {_OVERRIDE})"


class Spec(objects.Part):
    """One decision. It never changes; somebody who thinks again creates another ReleaseApproval."""

    model_config = ConfigDict(
        json_schema_extra=rules.checked(
            rules.Rule("self == oldSelf", "a decision never changes: create another ReleaseApproval"),
            rules.Rule(
                f"!({_WAIVER}) || (has(self.covers) && size(self.covers) > 0)",
                "a waiver needs covers: list the subjects of the verdicts that lack evidence",
            ),
            rules.Rule(
                f"!({_OVERRIDE}) || (has(self.covers) && size(self.covers) > 0)",
                "an override needs covers: list the waived subjects that all schools may have the release in spite of",
            ),
            rules.Rule(
                f"!({_WAIVER}) || has(self.expires)", "a waiver needs expires: the moment when it ends, in RFC 3339"
            ),
            rules.Rule(
                f"!({_OVERRIDE}) || has(self.expires)",
                "an override needs expires: the moment when only pilots may have the release again, in RFC 3339",
            ),
            rules.Rule(
                f"!({_WAIVER}) || has(self.dataPlan)",
                "a waiver needs dataPlan: say how the missing evidence will be collected",
            ),
            rules.Rule(
                f"{_COVERING} || !has(self.covers)", "covers belongs to decisions Waive and Override: leave it out"
            ),
            rules.Rule(f"{_WAIVER} || !has(self.dataPlan)", "dataPlan belongs to decision Waive: leave it out"),
        )
    )

    release_ref: ReleaseReference
    """The release that is decided on."""
    release_digest: fields.DigestText
    """Digest in status.releaseDigest of that release as the approver saw it. The decision counts for this digest only."""
    gate_report_digest: fields.DigestText
    """Digest in status.gateReportDigest of that release as the approver saw it. The decision counts for this digest only."""
    decision: Decision
    """Approve, Reject, or Waive what lacks evidence until it is there. A verdict of Fail cannot be waived. A waived release may
    go to pilots only, until somebody other than who waived says Override."""
    approver: Annotated[str, StringConstraints(min_length=1, max_length=253)]
    """Who decides: must be the user who creates this object, and no author of the release."""
    reason: Annotated[str, StringConstraints(min_length=10, max_length=2000)]
    """Why, in at least ten characters, for those who will ask later."""
    covers: Annotated[tuple[fields.Subject, ...], Field(max_length=64, json_schema_extra=rules.as_set)] = ()
    """Subjects of the verdicts that a waiver or override covers, word for word as in the release's status.verdicts. One that
    lacks no evidence makes the whole decision count for nothing."""
    expires: datetime | None = None
    """When the decision ends by itself, such as 2027-06-30T16:00:00Z. A waiver and an override need it."""
    data_plan: Annotated[str, StringConstraints(min_length=10, max_length=2000)] | None = None
    """For a waiver: how and by when the missing evidence will be collected."""


class Status(objects.Part):
    """A decision has no state of its own; the release's status says whether it counts."""


class ReleaseApproval(objects.Resource[Spec, Status]):
    """One person's decision on one release: approve, reject, waive missing evidence, or let go to all what was waived.

    It names the digests of the release and of the gate report, so it says nothing about any later form of them. The
    API server refuses it from an author of the release and from anybody who names somebody else as approver.
    """


DEFINITION = definitions.Definition(
    kind=KIND,
    model=ReleaseApproval,
    short_names=("ra",),
    columns=(
        definitions.Column("Release", ".spec.releaseRef.name"),
        definitions.Column("Decision", ".spec.decision"),
        definitions.Column("Approver", ".spec.approver"),
        definitions.Column("Expires", ".spec.expires"),
        definitions.AGE,
        definitions.Column("Reason", ".spec.reason", priority=1),
    ),
)


def parse(body: Mapping[str, Any]) -> ReleaseApproval:
    """``body`` as a ReleaseApproval.

    Raises:
        SpecError: a field does not fit.
    """
    return objects.parse(ReleaseApproval, KIND, body)
