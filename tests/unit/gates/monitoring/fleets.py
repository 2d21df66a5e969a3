"""Made-up districts whose schools tell windows: as many school years as wanted, with faults planted on purpose."""

import functools
import uuid
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from homeroom.domain import dayspans, digests, schooltime, schoolyears, terms
from homeroom.gates import references
from homeroom.gates.monitoring import bins, findings, rows, sketching, watches, windows
from homeroom.resources import gatepolicies

POLICY = gatepolicies.Drift()
RELEASE = digests.of_bytes(b"release")
YEAR_GROUPS = ("K", "1")
WEEKS = 30
THRESHOLD = 0.25


def a_reference() -> references.Reference:
    """Two numeric inputs and one choice."""
    rng = np.random.default_rng(0)
    kind = rng.random(4000) < 0.5
    choice = {"kind_a": kind.astype(np.float64), "kind_b": (~kind).astype(np.float64)}
    values = {"z": rng.normal(size=4000), "m": rng.normal(size=4000), **choice}
    return references.build(values, {"kind": ("kind_a", "kind_b")}, minimum_cell=10)


REFERENCE = a_reference()
KNOWN = bins.of_reference(REFERENCE)


def site(number: int) -> str:
    """Id of a school."""
    return str(uuid.UUID(int=number + 1))


@functools.lru_cache(maxsize=8)
def a_calendar(first_monday: date = date(2022, 9, 5), years: int = 5) -> schoolyears.SchoolYears:
    """School years of three terms of eleven weeks, from early September."""
    found = []
    for number in range(years):
        start = first_monday + timedelta(weeks=52 * number)
        parts = tuple(
            terms.Term(
                name, index + 1, start + timedelta(weeks=13 * index), start + timedelta(weeks=13 * index + 11, days=-3)
            )
            for index, name in enumerate(("Autumn", "Spring", "Summer"))
        )
        found.append(terms.SchoolYear(terms.name_of(parts[0].start, parts[-1].end), parts))
    return schoolyears.SchoolYears(zone=ZoneInfo("Europe/Berlin"), years=tuple(found))


@dataclass(frozen=True)
class Fleet:
    """What a district is like.

    Attributes:
        schools: number.
        pupils: per year group and school.
        years: school years with windows; the last is the present one.
        rate: share of wrong decisions.
        told: outcomes that become known per week, year group and school.
        worse: rate in the present year in ``worse_schools``, year group 1.
        shift: standard deviations that input z is shifted by in the present year in ``shifted_schools``.
        seed: of everything random.
    """

    schools: int = 12
    pupils: int = 40
    years: int = 3
    rate: float = 0.25
    told: int = 12
    worse: float = 0.25
    worse_schools: tuple[int, ...] = ()
    shift: float = 0.0
    shifted_schools: tuple[int, ...] = ()
    devices: tuple[str, ...] = ("pi4", "nuc-i5")
    seed: int = 1


def school_weeks(
    calendar: schoolyears.SchoolYears, years: int, last_week: int
) -> list[tuple[int, date, schooltime.Stamp]]:
    """(age, Monday, stamp) of every school week of the last ``years`` years, up to a teaching week of the present one."""
    found = []
    for place, year in enumerate(calendar.years[-years:]):
        age = years - 1 - place
        monday = year.terms[0].start - timedelta(days=year.terms[0].start.weekday())
        seen: set[int] = set()
        while monday <= year.terms[-1].end:
            stamp = calendar.stamp_window(dayspans.Span(monday, monday + timedelta(days=6)))
            fresh = stamp.teaching_week not in seen
            if stamp.phase not in schooltime.NOT_ALARMING and stamp.teaching_week and fresh:
                seen.add(stamp.teaching_week)
                if age or stamp.teaching_week <= last_week:
                    found.append((age, monday, stamp))
            monday += timedelta(weeks=1)
    return found


