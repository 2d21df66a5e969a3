"""RolloutWave: one release to one group of schools."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, WithJsonSchema

from homeroom.resources import definitions, durations, fields, kinds, objects, rules, statuses

PLURAL = "rolloutwaves"
KIND = kinds.homeroom("RolloutWave", PLURAL)


class ValidReason(statuses.Reason):
    """Reasons of ``Valid``."""

    RELEASE_NOT_FOUND = "ReleaseNotFound", "There is no ModelRelease of that name."
    RELEASE_NOT_READY = "ReleaseNotReady", "The release has not passed its gates or is not approved."
    PILOTS_ONLY = (
        "PilotsOnly",
        "The release lacks evidence that was waived, and this wave is no pilot, or takes more schools than pilots may be.",
    )
    AFTER_NOT_FOUND = "AfterNotFound", "There is no RolloutWave of the name in spec.after."
    AFTER_LOOPS = "AfterLoops", "Following spec.after leads back to this wave."
    NO_SCHOOLS = "NoSchools", "The selection matches no school that teaches a band of the release."
    SITE_NOT_FOUND = "SiteNotFound", "A school in spec.schools.names does not exist."
    HUB_NOT_FOUND = "HubNotFound", "A selected school names a RegionalHub that does not exist."
    CONFLICTING_WAVE = "ConflictingWave", "An unfinished wave already serves the same purpose and band in one school."
    VALID = "Valid", "The wave can run."


class ProgressingReason(statuses.Reason):
    """Reasons of ``Progressing``."""

    WAITING = "Waiting", "The wave is not valid yet."
    WAITING_FOR_WAVE = "WaitingForWave", "The wave in spec.after is not complete."
    ASSIGNING = "Assigning", "Schools are being assigned, or are about to be."
    SOAKING = "Soaking", "Every school that can be has been assigned; some must prove themselves longer."
    WAITING_FOR_SCHOOLS = "WaitingForSchools", "Only schools that cannot be reached are left."
    PAUSED = "Paused", "spec.paused is true; nothing new is assigned."
    HALTED = "Halted", "See Halted."
    ROLLING_BACK = "RollingBack", "Schools are being assigned what they ran before."
    DONE = "Done", "Nothing is left to do."


class HaltedReason(statuses.Reason):
    """Reasons of ``Halted``."""

    TOO_MANY_FAILURES = "TooManyFailures", "More schools failed than spec.maxFailures allows."
    RELEASE_NOT_READY = "ReleaseNotReady", "The release is no longer Ready."
    ROLLED_BACK = "RolledBack", "spec.rollback is true."
    RUNNING = "Running", "Nothing stops the wave."


class CompleteReason(statuses.Reason):
    """Reasons of ``Complete``."""

    NOT_STARTED = "NotStarted", "No school has been assigned yet."
    IN_PROGRESS = "InProgress", "Some schools are not done."
    FINISHED = "Finished", "Every school is done, or its slot has passed."
    ROLLED_BACK = "RolledBack", "Every school is back at what it ran before."


VALID = statuses.ConditionType("Valid", "What the wave names exists, is ready and collides with nothing.", ValidReason)
PROGRESSING = statuses.ConditionType("Progressing", "The wave is moving or will by itself.", ProgressingReason)
HALTED = statuses.ConditionType("Halted", "The wave has stopped and somebody must look.", HaltedReason)
COMPLETE = statuses.ConditionType("Complete", "Every school is done.", CompleteReason)
CONDITIONS = (VALID, PROGRESSING, HALTED, COMPLETE)


class ReleaseReference(objects.Part):
    """A ModelRelease in the same namespace."""

    name: fields.Name
    """Name of the ModelRelease that this wave brings to schools."""


class Pilot(objects.Part):
    """A few schools, chosen so that all kinds of school are among them."""

    count: Annotated[int, Field(ge=1, le=100)]
    """How many schools."""


_ONLY_TRUE = rules.Rule("self", "write remaining: true, or leave it out")


class Schools(objects.Part):
    """Which schools: exactly one way of choosing them."""

    model_config = ConfigDict(
        json_schema_extra=rules.checked(
            rules.Rule("self == oldSelf", "the schools of a wave never change: create another RolloutWave"),
            rules.Rule(
                "[has(self.pilot), has(self.region), has(self.names), has(self.remaining)].filter(x, x).size() == 1",
                "choose schools in exactly one way: pilot, region, names or remaining",
            ),
        )
    )

    pilot: Pilot | None = None
    """This many schools, chosen across strata of size, link, region and band; the same schools every time."""
    region: fields.Name | None = None
    """All schools of this region that no earlier wave of the release has taken."""
    names: (
        Annotated[tuple[fields.Name, ...], Field(min_length=1, max_length=1000, json_schema_extra=rules.as_set)] | None
    ) = None
    """Exactly these SchoolSites, by name."""
    remaining: (
        Annotated[
            Literal[True],
            # A rule, because an enum of one boolean refuses with words that help nobody.
            WithJsonSchema({"type": "boolean", rules.VALIDATIONS: [_ONLY_TRUE.to_json()]}),
        ]
        | None
    ) = None
    """All schools that no earlier wave of the release has taken."""


class Soak(objects.Part):
    """How long a school must serve the release without failing: in exactly one unit."""

    model_config = ConfigDict(
        json_schema_extra=rules.checked(
            rules.Rule(
                "has(self.schoolDays) != has(self.duration)",
                "give the soak in exactly one unit: schoolDays or duration",
            )
        )
    )

    school_days: Annotated[int, Field(ge=1, le=200)] | None = None
    """Full school days of that school's own calendar, on each of which it reported."""
    duration: durations.Duration | None = None
    """Plain time, such as 30s or 24h, with a report after it; 0s asks for one healthy report only."""


