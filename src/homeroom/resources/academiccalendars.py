"""AcademicCalendar: the school years of one school or division, written out so that no cluster needs their source."""

import enum
from collections.abc import Mapping
from datetime import date, time
from typing import Annotated, Any

from pydantic import ConfigDict, Field, StringConstraints, WithJsonSchema

from homeroom.domain import bellschedules, dayspans, schoolplans, schoolyears, terms
from homeroom.resources import definitions, fields, kinds, objects, rules, schoolsites, statuses

PLURAL = "academiccalendars"
KIND = kinds.homeroom("AcademicCalendar", PLURAL)
WEEKDAYS = tuple(schoolsites.Weekday)
"""Monday first, as ``date.weekday`` counts."""


class ValidReason(statuses.Reason):
    """Reasons of ``Valid``."""

    SOUND = "Sound", "Nothing contradicts itself and nothing is missing."
    CONTRADICTS_ITSELF = "ContradictsItself", "Dates contradict each other: no day can be told before that is mended."
    HAS_GAPS = "HasGaps", "Something is missing or empty; the message says what. Other days can be told."
    UNREADABLE = "Unreadable", "This version cannot read the calendar, or knows no such time zone."


class CurrentReason(statuses.Reason):
    """Reasons of ``Current``."""

    KNOWN = "Known", "Today and the next 60 days lie in a known school year."
    RUNS_OUT = "RunsOut", "The last known school year ends within 60 days: add the next one."
    RAN_OUT = "RanOut", "Today lies in no known school year: nothing counts as a school day."
    UNKNOWN = "Unknown", "The calendar is not valid, so nobody can tell."


VALID = statuses.ConditionType("Valid", "The calendar can be relied on.", ValidReason)
CURRENT = statuses.ConditionType("Current", "It reaches at least 60 days ahead.", CurrentReason)
CONDITIONS = (VALID, CURRENT)

_ORDERED = rules.Rule("self.start <= self.end", "these days end on or after the day they start: swap start and end")
_CLOCK_PATTERN = "^([01][0-9]|2[0-3]):[0-5][0-9]$"

Clock = Annotated[
    str,
    StringConstraints(pattern=_CLOCK_PATTERN, max_length=5),
    WithJsonSchema(
        {
            "type": "string",
            "maxLength": 5,
            rules.VALIDATIONS: [
                rules.Rule(f"self.matches('{_CLOCK_PATTERN}')", "write a time of day such as 08:30").to_json()
            ],
        }
    ),
]
"""A time on the school's wall."""


class SourceKind(enum.StrEnum):
    """Where a calendar was read."""

    HOLIDAYS = "holidays"
    ICAL = "ical"
    CSV = "csv"
    ONEROSTER = "oneroster"
    MANUAL = "manual"


class Days(objects.Part):
    """Whole days, both ends included."""

    model_config = ConfigDict(json_schema_extra=rules.checked(_ORDERED))

    start: date
    """First day, such as 2026-12-21."""
    end: date
    """Last day, the same as start for a single day."""
    name: fields.Text
    """What people call it, such as Winter break."""

    def to_domain(self) -> dayspans.Span:
        """As rules see it."""
        return dayspans.Span(self.start, self.end, self.name)


class Year(objects.Part):
    """One school year."""

    name: fields.Text
    """What people call it, such as 2026-27."""
    terms: Annotated[tuple[Days, ...], Field(min_length=1, max_length=16)]
    """Its terms in order. Days between them are without lessons."""


class Period(objects.Part):
    """One lesson of the school day."""

    model_config = ConfigDict(
        json_schema_extra=rules.checked(
            rules.Rule("self.start < self.end", "a period ends after it starts, on the same day: correct start or end")
        )
    )

    name: fields.Text
    """Such as 1 or Reading."""
    start: Clock
    """When it begins, on the school's wall, such as 08:30."""
    end: Clock
    """When it is over."""
    school_days: Annotated[tuple[schoolsites.Weekday, ...], Field(max_length=7, json_schema_extra=rules.as_set)] = ()
    """Days of the week that have it; all school days when left out."""


class Source(objects.Part):
    """Where the dates come from, for whoever checks or renews them. Nothing reads the source again."""

    kind: SourceKind
    """Kind of source."""
    detail: fields.Text
    """Which one, such as holidays 0.109, DE, BE."""
    digest: fields.DigestText | None = None
    """Of the file that was read; absent when there was none."""


class Spec(objects.Part):
    """The calendar itself."""

    display_name: fields.Text
    """What people call the calendar, such as Berlin schools."""
    division: fields.Text | None = None
    """The part of a region that it is for, where one region has several, such as NSW Western."""
    time_zone: schoolsites.TimeZone
    """IANA time zone in which its days begin and end, such as America/Chicago."""
    school_days: Annotated[
        tuple[schoolsites.Weekday, ...], Field(min_length=1, max_length=7, json_schema_extra=rules.as_set)
    ]
    """Days of the week with lessons, such as Sun to Thu where the weekend is on Friday."""
    settling_weeks: Annotated[int, Field(ge=0, le=12)] = 3
    """First weeks of teaching in which classes and habits are new."""
    years: Annotated[tuple[Year, ...], Field(min_length=1, max_length=12)]
    """School years in order."""
    breaks: Annotated[tuple[Days, ...], Field(max_length=400)] = ()
    """Holidays and public holidays."""
    exams: Annotated[tuple[Days, ...], Field(max_length=100)] = ()
    """Examination periods."""
    staff_days: Annotated[tuple[Days, ...], Field(max_length=200)] = ()
    """Days on which staff are in and pupils are not."""
    closures: Annotated[tuple[Days, ...], Field(max_length=100)] = ()
    """Unplanned closures of every school of this calendar; one school's own are in its SchoolSite."""
    make_up_days: Annotated[tuple[Days, ...], Field(max_length=100)] = ()
    """Days with lessons whatever weekday, term and breaks say, to make up for lost ones."""
    bells: Annotated[tuple[Period, ...], Field(max_length=40)] = ()
    """The bell schedule; left out when nobody needs to know when lessons are held."""
    source: Source
    """Where the dates come from."""


