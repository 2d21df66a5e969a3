"""A school's calendar as somebody wrote it down, sound or not."""

from dataclasses import dataclass
from datetime import tzinfo

from homeroom.domain import bellschedules, dayspans, terms


# Not slotted: what is worked out of it stays in the object that adds the rules.
@dataclass(frozen=True)
class Plan:
    """When one school, or all schools of a division, are to be in session.

    Attributes:
        zone: time zone in which days begin and end.
        years: school years, in order.
        weekdays: days of the week with lessons, Monday is 0.
        breaks: holidays and public holidays; days outside all terms are without lessons, listed here or not.
        exams: examinations.
        staff_days: staff are in, pupils are not.
        closures: days that were to be school days and were not: snow, flood, a burst pipe.
        makeup_days: days with lessons whatever weekday, term and breaks say.
        settling_weeks: first weeks of teaching in which a school year settles.
        bells: when lessons are held; None when nobody said.
    """

    zone: tzinfo
    years: tuple[terms.SchoolYear, ...]
    weekdays: frozenset[int] = frozenset(range(5))
    breaks: tuple[dayspans.Span, ...] = ()
    exams: tuple[dayspans.Span, ...] = ()
    staff_days: tuple[dayspans.Span, ...] = ()
    closures: tuple[dayspans.Span, ...] = ()
    makeup_days: tuple[dayspans.Span, ...] = ()
    settling_weeks: int = 3
    bells: bellschedules.Bells | None = None
