"""Which schools go first: a few that together look like all of them."""

from collections.abc import Iterable

from homeroom.domain import sites

TERCILES = ("small", "middle", "large")

Stratum = tuple[str, str, str]
"""Size tercile, link kind, region."""


def size_terciles(schools: Iterable[sites.Site]) -> dict[str, str]:
    """Tercile of the number of pupils for each school name; schools of equal size are split by name.

    Example: 100, 200, 300 pupils give small, middle, large; two schools give small and middle.
    """
    ordered = sorted(schools, key=lambda site: (site.pupils, site.name))
    return {site.name: TERCILES[3 * rank // len(ordered)] for rank, site in enumerate(ordered)}


def decide_pilots(schools: Iterable[sites.Site], count: int) -> tuple[sites.Site, ...]:
    """``count`` schools across strata of size tercile, link and region; all of them when there are fewer.

    Greedy: each pick brings the most sizes, links and regions not seen yet; then a stratum not seen yet; then the
    stratum in which most schools are; then the name decides. The same schools give the same pilots in any order.

    Returns:
        In the order picked.
    """
    candidates = sorted(schools, key=lambda site: site.name)
    strata = _strata(candidates)
    picked: list[sites.Site] = []
    while candidates and len(picked) < count:
        best = min(candidates, key=lambda site: _rank(site, picked, strata))
        picked.append(best)
        candidates.remove(best)
    return tuple(picked)


def _strata(schools: list[sites.Site]) -> dict[str, Stratum]:
    terciles = size_terciles(schools)
    return {site.name: (terciles[site.name], site.link, site.region) for site in schools}


def _rank(site: sites.Site, picked: list[sites.Site], strata: dict[str, Stratum]) -> tuple[int, int, int, str]:
    own = strata[site.name]
    seen = [strata[other.name] for other in picked]
    new_values = sum(all(own[axis] != other[axis] for other in seen) for axis in range(3))
    population = sum(stratum == own for stratum in strata.values())
    return (-new_values, seen.count(own), -population, site.name)
