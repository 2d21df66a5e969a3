"""What is wrong with a school's calendar: contradictions that forbid any answer, and holes that leave days unknown."""

import enum
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise

from homeroom.domain import dayspans, errors, schoolplans, terms

LONGEST_YEAR = timedelta(days=400)
"""A school year, term, break or closure that lasts longer has a wrong date in it."""
LONGEST_SUMMER = timedelta(days=120)
"""A longer time between two school years is no break but a year that nobody entered (the longest are 16 weeks)."""


class Fault(enum.Enum):
    """Kinds of faults."""

    NO_YEAR = "no-year"
    NO_TERM = "no-term"
    NO_WEEKDAY = "no-weekday"
    ENDS_BEFORE_START = "ends-before-start"
    OVERLAP = "overlap"
    TOO_LONG = "too-long"
    SAME_NAME = "same-name"
    MISNUMBERED = "misnumbered"
    HOLE = "hole"
    NO_SCHOOL_DAY = "no-school-day"
    OUTSIDE = "outside"


HARMLESS = frozenset({Fault.HOLE, Fault.NO_SCHOOL_DAY, Fault.OUTSIDE})
"""Faults beside which the days of other terms can still be told; the others forbid any answer."""


@dataclass(frozen=True, slots=True)
class Gap:
    """One fault.

    Attributes:
        fault: what kind.
        sentence: what was found and what to change, for whoever keeps the plan.
    """

    fault: Fault
    sentence: str

    @property
    def forbids(self) -> bool:
        """Whether no day of the calendar can be told before it is mended."""
        return self.fault not in HARMLESS


def find(plan: schoolplans.Plan) -> tuple[Gap, ...]:
    """Every fault, those that forbid an answer first; what follows only from an earlier one is not listed again."""
    forbidding = tuple(_contradictions(plan))
    return forbidding or tuple(_holes(plan))


def refuse(plan: schoolplans.Plan) -> None:
    """Lets a calendar pass of which days can be told.

    Raises:
        SpecError: it contradicts itself; the text lists every fault.
    """
    found = tuple(_contradictions(plan))
    if found:
        raise errors.SpecError("; ".join(gap.sentence for gap in found))


def _contradictions(plan: schoolplans.Plan) -> Iterator[Gap]:
    if not plan.years:
        yield Gap(Fault.NO_YEAR, "the calendar has no school year: add one with its terms")
    if not plan.weekdays:
        yield Gap(Fault.NO_WEEKDAY, "no day of the week has lessons: name those that have")
    yield from _bad_years(plan.years)
    yield from _bad_spans(plan)
    yield from _bad_terms(plan.years)


def _bad_years(years: tuple[terms.SchoolYear, ...]) -> Iterator[Gap]:
    names = [year.name for year in years]
    for name in sorted({name for name in names if names.count(name) > 1}):
        yield Gap(Fault.SAME_NAME, f"two school years are called {name}: give each its own name")
    for year in years:
        if not year.terms:
            yield Gap(Fault.NO_TERM, f"school year {year.name} has no term: add its terms, or remove it")
        elif year.end - year.start > LONGEST_YEAR:
            yield Gap(
                Fault.TOO_LONG, f"school year {year.name} lasts from {year.start} to {year.end}: correct these dates"
            )
        if [term.index for term in year.terms] != list(range(1, len(year.terms) + 1)):
            yield Gap(Fault.MISNUMBERED, f"the terms of {year.name} are not numbered 1 to {len(year.terms)} in order")


def _bad_spans(plan: schoolplans.Plan) -> Iterator[Gap]:
    lists = {
        "break": plan.breaks,
        "exam period": plan.exams,
        "staff day": plan.staff_days,
        "closure": plan.closures,
        "make-up day": plan.makeup_days,
    }
    for kind, spans in lists.items():
        for span in spans:
            if span.length < 1:
                yield _reversed(f"{kind} {span.name}".strip(), span.start, span.end)
            elif span.length > LONGEST_YEAR.days:
                yield Gap(
                    Fault.TOO_LONG,
                    f"{kind} {span.name} lasts from {span.start} to {span.end}, longer than a year: correct it",
                )


def _bad_terms(years: tuple[terms.SchoolYear, ...]) -> Iterator[Gap]:
    every = [(year, term) for year in years for term in year.terms]
    for year, term in every:
        if term.end < term.start:
            yield _reversed(f"term {term.name} of {year.name}", term.start, term.end)
    for (year, term), (next_year, following) in pairwise(every):
        if following.start <= term.end:
            yield Gap(
                Fault.OVERLAP,
                f"term {following.name} of {next_year.name} starts on {following.start}, when term {term.name} of "
                f"{year.name} is not over ({term.end}): move one, or put them in order",
            )


def _reversed(what: str, start: date, end: date) -> Gap:
    return Gap(Fault.ENDS_BEFORE_START, f"{what} ends on {end}, before it starts on {start}: swap or correct them")


def _holes(plan: schoolplans.Plan) -> Iterator[Gap]:
    for year, following in pairwise(plan.years):
        if following.start - year.end > LONGEST_SUMMER:
            yield Gap(
                Fault.HOLE,
                f"nothing is known between {year.end}, the end of {year.name}, and {following.start}, the start of "
                f"{following.name}: add the school year that is missing",
            )
    for year in plan.years:
        for term in year.terms:
            if not _has_school_day(term, plan):
                yield Gap(
                    Fault.NO_SCHOOL_DAY,
                    f"term {term.name} of {year.name} has no school day: correct its dates, or the breaks in it",
                )
    for exam in plan.exams:
        if not any(term.start <= exam.end and exam.start <= term.end for year in plan.years for term in year.terms):
            yield Gap(
                Fault.OUTSIDE,
                f"exam period {exam.name} ({exam.start} to {exam.end}) lies in no term: correct it, or add its term",
            )


def _has_school_day(term: terms.Term, plan: schoolplans.Plan) -> bool:
    off = [*plan.breaks, *plan.staff_days]
    return any(
        day.weekday() in plan.weekdays and not any(day in span for span in off)
        for day in dayspans.Span(term.start, term.end).days()
    )
