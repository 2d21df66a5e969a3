"""SchoolSites as the values that decisions use."""

from homeroom.district.database import sites as site_rows
from homeroom.district.database import states
from homeroom.district.operator import calendars as operator_calendars
from homeroom.domain import entries, sites
from homeroom.resources import schoolsites


def to_domain(site: schoolsites.SchoolSite, calendars: operator_calendars.Calendars) -> sites.Site:
    """The school as decisions see it; without a usable calendar it has no school day."""
    spec = site.spec
    return sites.Site(
        name=site.name,
        site_id=site.site_id,
        region=spec.region,
        bands=tuple(band.value for band in spec.bands),
        pupils=spec.pupils,
        link=spec.link.kind.value,
        calendar=calendars.of(site).days,
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
