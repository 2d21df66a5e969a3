"""A fault planted in five schools: in which week is it found, and how often are the others alarmed about for nothing?

School years of weekly windows are made of Project STAR: every week each pupil of a school's year group gets one checked
outcome, drawn from the school's own pupils with the score of a model that never saw the next year. In the present year the
outcomes of one year group are turned round for 15 of 100 pupils in five schools. The watch is the product's own.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import star_pupils
from sklearn.linear_model import LogisticRegression

from homeroom.domain import dayspans, digests, schooltime, schoolyears
from homeroom.gates import references
from homeroom.gates.monitoring import archives, bins, losses, windows
from homeroom.resources import gatepolicies

FLIPPED, FAULTY, THRESHOLD = 0.15, 5, 0.25
YEAR_GROUPS = ("K", "1", "2")
HISTORY = 2
"""School years before the present one."""
WEEKS = 34
SMALLEST = 10
_POLICY = gatepolicies.Drift()


@dataclass(frozen=True)
class Pupils:
    """Scores and outcomes of the pupils of one school and year group."""

    score: star_pupils.FloatArray
    needed: star_pupils.IntArray


@dataclass(frozen=True)
class Result:
    """What one simulated year gave.

    Attributes:
        weeks: teaching week, from 1, in which each faulty school was first asked to be looked at; None when never.
        false_alarms: other schools that were ever asked to be looked at.
        schools: number of other schools.
        alarms: number of alarms of any school in each week.
    """

    weeks: tuple[int | None, ...]
    false_alarms: int
    schools: int
    alarms: tuple[int, ...]


def pupils() -> dict[tuple[int, str], Pupils]:
    """By school and year group; the model is trained on the first move and standardised scores."""
    years = star_pupils.student_years()
    moves = [star_pupils.moves(years, grade) for grade in range(3)]
    inputs = [np.column_stack([move.standardised, move.free_lunch]) for move in moves]
    model = LogisticRegression().fit(inputs[0], moves[0].needed)
    found = {}
    for year_group, move, rows in zip(YEAR_GROUPS, moves, inputs, strict=True):
        score = np.round(model.predict_proba(rows)[:, 1], 6)
        for school in np.unique(move.school):
            here = move.school == school
            if here.sum() >= SMALLEST:
                found[int(school), year_group] = Pupils(score[here], move.needed[here].astype(np.int64))
    return found


def a_reference() -> references.Reference:
    """One input: only errors are looked at here."""
    return references.build({"z": np.random.default_rng(0).normal(size=2000)}, {}, minimum_cell=10)


Weeks = list[tuple[int, date, schooltime.Stamp]]
"""School years before the present one, Monday, stamp."""


def school_weeks(calendar: schoolyears.SchoolYears, present: str) -> Weeks:
    """The first ``WEEKS`` teaching weeks of the year named ``present`` and of those before it, as the calendar has them."""
    names = [year.name for year in calendar.years]
    now = names.index(present)
    found: Weeks = []
    for age in range(HISTORY, -1, -1):
        year, seen = calendar.years[now - age], set()
        monday = year.start - timedelta(days=year.start.weekday())
        while monday <= year.end:
            stamp = calendar.stamp_window(dayspans.Span(monday, monday + timedelta(days=6)))
            week = stamp.teaching_week
            if stamp.phase not in schooltime.NOT_ALARMING and week and week <= WEEKS and week not in seen:
                seen.add(week)
                found.append((age, monday, stamp))
            monday += timedelta(weeks=1)
    return found


def simulate(
    known: Mapping[tuple[int, str], Pupils], calendar: schoolyears.SchoolYears, present: str, seed: int
) -> Result:
    """One present year with five faulty schools.

    Draws depend on seed, school, year group, year and teaching week, never on dates: the same usage on any calendar.
    """
    faulty = set(
        np.random.default_rng(seed).choice(sorted({s for s, y in known if y == "1"}), FAULTY, replace=False).tolist()
    )
    reference = a_reference()
    reports = _reports(known, school_weeks(calendar, present), faulty, reference, seed)
    today = max(window.week for report in reports for window in report.windows) + timedelta(days=4)
    archive = archives.build(
        reports,
        bins.of_reference(reference),
        {report.site: calendar for report in reports},
        today,
        digests.of_bytes(reference.to_bytes()),
    )
    look = losses.of_outcomes(archive, _POLICY).look
    place = {site: index for index, site in enumerate(archive.sites)}
    first = {site: int(look[index].argmax()) + 1 if look[index].any() else None for site, index in place.items()}
    bad = [_site(school) for school in sorted(faulty)]
    others = [site for site in place if site not in bad]
    return Result(
        weeks=tuple(first[site] for site in bad),
        false_alarms=sum(first[site] is not None for site in others),
        schools=len(others),
        alarms=tuple(int(count) for count in look.sum(axis=0)),
    )


def _site(school: int) -> str:
    return str(uuid.UUID(int=school))


def _reports(
    known: Mapping[tuple[int, str], Pupils], weeks: Weeks, faulty: set[int], reference: references.Reference, seed: int
) -> list[windows.Report]:
    told: dict[int, list[windows.Window]] = {}
    size = bins.of_reference(reference).sizes[0]
    for (school, year_group), own in sorted(known.items()):
        place = YEAR_GROUPS.index(year_group)
        for age, monday, stamp in weeks:
            rng = np.random.default_rng([seed, school, place, age, stamp.teaching_week or 0])
            flips = FLIPPED if age == 0 and school in faulty and year_group == "1" else 0.0
            window = _window(own, year_group, monday, stamp, flips, size, rng)
            told.setdefault(school, []).append(window)
    digest = digests.of_bytes(reference.to_bytes())
    release = digests.of_bytes(b"injection")
    return [
        windows.Report(_site(school), "tennessee", "all", "pi4", release, digest, SMALLEST, tuple(found))
        for school, found in told.items()
    ]


def _window(
    own: Pupils,
    year_group: str,
    monday: date,
    stamp: schooltime.Stamp,
    flips: float,
    size: int,
    rng: np.random.Generator,
) -> windows.Window:
    count = len(own.score)
    drawn = rng.integers(0, count, count)
    score = own.score[drawn]
    needed = np.where(rng.random(count) < flips, 1 - own.needed[drawn], own.needed[drawn])
    fixed = np.round(windows.UNIT * np.column_stack([score, score**2, score * needed])).astype(np.int64).sum(axis=0)
    return windows.Window(
        year_group=year_group,
        week=monday,
        stamp=stamp,
        pupils=count,
        classes=count,
        class_squares=count,
        counts=((count, *[0] * (size - 1)),),
        between=(0,),
        scores=windows.Scores((count, *[0] * 9), int(fixed[0]), int(fixed[1]), 0, 0),
        outcomes=windows.Outcomes(
            known=count,
            needed=int(needed.sum()),
            errors=int(((score >= THRESHOLD) != (needed == 1)).sum()),
            total=int(fixed[0]),
            squares=int(fixed[1]),
            needed_total=int(fixed[2]),
        ),
    )


def report(runs: int, calendar: schoolyears.SchoolYears, present: str) -> tuple[list[int | None], int, int]:
    """Weeks of all planted faults, false alarms and other school years of ``runs`` simulated years."""
    known = pupils()
    results = [simulate(known, calendar, present, seed) for seed in range(runs)]
    weeks = [week for result in results for week in result.weeks]
    return weeks, sum(result.false_alarms for result in results), sum(result.schools for result in results)
