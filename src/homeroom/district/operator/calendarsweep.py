"""Says of every AcademicCalendar whether it can be relied on, and whether it soon runs out."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from homeroom.district.operator import statuses
from homeroom.domain import calendarconditions, errors, schoolyears
from homeroom.resources import academiccalendars


async def once(kube: statuses.StatusWriter, bodies: Mapping[str, Mapping[str, Any]], now: datetime) -> int:
    """One look at every calendar; how many statuses were written.

    Raises:
        Unavailable: the API server does not answer.
    """
    written = 0
    for _, body in sorted(bodies.items()):
        written += await _show(kube, body, now)
    return written


async def _show(kube: statuses.StatusWriter, body: Mapping[str, Any], now: datetime) -> bool:
    years = _read(body)
    today = years.local_date(now) if isinstance(years, schoolyears.SchoolYears) else now.date()
    decided = calendarconditions.decide_calendar(years, today)
    fields: dict[str, Any] = {"message": next((c.message for c in decided if c.message), None)}
    if isinstance(years, schoolyears.SchoolYears) and not any(gap.forbids for gap in years.gaps()):
        fields["lastDay"] = years.last_day.isoformat()
    try:
        return await statuses.write_changed(kube, academiccalendars.KIND, body, decided, fields, now)
    except errors.NotReady:
        return False  # somebody changed the object meanwhile; the next sweep sees it


def _read(body: Mapping[str, Any]) -> schoolyears.SchoolYears | errors.SpecError:
    try:
        return academiccalendars.parse(body).to_domain()
    except errors.SpecError as exc:
        return exc
