"""A school as the decisions see it."""

from dataclasses import dataclass

from homeroom.domain import assignments, schooldays


@dataclass(frozen=True, slots=True)
class Site:
    """One school.

    Attributes:
        name: of its SchoolSite object; what people type.
        site_id: the identity that never changes.
        region: for waves by region and for strata.
        bands: year-group bands taught there.
        pupils: how many; at least 1.
        link: kind of internet link, such as ``dsl``.
        calendar: its own school days.
        hub: name of its RegionalHub; None talks to the district.
    """

    name: str
    site_id: assignments.SiteId
    region: str
    bands: tuple[str, ...]
    pupils: int
    link: str
    calendar: schooldays.SchoolDays
    hub: str | None = None

    def teaches(self, bands: tuple[str, ...]) -> tuple[str, ...]:
        """Those of ``bands`` that are taught here, in the given order; empty when none is."""
        return tuple(band for band in bands if band in self.bands)
