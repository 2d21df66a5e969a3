"""SiteAssignment: what a school was told to run, shown in the school's own API."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from homeroom.domain import assignments, digests
from homeroom.resources import definitions, fields, kinds, objects, rules, statuses

PLURAL = "siteassignments"
KIND = kinds.homeroom("SiteAssignment", PLURAL)


class VerifiedReason(statuses.Reason):
    """Reasons of ``Verified``; those of a refusal are the words of the trust check."""

    WAITING = "Waiting", "The school has not checked this assignment yet."
    VERIFIED = "Verified", "The signed bytes were checked and say exactly this."
    ALTERED = "Altered", "A newer assignment was refused: its bytes do not fit its signature or length."
    UNSIGNED = "Unsigned", "A newer assignment was refused: too few valid signatures."
    FOREIGN = "Foreign", "A newer assignment was refused: it is for another school, or from another district."
    OLDER_METADATA = "OlderMetadata", "An assignment was refused: it is older than one that was accepted."
    EXPIRED = "Expired", "A newer assignment was refused: its signature is out of date."
    UNREADABLE = "Unreadable", "A newer assignment was refused: it cannot be read."
    DIFFERS = "Differs", "This object differs from the signed bytes, which win; it is written again."


class ServingReason(statuses.Reason):
    """Reasons of ``Serving``."""

    NOTHING_ASSIGNED = "NothingAssigned", "The assignment has no entry."
    INSTALLING = "Installing", "Stages are being fetched; what was installed before goes on answering."
    AS_ASSIGNED = "AsAssigned", "Every entry is served from its full model."
    DEGRADED = "Degraded", "Something is served from a smaller stage, an earlier release or the fallback."
    NOT_SERVING = "NotServing", "There is nothing to answer with: staff use their usual way."
    WORKLOAD_DOWN = "WorkloadDown", "The agent or the serving process does not run; it is started again."


VERIFIED = statuses.ConditionType("Verified", "The signed bytes were checked and say exactly this.", VerifiedReason)
SERVING = statuses.ConditionType("Serving", "The school answers for everything in it.", ServingReason)
CONDITIONS = (VERIFIED, SERVING)


class Parameter(objects.Part):
    """A setting that educators may turn, within bounds."""

    name: fields.Identifier
    """Name of the setting."""
    value: float
    """Value in force."""
    minimum: float
    """Smallest value that the school may choose."""
    maximum: float
    """Largest value that the school may choose."""


class Entry(objects.Part):
    """What to run for one purpose and band."""

    purpose: fields.Purpose
    """What the answers are for."""
    band: fields.Band
    """For which year groups."""
    release: fields.DigestText
    """Digest of the release to run."""
    repository: fields.Text
    """Where the release lies in every registry."""
    previous: fields.DigestText | None = None
    """Digest of the release to fall back to; absent at first."""
    start_by: datetime
    """The slot of the wave is held until this moment."""
    wave: fields.Name
    """The wave that asked for it."""
    parameters: Annotated[tuple[Parameter, ...], Field(max_length=8, json_schema_extra=rules.as_map("name"))] = ()
    """Settings with their bounds."""


class Spec(objects.Part):
    """The content of the signed assignment, without where to fetch it from."""

    site_id: Annotated[
        fields.Uuid,
        Field(json_schema_extra=rules.unchanging("siteId never changes: this API belongs to one school")),
    ]
    """The school."""
    version: Annotated[
        int,
        Field(
            ge=1,
            json_schema_extra=rules.checked(
                rules.Rule("self >= oldSelf", "version only rises: a rollback is a newer assignment")
            ),
        ),
    ]
    """Version of the assignment."""
    entries: Annotated[tuple[Entry, ...], Field(max_length=16, json_schema_extra=rules.as_map("purpose", "band"))] = ()
    """What to run, one entry per purpose and band."""


class ServedEntry(objects.Part):
    """From what one entry is served."""

    purpose: fields.Purpose
    """What the answers are for."""
    band: fields.Band
    """For which year groups."""
    release_digest: fields.DigestText | None = None
    """The release that answers; absent when nothing is installed."""
    level: fields.Level
    """The rung of the ladder that answers."""


class Status(objects.Part):
    """What the school operator has seen."""

    conditions: Annotated[
        tuple[statuses.Condition, ...], Field(max_length=16, json_schema_extra=rules.as_map("type"))
    ] = ()
    """Verified and Serving."""
    message: fields.Sentence | None = None
    """What is wrong, in a sentence; absent when nothing is."""
    entries: Annotated[
        tuple[ServedEntry, ...], Field(max_length=16, json_schema_extra=rules.as_map("purpose", "band"))
    ] = ()
    """From what each entry is served."""


class SiteAssignment(objects.Resource[Spec, Status]):
    """What this school was told to run, for people to look at.

    Written by the school operator only. The signed bytes in the school's store are the truth; where this object
    differs from them it is written again.
    """


def from_domain(assignment: assignments.Assignment) -> Spec:
    """The spec that shows ``assignment``."""
    return Spec(
        site_id=assignment.site_id,
        version=assignment.version,
        entries=tuple(_entry(entry) for entry in assignment.entries),
    )


def _entry(entry: assignments.Entry) -> Entry:
    return Entry(
        purpose=fields.Purpose(entry.purpose),
        band=fields.Band(entry.band),
        release=entry.release,
        repository=entry.repository,
        previous=entry.previous,
        start_by=entry.start_by,
        wave=entry.wave,
        parameters=tuple(
            Parameter(name=p.name, value=p.value, minimum=p.minimum, maximum=p.maximum) for p in entry.parameters
        ),
    )


def entry_to_domain(entry: Entry) -> assignments.Entry:
    """``entry`` as the agent compares it with the verified one."""
    return assignments.Entry(
        purpose=entry.purpose.value,
        band=entry.band.value,
        release=digests.parse(entry.release),
        repository=entry.repository,
        previous=None if entry.previous is None else digests.parse(entry.previous),
        start_by=entry.start_by,
        wave=entry.wave,
        parameters=tuple(assignments.Parameter(p.name, p.value, p.minimum, p.maximum) for p in entry.parameters),
    )


DEFINITION = definitions.Definition(
    kind=KIND,
    model=SiteAssignment,
    short_names=("asg",),
    columns=(
        definitions.Column("Version", ".spec.version", "integer"),
        definitions.condition_column(VERIFIED),
        definitions.condition_column(SERVING),
        definitions.AGE,
        definitions.Column("Message", ".status.message"),
    ),
    conditions=CONDITIONS,
)


def parse(body: Mapping[str, Any]) -> SiteAssignment:
    """``body`` as a SiteAssignment.

    Raises:
        SpecError: a field does not fit.
    """
    return objects.parse(SiteAssignment, KIND, body)