class Spec(objects.Part):
    """Which release, to which schools, how fast, and what stops it."""

    release_ref: Annotated[
        ReleaseReference,
        Field(json_schema_extra=rules.unchanging("the release of a wave never changes: create another RolloutWave")),
    ]
    """The release to bring to the schools."""
    schools: Schools
    """The schools. They are determined once, when the wave starts."""
    after: fields.Name | None = None
    """Another RolloutWave that must be complete before this one starts."""
    max_concurrency: Annotated[int, Field(ge=1, le=10_000)]
    """How many schools may be under way at once: assigned, and neither done nor past their slot."""
    max_failures: Annotated[int, Field(ge=0, le=10_000)]
    """The wave halts when more schools than this have failed. A school that cannot be reached is no failure."""
    required_soak: Soak
    """How long a school must serve the release without failing before it counts as done."""
    start_within: durations.PositiveDuration
    """A school that has not started this long after its assignment loses its slot to the next one."""
    progress_deadline: durations.PositiveDuration
    """A school that is reachable but not healthy this long after its assignment counts as failed."""
    paused: bool = False
    """While true nothing new is assigned; what runs goes on."""
    rollback: bool = False
    """When true, every school that was assigned is assigned what it ran before, and the wave ends."""


class Counts(objects.Part):
    """How many schools are where; every school of the wave is in exactly one of the states."""

    total: Annotated[int, Field(ge=0)] = 0
    """All schools of the wave."""
    pending: Annotated[int, Field(ge=0)] = 0
    """Not assigned yet."""
    assigned: Annotated[int, Field(ge=0)] = 0
    """Assigned, and not yet serving the release."""
    soaking: Annotated[int, Field(ge=0)] = 0
    """Serving the release, for less than the required soak."""
    done: Annotated[int, Field(ge=0)] = 0
    """Served the release for the required soak."""
    failed: Annotated[int, Field(ge=0)] = 0
    """Reachable, and not healthy by the progress deadline."""
    missed: Annotated[int, Field(ge=0)] = 0
    """Could not be reached before their slot passed."""
    rolled_back: Annotated[int, Field(ge=0)] = 0
    """Assigned again what they ran before."""


class Status(objects.Part):
    """Where the wave is; the state of each school is in the district's database."""

    conditions: Annotated[
        tuple[statuses.Condition, ...], Field(max_length=16, json_schema_extra=rules.as_map("type"))
    ] = ()
    """Valid, Progressing, Halted and Complete."""
    phase: fields.Text | None = None
    """A summary of the conditions for people. Programs read the conditions."""
    message: fields.Sentence | None = None
    """What the wave waits for, or why it stopped."""
    counts: Counts | None = None
    """How many schools are where."""
    started_at: datetime | None = None
    """When the first school was assigned."""
    selection_digest: fields.DigestText | None = None
    """Digest of the sorted list of selected schools, fixed when the wave starts."""


class RolloutWave(objects.Resource[Spec, Status]):
    """One release to one group of schools: how many at once, how long each must prove itself, and what stops it.

    Written by the district's IT staff. An offline school is neither healthy nor a failure: it holds its slot for a
    time, and gets the release when it is back. Set paused to hold the wave and rollback to undo it.
    """


DEFINITION = definitions.Definition(
    kind=KIND,
    model=RolloutWave,
    short_names=("wave",),
    columns=(
        definitions.Column("Release", ".spec.releaseRef.name"),
        definitions.condition_column(VALID),
        definitions.condition_column(PROGRESSING),
        definitions.condition_column(HALTED),
        definitions.condition_column(COMPLETE),
        definitions.Column("Done", ".status.counts.done", "integer"),
        definitions.Column("Total", ".status.counts.total", "integer"),
        definitions.Column("Failed", ".status.counts.failed", "integer"),
        definitions.AGE,
        definitions.Column("Message", ".status.message"),
    ),
    conditions=CONDITIONS,
    object_rules=(
        rules.Rule(
            "!has(self.spec.after) || self.spec.after != self.metadata.name",
            "a wave cannot come after itself: name another wave in spec.after, or leave it out",
        ),
    ),
)


def parse(body: Mapping[str, Any]) -> RolloutWave:
    """``body`` as a RolloutWave.

    Raises:
        SpecError: a field does not fit.
    """
    return objects.parse(RolloutWave, KIND, body)
