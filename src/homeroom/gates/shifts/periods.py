"""Which periods of an evaluation are compared: the same time of the school year, where calendars say when that is.

A model may do worse in the exams of every year, and a half of the periods by date may hold them and the other not. So a
period is compared with those of the same phase and about the same teaching week in earlier school years; without any, with
earlier ones of its phase in the same year; and only without those is the later half compared with the earlier one.
"""

import enum
import pathlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import yaml

from homeroom.domain import dayspans, errors, schooltime, schoolyears
from homeroom.gates.evidence import Evidence
from homeroom.resources import academiccalendars, gatepolicies
from homeroom.stats import clusters

FEWEST = 2
"""Periods: an earlier and a later one."""
_WEEK = timedelta(days=6)
_FIRST_DAYS = timedelta(days=41)
"""In which the first school day of a period is looked for: a term may be said to begin on a day without lessons."""


class Basis(enum.Enum):
    """What the later rows are compared with, best first."""

    EARLIER_YEARS = "the same time of earlier school years"
    THIS_YEAR = "the same kind of time earlier in the school year"
    HALVES = "the earlier half of the periods, as no two are of the same kind of time"
    NO_CALENDAR = "the earlier half of the periods"


@dataclass(frozen=True, slots=True, eq=False)
class Periods:
    """Rows that are compared.

    Attributes:
        basis: what the later ones are compared with.
        earlier: shape (n,).
        later: shape (n,); rows that are in neither have no counterpart.
        time: shape (n,); kind of time of the school year of each row, so that like is compared with like; 0 throughout where
            none is known.
    """

    basis: Basis
    earlier: clusters.BoolArray
    later: clusters.BoolArray
    time: clusters.IntArray


@dataclass(frozen=True, slots=True)
class Roles:
    """What becomes of each of p periods.

    Attributes:
        earlier: shape (p,).
        later: shape (p,).
        time: shape (p,); kind of time.
    """

    earlier: clusters.BoolArray
    later: clusters.BoolArray
    time: clusters.IntArray


