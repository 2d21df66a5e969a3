"""The status document: everything that the status page and ``homeroom status`` show, as GET /api/v1/status answers it."""

import enum
from datetime import datetime

import pydantic
from pydantic import alias_generators


class Part(pydantic.BaseModel):
    """Base of every part: camelCase outside."""

    model_config = pydantic.ConfigDict(
        frozen=True, populate_by_name=True, alias_generator=alias_generators.to_camel, use_attribute_docstrings=True
    )


class SchoolState(enum.StrEnum):
    """What is to be said first about a school."""

    NEVER_HEARD = "NeverHeard"
    OFFLINE = "Offline"
    REFUSED = "Refused"
    WAITING = "Waiting"
    INSTALLING = "Installing"
    REDUCED = "Reduced"
    NO_SUGGESTION = "NoSuggestion"
    SERVING = "Serving"


class Condition(Part):
    """One step or fact, as in the object's status."""

    type: str
    status: str
    reason: str
    message: str


class Verdict(Part):
    """What a gate found, in a sentence."""

    gate: str
    subject: str
    outcome: str
    sentence: str


class Release(Part):
    """One release on its way."""

    name: str
    model: str
    version: str
    purpose: str
    bands: tuple[str, ...]
    phase: str
    """The step that it is at."""
    message: str
    """What holds it up, or that nothing does."""
    ready: bool
    """Whether waves may bring it to schools."""
    created_at: datetime | None
    release_digest: str | None
    gate_report_digest: str | None
    authors: tuple[str, ...]
    """Who made it; none of them may approve it."""
    approved_by: tuple[str, ...]
    conditions: tuple[Condition, ...]
    verdicts: tuple[Verdict, ...]
    schools: int
    """How many schools last said that they answer with it."""


class Counts(Part):
    """How many schools of a wave are where."""

    total: int = 0
    pending: int = 0
    assigned: int = 0
    soaking: int = 0
    done: int = 0
    failed: int = 0
    missed: int = 0
    rolled_back: int = 0


class WaveSchool(Part):
    """One school in a wave."""

    name: str
    state: str
    reason: str


class Wave(Part):
    """One wave."""

    name: str
    release: str
    selection: str
    """Which schools it takes, in words."""
    after: str | None
    phase: str
    message: str
    paused: bool
    rollback: bool
    halted: bool
    complete: bool
    started_at: datetime | None
    counts: Counts
    schools: tuple[WaveSchool, ...]


class Serving(Part):
    """What answers in a school for one purpose and band."""

    purpose: str
    band: str
    release: str | None
    level: str


class School(Part):
    """One school as it last reported."""

    name: str
    display_name: str
    region: str
    hub: str | None
    state: SchoolState
    online: bool
    last_heard: datetime | None
    """When its newest report was written; null when none ever came."""
    offline_since: datetime | None
    """Its last sign of life, when that is too long ago; null while it is online or was never heard."""
    release: str | None
    """First twelve digits of the release that answers; of the first purpose and band when there are several."""
    level: str | None
    """From what it answers: full, core, previous, fallback or none."""
    serving: tuple[Serving, ...]
    assigned_version: int
    """The newest assignment that was published for it; 0 for none."""
    assignment_version: int
    """The assignment that it says it has taken; 0 for none."""
    refused: str | None
    """Why it refused its assignment."""
    answers: int
    """Suggestions that it gave since its process started."""
    phase: str | None = None
    """What kind of time it is there today, such as teaching or closure; null without an AcademicCalendar that says."""


class Hub(Part):
    """One hub."""

    name: str
    region: str
    schools: int
    """Schools that are reached through it."""
    online: bool
    last_contact: datetime | None
    """When it last spoke to this service; null when it has not since the service started."""


class Summary(Part):
    """The first thing to know."""

    schools: int
    online: int
    offline: int
    never_heard: int
    as_assigned: int
    """Schools that answer from the full model of what they were assigned."""
    reduced: int
    """Schools that answer from something less."""
    attention: int
    """Schools that refused what they were sent, or have nothing to answer with."""


class Status(Part):
    """The whole district at one moment."""

    generated_at: datetime
    offline_after_seconds: float
    """A school that was silent for longer counts as offline."""
    summary: Summary
    releases: tuple[Release, ...]
    waves: tuple[Wave, ...]
    schools: tuple[School, ...]
    hubs: tuple[Hub, ...]
    reports_applied: int
    """Reports of schools that are stored, each once."""
