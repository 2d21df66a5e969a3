"""Which schools a wave is about, fixed when it starts."""

from collections.abc import Iterable
from dataclasses import dataclass

from homeroom.domain import assignments, digests, pilots, sites


@dataclass(frozen=True, slots=True)
class Selector:
    """How a wave names its schools: exactly one is given."""

    pilot_count: int | None = None
    region: str | None = None
    names: tuple[str, ...] = ()
    remaining: bool = False


@dataclass(frozen=True, slots=True)
class Selection:
    """What a selector means today.

    Attributes:
        schools: in the order in which they are started.
        unknown: names that no SchoolSite has, sorted.
        matched: how many schools the selector names, also those that are done with this release already.
    """

    schools: tuple[sites.Site, ...]
    unknown: tuple[str, ...] = ()
    matched: int = 0

    @property
    def digest(self) -> digests.Digest:
        """Of the ids in order; what the wave's status shows, so that two plans can be compared."""
        return digests.of_json([site.site_id for site in self.schools])


def decide_selection(
    selector: Selector,
    every: Iterable[sites.Site],
    *,
    bands: tuple[str, ...],
    done: frozenset[assignments.SiteId],
) -> Selection:
    """The schools of a wave for a release for ``bands``; those in ``done`` have that release and are left out.

    A school that teaches none of the bands is never selected by count, region or ``remaining``, and is unknown to a
    wave that names it only when it does not exist.
    """
    known = sorted(every, key=lambda site: site.name)
    teaching = [site for site in known if site.teaches(bands)]
    matched = _matched(selector, teaching)
    unknown = sorted(set(selector.names) - {site.name for site in known})
    return Selection(tuple(site for site in matched if site.site_id not in done), tuple(unknown), len(matched))


def _matched(selector: Selector, teaching: list[sites.Site]) -> tuple[sites.Site, ...]:
    if selector.pilot_count is not None:
        return pilots.decide_pilots(teaching, selector.pilot_count)
    if selector.region is not None:
        return tuple(site for site in teaching if site.region == selector.region)
    if selector.remaining:
        return tuple(teaching)
    return tuple(site for site in teaching if site.name in selector.names)