def tell(fleet: Fleet, calendar: schoolyears.SchoolYears, last_week: int = WEEKS) -> tuple[list[windows.Report], date]:
    """Reports of all schools, and the Friday of the last week that they tell.

    Draws depend on school, year and teaching week only, never on dates: the same usage on any calendar.
    """
    weeks = school_weeks(calendar, fleet.years, last_week)
    reports = [
        windows.Report(
            site=site(number),
            region="north" if number % 2 else "south",
            cluster="a" if number % 4 < 2 else "b",
            device=fleet.devices[number % len(fleet.devices)],
            release=RELEASE,
            reference=digests.of_bytes(REFERENCE.to_bytes()),
            minimum_cell=10,
            windows=tuple(w for entry in weeks for w in _tell_week(fleet, number, *entry)),
        )
        for number in range(fleet.schools)
    ]
    return reports, max(monday for age, monday, _ in weeks if age == 0) + timedelta(days=4)


def _tell_week(fleet: Fleet, number: int, age: int, monday: date, stamp: schooltime.Stamp) -> list[windows.Window]:
    return [
        _dressed(fleet, number, place, age, replace(_pupils(fleet, number, age, place), week=monday, stamp=stamp))
        for place in range(len(YEAR_GROUPS))
    ]


@functools.lru_cache(maxsize=1024)
def _pupils(fleet: Fleet, number: int, age: int, place: int) -> windows.Window:
    """The same pupils come every week of a year, so they are sketched once."""
    drawn = np.random.default_rng([fleet.seed, number, age, place])
    values = drawn.normal(0.3 * (number % 3), 1, size=(fleet.pupils, 2))
    if age == 0 and number in fleet.shifted_schools:
        values[:, 0] += fleet.shift
    kind = drawn.random(fleet.pupils) < 0.5
    day = np.full(fleet.pupils, "2022-09-05", dtype="datetime64[D]")
    given = rows.Predictions(
        day=day,
        pupil=np.arange(fleet.pupils),
        year_group=np.full(fleet.pupils, YEAR_GROUPS[place]),
        group=np.arange(fleet.pupils),
        has_classes=False,
        score=np.round(1 / (1 + np.exp(1.2 + values[:, 0])), 6),
        features=np.column_stack([values, kind, ~kind]),
        needed=np.full(fleet.pupils, -1),
        known_on=day,
    )
    school = sketching.School(site(number), "r", "c", "pi4", RELEASE, THRESHOLD, a_calendar().stamp_window)
    return sketching.sketch(given, REFERENCE, school).windows[0]


def _dressed(fleet: Fleet, number: int, place: int, age: int, window: windows.Window) -> windows.Window:
    """With the outcomes of its week; pupils are scored for the first time in a term in the term's first week."""
    week = np.random.default_rng([fleet.seed, number, age, place, window.stamp.teaching_week or 0])
    worse = age == 0 and number in fleet.worse_schools and window.year_group == "1"
    errors = int(week.binomial(fleet.told, fleet.worse if worse else fleet.rate))
    needed = int(week.binomial(fleet.told, 0.3))
    # Squared scores are chosen so that the Brier sum is the errors' share of it.
    outcomes = windows.Outcomes(
        known=fleet.told,
        needed=needed,
        errors=errors,
        total=fleet.told * windows.UNIT * 3 // 10,
        squares=windows.UNIT * errors * 6 // 10,
        needed_total=needed * windows.UNIT // 2,
    )
    return replace(
        window,
        confidence=window.confidence if (window.stamp.teaching_week or 0) % 11 == 1 else windows.Confidence(),
        outcomes=outcomes if fleet.told else windows.Outcomes(),
    )


@dataclass(frozen=True)
class Looked:
    """What a watch found, for short assertions."""

    found: findings.Findings

    def of(self, check: str) -> list[findings.Finding]:
        """Findings of a rule."""
        return [finding for finding in self.found.findings if finding.check == check]

    def changed(self, check: str) -> list[tuple[str, str]]:
        """Unit and subject of what changed by a rule."""
        return [(f.unit, f.subject) for f in self.of(check) if f.outcome is findings.Outcome.CHANGED]

    @property
    def actions(self) -> dict[str, str]:
        """Action by region."""
        return {advice.region: advice.advice.action.value for advice in self.found.advice}


def look(fleet: Fleet, last_week: int = WEEKS, calendar: schoolyears.SchoolYears | None = None) -> Looked:
    """Watches that district in one week of its present school year."""
    own = a_calendar() if calendar is None else calendar
    reports, today = tell(fleet, own, last_week)
    calendars = {report.site: own for report in reports}
    return Looked(watches.watch(reports, REFERENCE, calendars, POLICY, today))
