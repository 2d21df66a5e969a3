"""SchoolSites and RegionalHubs as the values that decisions use."""

import zoneinfo

from homeroom.district.database import sites as site_rows
from homeroom.district.database import states
from homeroom.domain import entries, errors, schooldays, sites
from homeroom.resources import schoolsites

_WEEKDAYS = [day.value for day in schoolsites.Weekday]
"""Monday first, as ``date.weekday`` counts."""


def to_domain(site: schoolsites.SchoolSite) -> sites.Site:
    """The school as decisions see it.

    Raises:
        SpecError: the machine knows no such time zone.
    """
    spec = site.spec
    return sites.Site(
        name=site.name,
        site_id=site.site_id,
        region=spec.region,
        bands=tuple(band.value for band in spec.bands),
        pupils=spec.pupils,
        link=spec.link.kind.value,
        calendar=_calendar(spec.calendar),
        hub=spec.hub,
    )


def to_row(site: schoolsites.SchoolSite) -> site_rows.SiteRow:
    """The school as the control channel knows it."""
    spec = site.spec
    return site_rows.SiteRow(
        site_id=site.site_id,
        name=site.name,
        epoch=spec.epoch,
        public_key=spec.public_key,
        hub=spec.hub,
        region=spec.region,
        bands=tuple(band.value for band in spec.bands),
    )


def serves(state: states.StateRow | None, offer: entries.Offer, bands: tuple[str, ...]) -> bool:
    """Whether the school said last that it serves that release well in every one of ``bands``."""
    if state is None or not bands:
        return False
    well = {s.band for s in state.serving if s.purpose == offer.purpose and s.release == offer.release and s.healthy}
    return well.issuperset(bands)


def _calendar(calendar: schoolsites.Calendar) -> schooldays.Calendar:
    return schooldays.Calendar(
        zone=_zone(calendar.time_zone),
        weekdays=frozenset(_WEEKDAYS.index(day.value) for day in calendar.school_days),
        closures=tuple(schooldays.Closure(c.start, c.end, c.name) for c in calendar.closures),
    )


def _zone(name: str) -> zoneinfo.ZoneInfo:
    try:
        return zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise errors.SpecError(f"this machine knows no time zone {name!r}: install tzdata or correct it") from exc
