"""Where a day lies in the school year: the stamp that every monitored window carries.

Months mean nothing here. A school year, its terms and its teaching weeks are properties of a school's calendar, so the same
rule serves Berlin, Sydney and Hyderabad.
"""

import enum
from dataclasses import dataclass


class Phase(enum.Enum):
    """What kind of time it is at a school; windows are compared with windows of the same phase only."""

    SETTLING = "settling"
    """First teaching weeks of a school year: classes, timetables and habits are new."""
    TEACHING = "teaching"
    """Ordinary lessons."""
    ASSESSMENT_PREP = "assessment-prep"
    """School days just before examinations."""
    EXAM = "exam"
    """Examinations, and the few school days around them."""
    LAST_WEEK = "last-week"
    """Last teaching week of a school year."""
    HOLIDAY = "holiday"
    """Outside all terms, in a break, or at a week's end."""
    STAFF_DAY = "staff-day"
    """Staff are in, pupils are not."""
    CLOSURE = "closure"
    """Closed though a term says otherwise: snow, flood, a burst pipe."""


NOT_ALARMING = frozenset({Phase.HOLIDAY, Phase.STAFF_DAY, Phase.CLOSURE})
"""Phases without pupils: what happens then is recorded and never alarms."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """Where a day lies in one school's year.

    Attributes:
        academic_year: name of the school year, such as ``2026-27`` or, where it fits one calendar year, ``2027``.
        term: name of the term; None outside all terms.
        term_index: number of the term in its year, from 1; None outside all terms.
        teaching_week: number of the week of teaching in the school year, from 1; weeks without a school day are not
            counted; None where no teaching week has begun.
        phase: what kind of time it is.
        days_since_break: school days since the last break of at least a week; 0 on the first of them; None outside.
    """

    academic_year: str
    term: str | None
    term_index: int | None
    teaching_week: int | None
    phase: Phase
    days_since_break: int | None = None