def choose(evidence: Evidence) -> Periods | None:
    """Rows to compare; None with fewer than two periods.

    Raises:
        SpecError: a calendar cannot be read, knows a period's school year not, or a school has none.
    """
    period = evidence.table.period
    if period is None or len(period.words) < FEWEST:
        return None
    stamped = _stamps(evidence) if evidence.given.calendars else None
    if stamped is not None:
        owner, by_calendar = stamped
        drift = evidence.policy.drift
        for basis in (Basis.EARLIER_YEARS, Basis.THIS_YEAR):
            roles = [_roles(basis, stamps, drift) for stamps in by_calendar]
            if any(role.later.any() for role in roles):
                place = (owner[evidence.table.site], period.codes)
                parts = (np.stack([getattr(role, part) for role in roles]) for part in ("earlier", "later", "time"))
                earlier, later, time = (part[place] for part in parts)
                return Periods(basis, earlier, later, time)
    later = np.asarray(period.codes >= (len(period.words) + 1) // 2)
    basis = Basis.NO_CALENDAR if stamped is None else Basis.HALVES
    return Periods(basis, ~later, later, np.zeros(len(later), dtype=np.int64))


def match_years(stamps: Sequence[schooltime.Stamp | None], drift: gatepolicies.Drift) -> Roles:
    """Each period with those of the same phase and about the same teaching week in earlier school years.

    Args:
        stamps: of each period, in the order of time; None where the school has none of it.
        drift: how many teaching weeks apart still are the same time, and how many years back.

    Returns:
        The last of each time is later, those that it matches are earlier; who has no match is neither. School years without
        any period do not count.
    """
    names = list(dict.fromkeys(stamp.academic_year for stamp in stamps if stamp is not None))
    pairs = [
        (early, late)
        for late, there in enumerate(stamps)
        for early, here in enumerate(stamps[:late])
        if here is not None and there is not None and _same_time(here, there, drift.week_tolerance)
        if 1 <= names.index(there.academic_year) - names.index(here.academic_year) <= drift.history_years
    ]
    repeated = {early for early, _ in pairs}
    kept = [(early, late) for early, late in pairs if late not in repeated]
    roles = _nothing(len(stamps))
    for early, late in kept:
        roles.earlier[early] = roles.later[late] = True
        roles.time[roles.time == roles.time[early]] = roles.time[late]
    return roles


def match_phases(stamps: Sequence[schooltime.Stamp | None]) -> Roles:
    """Within the last school year, the later half of the periods of each phase with the earlier half."""
    roles = _nothing(len(stamps))
    known = [stamp for stamp in stamps if stamp is not None]
    for number, phase in enumerate(phase for phase in schooltime.Phase if phase not in schooltime.NOT_ALARMING):
        kind = (known[-1].academic_year, phase) if known else None
        own = [p for p, s in enumerate(stamps) if s is not None and (s.academic_year, s.phase) == kind]
        half = (len(own) + 1) // 2
        if len(own) >= FEWEST:
            roles.earlier[own[:half]] = roles.later[own[half:]] = True
            roles.time[own] = number
    return roles


def _roles(basis: Basis, stamps: Sequence[schooltime.Stamp | None], drift: gatepolicies.Drift) -> Roles:
    return match_years(stamps, drift) if basis is Basis.EARLIER_YEARS else match_phases(stamps)


def _nothing(periods: int) -> Roles:
    return Roles(np.zeros(periods, dtype=bool), np.zeros(periods, dtype=bool), np.arange(periods))


def _same_time(here: schooltime.Stamp, there: schooltime.Stamp, tolerance: int) -> bool:
    if here.phase is not there.phase or here.phase in schooltime.NOT_ALARMING:
        return False
    weeks = (here.teaching_week, there.teaching_week)
    return None not in weeks and abs((weeks[0] or 0) - (weeks[1] or 0)) <= tolerance


def _stamps(evidence: Evidence) -> tuple[clusters.IntArray, list[list[schooltime.Stamp | None]]]:
    """Which calendar each school has, shape (k,), and the stamp of each period by each calendar."""
    named = {pathlib.PurePath(name).stem: content for name, content in evidence.given.calendars.items()}
    common = sorted(set(named) - set(evidence.table.sites))
    if len(common) > 1:
        raise errors.SpecError(
            f"{len(common)} calendars are named after no school of the table; give one for all, and SITE.yaml for each other"
        )
    names = [name for name in evidence.table.sites if name in named] + common
    without = [site for site in evidence.table.sites if site not in named]
    if without and not common:
        raise errors.SpecError(f"{len(without)} schools have no calendar; give one more, for all without their own")
    owner = np.array([names.index(site) if site in named else len(names) - 1 for site in evidence.table.sites])
    return owner, [_stamp_all(evidence, parse(named[name], name), owner == place) for place, name in enumerate(names)]


def _stamp_all(
    evidence: Evidence, years: schoolyears.SchoolYears, sites: clusters.BoolArray
) -> list[schooltime.Stamp | None]:
    period = evidence.table.period
    if period is None:
        return []
    told = set(period.codes[sites[evidence.table.site]].tolist())
    return [stamp(years, date.fromisoformat(word)) if p in told else None for p, word in enumerate(period.words)]


def stamp(years: schoolyears.SchoolYears, first: date) -> schooltime.Stamp:
    """Where a period lies in the school year: as its first week with lessons; as its first day when there is none.

    Raises:
        OutsideCalendar, SpecError: as ``SchoolYears.stamp``.
    """
    days = dayspans.Span(first, first + _FIRST_DAYS).days()
    lesson = next((day for day in days if years.is_school_day(day)), None)
    if lesson is None or not years.covers(lesson + _WEEK):
        return years.stamp(first if lesson is None else lesson)
    return years.stamp_window(dayspans.Span(lesson, lesson + _WEEK))


def parse(content: bytes, name: str) -> schoolyears.SchoolYears:
    """School years in an AcademicCalendar document, YAML or JSON.

    Raises:
        SpecError: it is none.
    """
    try:
        body = yaml.safe_load(content)
    except (yaml.YAMLError, UnicodeDecodeError, RecursionError) as exc:
        raise errors.SpecError(f"calendar {name[:80]!r} is neither YAML nor JSON: {exc!s:.200}") from exc
    if not isinstance(body, dict):
        raise errors.SpecError(f"calendar {name[:80]!r} holds no AcademicCalendar")
    return academiccalendars.parse(body).to_domain()
