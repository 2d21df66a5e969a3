"""School years and their terms: when pupils are expected, as the district decided it."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from homeroom.domain import dayspans


@dataclass(frozen=True, slots=True)
class Term:
    """One stretch of lessons between two breaks of the school year.

    Attributes:
        name: what the school calls it, such as ``Autumn`` or ``Term 3``.
        index: its number in the school year, from 1.
        start: first day.
        end: last day, included.
    """

    name: str
    index: int
    start: date
    end: date

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end


@dataclass(frozen=True, slots=True)
class SchoolYear:
    """One school year.

    Attributes:
        name: such as ``2026-27`` or, where it fits one calendar year, ``2027``; see ``name_of``.
        terms: in order. Few in most countries, up to a dozen in a year-round school.
    """

    name: str
    terms: tuple[Term, ...]

    @property
    def start(self) -> date:
        """First day of the first term; the year has a term."""
        return self.terms[0].start

    @property
    def end(self) -> date:
        """Last day of the last term; the year has a term."""
        return self.terms[-1].end

    def term_on(self, day: date) -> Term | None:
        """The term in which ``day`` lies; None between terms."""
        return next((term for term in self.terms if day in term), None)


def year_of(spans: Iterable[dayspans.Span], name: str = "") -> SchoolYear:
    """A school year whose terms are ``spans`` in the order of time; a span without a name is ``Term n``.

    Example: three spans from September 2026 to July 2027 give ``2026-27`` with terms 1 to 3.
    """
    ordered = sorted(spans)
    found = tuple(Term(s.name or f"Term {n}", n, s.start, s.end) for n, s in enumerate(ordered, start=1))
    return SchoolYear(name or (name_of(ordered[0].start, ordered[-1].end) if ordered else ""), found)


def name_of(start: date, end: date) -> str:
    """What people call a school year from ``start`` to ``end``.

    Examples: August 2026 to June 2027 is ``2026-27``; January to December 2027 is ``2027``.
    """
    return str(start.year) if start.year == end.year else f"{start.year}-{end.year % 100:02}"
