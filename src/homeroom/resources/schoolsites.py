"""SchoolSite: one school, as the district knows it."""

import enum
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints

from homeroom.domain import assignments, closurestatements, dayspans, schoolclosures, schooltime
from homeroom.resources import definitions, fields, kinds, objects, rules, statuses

PLURAL = "schoolsites"
KIND = kinds.homeroom("SchoolSite", PLURAL)


class ReachableReason(statuses.Reason):
    """Reasons of ``Reachable``."""

    NEVER_SEEN = "NeverSeen", "No report of this school has ever come."
    REPORTING = "Reporting", "Reports come in time."
    SILENT = "Silent", "No report has come for longer than a school may be silent; it may well go on serving."
    OLD_EPOCH = "OldEpoch", "Reports come with an epoch other than spec.epoch: the box was replaced or restored."


class ServingReason(statuses.Reason):
    """Reasons of ``Serving``."""

    NOTHING_ASSIGNED = "NothingAssigned", "No release has been assigned to this school."
    NOT_REPORTED = "NotReported", "The school has not said what it serves."
    AS_ASSIGNED = "AsAssigned", "Every assigned release is served from its full model."
    DEGRADED = "Degraded", "Something is served from a smaller stage, an earlier release or the fallback."
    ANOTHER_RELEASE = "AnotherRelease", "The school still serves an earlier assignment."
    NOT_SERVING = "NotServing", "The school has nothing to answer with: staff use their usual way."
    REFUSED = "Refused", "The school refused its assignment; the message says why."


class SchoolTimeReason(statuses.Reason):
    """Reasons of ``SchoolTime``."""

    KNOWN = "Known", "The calendar can be read; which day is a school day is known."
    CALENDAR_MISSING = "CalendarMissing", "There is no AcademicCalendar of that name; nothing counts as a school day."
    CALENDAR_UNUSABLE = "CalendarUnusable", "The calendar cannot be used; nothing counts as a school day."


class ClosuresCountedReason(statuses.Reason):
    """Reasons of ``ClosuresCounted``."""

    NOTHING_REPORTED = "NothingReported", "The school has reported no closure."
    COUNTED = "Counted", "Every closure that the school has reported counts."
    NOT_TAKEN = "NotTaken", "The newest refused closure does not count because `spec.closureReports.taken` is false."
    OPEN_BY_DISTRICT = "OpenByDistrict", "The newest refused closure is on a day in `spec.closureReports.openDays`."
    TOO_LONG = "TooLong", "The newest refused closure is longer than `spec.closureReports.longestDays`."
    TOO_FAR_AHEAD = (
        "TooFarAhead",
        "The newest refused closure begins later than `spec.closureReports.daysAhead` allows.",
    )
    TOO_LONG_AGO = "TooLongAgo", "The newest refused closure was over 60 days before the district heard of it."
    TOO_MANY = "TooMany", "20 closures or 120 days of this school count already."


REACHABLE = statuses.ConditionType("Reachable", "The school's reports come in time.", ReachableReason)
SERVING = statuses.ConditionType("Serving", "The school answers for everything it was assigned.", ServingReason)
SCHOOL_TIME = statuses.ConditionType("SchoolTime", "It is known which days are school days.", SchoolTimeReason)
CLOSURES_COUNTED = statuses.ConditionType(
    "ClosuresCounted", "Every day on which the school says it is closed counts as closed.", ClosuresCountedReason
)
CONDITIONS = (REACHABLE, SERVING, SCHOOL_TIME, CLOSURES_COUNTED)


class Weekday(enum.StrEnum):
    """A day of the week."""

    MON = "Mon"
    TUE = "Tue"
    WED = "Wed"
    THU = "Thu"
    FRI = "Fri"
    SAT = "Sat"
    SUN = "Sun"


class Profile(enum.StrEnum):
    """A class of box."""

    PI4 = "pi4"
    PI5 = "pi5"
    MINIPC_N100 = "minipc-n100"
    NUC_I5 = "nuc-i5"
    OLD_SERVER = "old-server"


class LinkKind(enum.StrEnum):
    """How the school is connected."""

    FIBER = "fiber"
    DSL = "dsl"
    LTE_SHARED = "lte-shared"
    SATELLITE = "satellite"
    EVENING_WINDOW = "evening-window"


class Closure(objects.Part):
    """Days on which the school is closed."""

    model_config = ConfigDict(
        json_schema_extra=rules.checked(
            rules.Rule("self.start <= self.end", "a closure ends on or after the day it starts: swap start and end")
        )
    )

    start: date
    """First closed day, such as 2026-12-21."""
    end: date
    """Last closed day, the same as start for a single day."""
    name: fields.Text
    """What people call it, such as Winter break."""


TimeZone = Annotated[
    str,
    StringConstraints(min_length=1, max_length=64),
    Field(
        json_schema_extra=rules.checked(
            rules.Rule(
                # An unknown zone is a runtime error of the rule, which refuses the object as well.
                "timestamp('2026-01-01T00:00:00Z').getFullYear(self) > 0",
                "write an IANA time zone such as America/Chicago",
            )
        )
    ),
]
"""Name of a time zone."""


