"""Runs of whole days, as calendars name them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta

ONE_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Dates from ``start`` to ``end``, both included; it holds no day where ``end`` comes first.

    Attributes:
        start: first day.
        end: last day, the same as ``start`` for a single day.
        name: what people call it, such as ``Winter break``; may be empty.
    """

    start: date
    end: date
    name: str = ""

    def __contains__(self, day: date) -> bool:
        return self.start <= day <= self.end

    @property
    def length(self) -> int:
        """How many days it holds; 0 or less where the ends are swapped."""
        return (self.end - self.start).days + 1

    def days(self) -> Iterator[date]:
        """Its days in order."""
        return (self.start + timedelta(days=number) for number in range(self.length))


def joined(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same days as the fewest spans, in order; those that touch or overlap become one with the first name.

    Example: 1-3 May and 4-5 May give 1-5 May.
    """
    found: list[Span] = []
    for span in sorted(span for span in spans if span.length > 0):
        if found and span.start <= found[-1].end + ONE_DAY:
            last = found.pop()
            span = Span(last.start, max(last.end, span.end), last.name or span.name)  # noqa: PLW2901 - it grew
        found.append(span)
    return tuple(found)