class Status(objects.Part):
    """What the district's operator says of the calendar."""

    conditions: Annotated[
        tuple[statuses.Condition, ...], Field(max_length=16, json_schema_extra=rules.as_map("type"))
    ] = ()
    """Valid and Current."""
    message: fields.Sentence | None = None
    """What is wrong, in a sentence; absent when nothing is."""
    last_day: date | None = None
    """The last day that it knows; absent while it is not valid."""


class AcademicCalendar(objects.Resource[Spec, Status]):
    """School years, terms, breaks and examinations of one school or of all schools of a division.

    What is stored is the resolved dates: a calendar package or file is read once, by `homeroom calendar make`.
    """

    def to_domain(self) -> schoolyears.SchoolYears:
        """The calendar as rules see it.

        Raises:
            SpecError: this machine knows no such time zone.
        """
        spec = self.spec
        return schoolyears.SchoolYears(
            zone=schoolyears.zone_named(spec.time_zone),
            years=tuple(_year(year) for year in spec.years),
            weekdays=_weekdays(spec.school_days),
            breaks=_spans(spec.breaks),
            exams=_spans(spec.exams),
            staff_days=_spans(spec.staff_days),
            closures=_spans(spec.closures),
            makeup_days=_spans(spec.make_up_days),
            settling_weeks=spec.settling_weeks,
            bells=bellschedules.Bells(tuple(map(_period, spec.bells))) if spec.bells else None,
        )


def from_plan(
    plan: schoolplans.Plan, *, zone: str, display_name: str, source: Source, division: str | None = None
) -> Spec:
    """The spec that holds ``plan``; ``to_domain`` gives it back.

    Raises:
        SpecError: something does not fit, such as more than 12 years.
    """
    return objects.part(
        Spec,
        {
            "displayName": display_name,
            "division": division,
            "timeZone": zone,
            "schoolDays": [WEEKDAYS[day] for day in sorted(plan.weekdays)],
            "settlingWeeks": plan.settling_weeks,
            "years": [{"name": y.name, "terms": [_days(t, "Term") for t in y.terms]} for y in plan.years],
            "breaks": [_days(span, "Break") for span in plan.breaks],
            "exams": [_days(span, "Examinations") for span in plan.exams],
            "staffDays": [_days(span, "Staff day") for span in plan.staff_days],
            "closures": [_days(span, "Closed") for span in plan.closures],
            "makeUpDays": [_days(span, "Make-up day") for span in plan.makeup_days],
            "bells": [_bell(period) for period in plan.bells.periods] if plan.bells else [],
            "source": source,
        },
    )


def _days(span: dayspans.Span | terms.Term, usual: str) -> dict[str, Any]:
    return {"start": span.start, "end": span.end, "name": (span.name or usual)[:253]}


def _bell(period: bellschedules.Period) -> dict[str, Any]:
    days = [] if period.weekdays == bellschedules.EVERY_DAY else [WEEKDAYS[day] for day in sorted(period.weekdays)]
    return {"name": period.name, "start": f"{period.start:%H:%M}", "end": f"{period.end:%H:%M}", "schoolDays": days}


def _year(year: Year) -> terms.SchoolYear:
    numbered = enumerate(year.terms, start=1)
    return terms.SchoolYear(year.name, tuple(terms.Term(t.name, n, t.start, t.end) for n, t in numbered))


def _period(period: Period) -> bellschedules.Period:
    days = _weekdays(period.school_days) if period.school_days else bellschedules.EVERY_DAY
    return bellschedules.Period(period.name, time.fromisoformat(period.start), time.fromisoformat(period.end), days)


def _weekdays(days: tuple[schoolsites.Weekday, ...]) -> frozenset[int]:
    return frozenset(WEEKDAYS.index(day) for day in days)


def _spans(days: tuple[Days, ...]) -> tuple[dayspans.Span, ...]:
    return tuple(each.to_domain() for each in days)


DEFINITION = definitions.Definition(
    kind=KIND,
    model=AcademicCalendar,
    short_names=("cal",),
    columns=(
        definitions.Column("Calendar", ".spec.displayName"),
        definitions.Column("Zone", ".spec.timeZone"),
        definitions.Column("Source", ".spec.source.kind"),
        definitions.condition_column(VALID),
        definitions.condition_column(CURRENT),
        definitions.Column("Known Until", ".status.lastDay"),
        definitions.AGE,
        definitions.Column("Message", ".status.message"),
    ),
    conditions=CONDITIONS,
)


def parse(body: Mapping[str, Any]) -> AcademicCalendar:
    """``body`` as an AcademicCalendar.

    Raises:
        SpecError: a field does not fit.
    """
    return objects.parse(AcademicCalendar, KIND, body)