class Calendar(objects.Part):
    """When the school is in session, for counting school days."""

    time_zone: TimeZone
    """IANA time zone in which its days begin and end, such as America/Chicago."""
    school_days: Annotated[tuple[Weekday, ...], Field(min_length=1, max_length=7, json_schema_extra=rules.as_set)]
    """Days of the week on which school is held."""
    closures: Annotated[tuple[Closure, ...], Field(max_length=100)] = ()
    """Holidays, breaks and other closed days of the school year."""


class CalendarRef(objects.Part):
    """Which AcademicCalendar."""

    name: fields.Name
    """Name of the AcademicCalendar, in the same namespace."""


class OpenDays(objects.Part):
    """Days on which the school was open."""

    model_config = ConfigDict(
        json_schema_extra=rules.checked(
            rules.Rule("self.start <= self.end", "these days end on or after the day they start: swap start and end")
        )
    )

    start: date
    """First day."""
    end: date
    """Last day, the same as start for a single day."""


class ClosureReports(objects.Part):
    """What the school's own office may report of days on which it is closed. A change looks at past reports anew."""

    taken: bool = True
    """Whether what the school reports counts."""
    days_ahead: Annotated[int, Field(ge=0, le=closurestatements.LONGEST)] = schoolclosures.Limits().days_ahead
    """A closure begins at most this many days after it was reported; what is planned earlier belongs in the calendar."""
    longest_days: Annotated[int, Field(ge=1, le=closurestatements.LONGEST)] = schoolclosures.Limits().longest_days
    """Days of the longest closure that counts."""
    open_days: Annotated[tuple[OpenDays, ...], Field(max_length=20)] = ()
    """Days on which the school was open, whatever it reported: a mistake that nobody there can take back."""

    def to_domain(self) -> schoolclosures.Limits:
        """As decisions see it."""
        open_days = tuple(dayspans.Span(days.start, days.end) for days in self.open_days)
        return schoolclosures.Limits(self.taken, self.days_ahead, self.longest_days, open_days)


class Hardware(objects.Part):
    """The box that serves in this school."""

    profile: Profile
    """Class of box; the footprint gate judges a release against every class in use."""
    memory_mib: Annotated[int, Field(ge=256, le=1_048_576, alias="memoryMiB")]
    """Memory of the box in MiB."""
    cores: Annotated[int, Field(ge=1, le=256)]
    """Processor cores of the box."""


class Link(objects.Part):
    """The school's line to the outside."""

    kind: LinkKind
    """Kind of line."""
    kilobits_per_second: Annotated[int, Field(ge=16, le=10_000_000)]
    """What the box may use of the line for downloads, in kilobits per second."""


class Spec(objects.Part):
    """What the district's IT staff know about the school."""

    model_config = ConfigDict(
        json_schema_extra=rules.checked(
            rules.Rule(
                "self.publicKey == oldSelf.publicKey || self.epoch > oldSelf.epoch",
                "a new publicKey means a new or restored box: raise epoch in the same change",
            ),
            rules.Rule(
                "has(self.calendar) != has(self.calendarRef)",
                "say when school is held in exactly one way: calendarRef names an AcademicCalendar, calendar has dates",
            ),
        )
    )

    site_id: Annotated[
        fields.Uuid,
        Field(json_schema_extra=rules.unchanging("siteId never changes: for another school create another SchoolSite")),
    ]
    """Our own UUID of the school. It outlives every box, is written once, and is in everything the school signs."""
    display_name: fields.Text
    """What people call the school."""
    region: fields.Name
    """Region of the district; waves may select schools by it."""
    hub: fields.Name | None = None
    """RegionalHub through which the school is reached; left out, it talks to the district directly."""
    bands: Annotated[tuple[fields.Band, ...], Field(min_length=1, max_length=5, json_schema_extra=rules.as_set)]
    """Bands of year groups taught here. Only releases for these bands are assigned."""
    pupils: Annotated[int, Field(ge=1, le=100_000)]
    """Number of pupils, for choosing pilot schools of every size."""
    public_key: fields.PublicKey
    """Raw Ed25519 key in base64 with which the school's reports are checked."""
    epoch: Annotated[
        int,
        Field(
            ge=1,
            le=1_000_000,
            json_schema_extra=rules.checked(
                rules.Rule("self >= oldSelf", "epoch only rises: a replaced or restored box gets the next number")
            ),
        ),
    ]
    """Which box this is, counted from 1. Reports are numbered anew in each epoch."""
    calendar: Calendar | None = None
    """When the school is in session, where no AcademicCalendar says it."""
    calendar_ref: CalendarRef | None = None
    """The AcademicCalendar that says when the school is in session."""
    closures: Annotated[tuple[Closure, ...], Field(max_length=100)] = ()
    """Unplanned closures of this school alone: snow, flood, a burst pipe. `homeroom calendar close` adds one."""
    closure_reports: Annotated[ClosureReports, Field(default_factory=ClosureReports)]
    """What the school itself may report; what it reported is in `status.closures`, and counts as `closures` do."""
    hardware: Hardware
    """What the school serves with."""
    link: Link
    """How the school is connected."""


