"""The stamps of one school year, worked out from its school days: which week it is, and what kind of time."""

import bisect
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from homeroom.domain import dayspans, schooltime, terms

EXAM_MARGIN = 3
"""School days before and after examinations that count to them (education.md A1)."""
PREPARATION = 5
"""School days before that: the last week of revision. Ours; A1 names the phase and not its length."""
LONG_BREAK = 7
"""Days in a row without school from which a break is one that pupils come back from."""


@dataclass(frozen=True, slots=True)
class Year:
    """What is known of one school year.

    Attributes:
        year: its name and terms.
        first: first day that counts to it, which may lie before its first term.
        last: last day that counts to it: the summer after a school year still does.
        school_days: days with lessons, sorted.
        exams: examinations, whose days need not be school days.
        staff_days: days on which staff are in and pupils are not.
        closed: days that would have had lessons and did not.
        since_break: for each school day, how many came before it since the last long break.
        week_start: day of the week on which weeks begin, Monday is 0.
        settling_weeks: how many first weeks of teaching are settling.
    """

    year: terms.SchoolYear
    first: date
    last: date
    school_days: tuple[date, ...]
    exams: tuple[dayspans.Span, ...]
    staff_days: frozenset[date]
    closed: frozenset[date]
    since_break: dict[date, int]
    week_start: int
    settling_weeks: int


def stamps(known: Year) -> Iterator[tuple[date, schooltime.Stamp]]:
    """Every day of that year with its stamp, in order."""
    weeks, phases = number_weeks(known.school_days, known.week_start), _phases(known)
    week: int | None = None
    for day in dayspans.Span(known.first, known.last).days():
        week = weeks.get(day, week)
        term = _term(known.year, day, lessons=day in weeks)
        yield (
            day,
            schooltime.Stamp(
                academic_year=known.year.name,
                term=None if term is None else term.name,
                term_index=None if term is None else term.index,
                teaching_week=week,
                phase=phases.get(day) or _without_lessons(known, day),
                days_since_break=known.since_break.get(day),
            ),
        )


def number_weeks(school_days: Sequence[date], week_start: int) -> dict[date, int]:
    """For each school day the number of its week, from 1; weeks without a school day have no number.

    Example: with Monday as 0, Friday 4 and Monday 7 September, then Monday 21 September, are weeks 1, 2 and 3.
    """
    found: dict[date, int] = {}
    number, begun = 0, None
    for day in school_days:
        begins = day - timedelta(days=(day.weekday() - week_start) % 7)
        if begins != begun:
            number, begun = number + 1, begins
        found[day] = number
    return found


def count_since_break(school_days: Sequence[date]) -> dict[date, int]:
    """For each school day, how many school days lie between it and the last break of at least ``LONG_BREAK`` days.

    The first of all is taken for the first after a break.
    """
    found: dict[date, int] = {}
    count, before = 0, None
    for day in school_days:
        count = 0 if before is None or (day - before).days > LONG_BREAK else count + 1
        found[day], before = count, day
    return found


def week_start(weekdays: frozenset[int]) -> int:
    """The day on which weeks begin: the first after the longest run of days without lessons, so no week is cut.

    Examples: Monday to Friday give Monday (0); Sunday to Thursday, with the weekend on Friday, give Sunday (6).
    """
    starts = [day for day in sorted(weekdays) if (day - 1) % 7 not in weekdays]
    return max(starts, key=lambda day: _days_off_before(day, weekdays), default=0)


def _days_off_before(day: int, weekdays: frozenset[int]) -> int:
    return next(back for back in range(1, 8) if (day - back) % 7 in weekdays) - 1


def _phases(known: Year) -> dict[date, schooltime.Phase]:
    """The phase of every school day; the later of these rules wins where two hold."""
    days, weeks = known.school_days, number_weeks(known.school_days, known.week_start)
    final = weeks[days[-1]] if days else 0
    around = [_around(days, exam) for exam in known.exams if _meets(known.year, exam)]
    found = dict.fromkeys(days, schooltime.Phase.TEACHING)
    for first, _ in around:
        preparing = days[max(0, first - PREPARATION) : first]
        found.update(dict.fromkeys(preparing, schooltime.Phase.ASSESSMENT_PREP))
    found.update({day: schooltime.Phase.LAST_WEEK for day in days if weeks[day] == final})
    found.update({day: schooltime.Phase.SETTLING for day in days if weeks[day] <= known.settling_weeks})
    for first, end in around:
        found.update(dict.fromkeys(days[first:end], schooltime.Phase.EXAM))
    return found


def _around(days: Sequence[date], exam: dayspans.Span) -> tuple[int, int]:
    """Positions in ``days`` of the first school day that counts to the exam, and of the first after it."""
    first, end = bisect.bisect_left(days, exam.start), bisect.bisect_right(days, exam.end)
    return max(0, first - EXAM_MARGIN), end + EXAM_MARGIN


def _meets(year: terms.SchoolYear, exam: dayspans.Span) -> bool:
    return exam.start <= year.end and exam.end >= year.start


def _term(year: terms.SchoolYear, day: date, *, lessons: bool) -> terms.Term | None:
    """The term of that day; a day of lessons between terms, made up for a lost one, counts to the term before."""
    inside = year.term_on(day)
    if inside is not None or not lessons:
        return inside
    return next((term for term in reversed(year.terms) if term.start <= day), year.terms[0])


def _without_lessons(known: Year, day: date) -> schooltime.Phase:
    if day in known.staff_days:
        return schooltime.Phase.STAFF_DAY
    return schooltime.Phase.CLOSURE if day in known.closed else schooltime.Phase.HOLIDAY