class ServedRelease(objects.Part):
    """What the school answers with for one purpose and band."""

    purpose: fields.Purpose
    """What the answers are for."""
    band: fields.Band
    """For which year groups."""
    release_digest: fields.DigestText | None = None
    """The release that answers; absent when nothing is installed."""
    level: fields.Level
    """The rung of the ladder that answers."""


class ReportedClosure(objects.Part):
    """Days on which the school's office says that it is closed."""

    start: date
    """First closed day."""
    end: date
    """Last closed day."""
    cause: closurestatements.Cause
    """Why."""
    note: Annotated[str, StringConstraints(max_length=closurestatements.NOTE_LENGTH)] | None = None
    """In the office's own words."""
    refused: schoolclosures.Refusal | None = None
    """Why it does not count; absent when it does."""


class SchoolTime(objects.Part):
    """Where today lies at the school, on its own wall."""

    school_day: bool
    """Whether lessons are held today."""
    next_school_day: date | None = None
    """The next day after today with lessons; absent when the calendar knows none."""
    academic_year: Annotated[str, StringConstraints(max_length=253)] | None = None
    """Name of the school year; this and what follows is absent without an AcademicCalendar that knows today."""
    term: Annotated[str, StringConstraints(max_length=253)] | None = None
    """Name of the term; absent outside all terms."""
    teaching_week: Annotated[int, Field(ge=1)] | None = None
    """Number of the teaching week in the school year, from 1."""
    phase: schooltime.Phase | None = None
    """What kind of time it is."""
    open_from: datetime | None = None
    """When something new should begin at the earliest; absent when it may now, or when the calendar knows no time."""
    open_until: datetime | None = None
    """Until when something new may begin; absent when it should not now, or when the calendar knows no end."""


class Status(objects.Part):
    """What the district last heard, written when something changed and never as a heartbeat."""

    conditions: Annotated[
        tuple[statuses.Condition, ...], Field(max_length=16, json_schema_extra=rules.as_map("type"))
    ] = ()
    """Reachable, Serving, SchoolTime and ClosuresCounted."""
    message: fields.Sentence | None = None
    """What is wrong, in a sentence; absent when nothing is."""
    offline_since: datetime | None = None
    """When the last report came, while the school is not reachable."""
    serving: Annotated[
        tuple[ServedRelease, ...], Field(max_length=16, json_schema_extra=rules.as_map("purpose", "band"))
    ] = ()
    """What the school answers with."""
    assignment_version: Annotated[int, Field(ge=0)] | None = None
    """Version of the assignment that the school last said it follows."""
    closures: Annotated[
        tuple[ReportedClosure, ...],
        Field(max_length=schoolclosures.MOST_COUNTED + schoolclosures.MOST_REFUSED),
    ] = ()
    """What the school's office reported: closures that count, by date, then those that do not."""
    school_time: SchoolTime | None = None
    """Where today lies at the school; written when it changes, absent while its days are not known."""


class SchoolSite(objects.Resource[Spec, Status]):
    """One school: who it is, how it is reached, what it serves with, and when it is in session.

    Written by the district's IT staff. Being offline is a normal state of a school, not a fault: it goes on answering
    from what it has.
    """

    @property
    def site_id(self) -> assignments.SiteId:
        """``spec.siteId`` as decisions and messages name it."""
        return assignments.SiteId(self.spec.site_id)


DEFINITION = definitions.Definition(
    kind=KIND,
    model=SchoolSite,
    short_names=("site",),
    columns=(
        definitions.Column("School", ".spec.displayName"),
        definitions.Column("Region", ".spec.region"),
        definitions.Column("Hub", ".spec.hub"),
        definitions.condition_column(REACHABLE),
        definitions.condition_column(SERVING),
        definitions.condition_column(SCHOOL_TIME, "School Time"),
        definitions.Column("Phase", ".status.schoolTime.phase"),
        definitions.Column("Term", ".status.schoolTime.term", priority=1),
        definitions.Column("Week", ".status.schoolTime.teachingWeek", "integer", priority=1),
        definitions.Column("Next School Day", ".status.schoolTime.nextSchoolDay", priority=1),
        definitions.condition_column(CLOSURES_COUNTED, "Closures Counted", priority=1),
        definitions.Column("Assignment", ".status.assignmentVersion", "integer"),
        definitions.Column("Offline Since", ".status.offlineSince", "date", priority=1),
        definitions.Column("Site ID", ".spec.siteId", priority=1),
        definitions.AGE,
        definitions.Column("Message", ".status.message"),
    ),
    conditions=CONDITIONS,
)


def parse(body: Mapping[str, Any]) -> SchoolSite:
    """``body`` as a SchoolSite.

    Raises:
        SpecError: a field does not fit.
    """
    return objects.parse(SchoolSite, KIND, body)
