"""Inputs of pools of schools: cluster, region, district, by permuting whole school years within each school."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from homeroom.gates.monitoring import archives, comparables
from homeroom.gates.monitoring.comparables import Basis
from homeroom.resources import gatepolicies
from homeroom.stats import clusters, combinations, discoveries, permutations, power

PERMUTATIONS = 999
BASE_RATE = 0.25
"""Rate at which the detectable change of a pool is told (education.md A3)."""
LEVEL_OF_CHANGE = 0.975
"""One side of a change up or down at 5 %."""
DISTRICT = "district"
LEVELS = ("school", "cluster", "region", DISTRICT)
"""From small to large: the pooling ladder."""


@dataclass(frozen=True, slots=True)
class Pool:
    """Schools that are looked at together.

    Attributes:
        level: ``cluster``, ``region`` or ``district``.
        name: of the cluster or region.
        sites: their indices.
    """

    level: str
    name: str
    sites: frozenset[int]


@dataclass(frozen=True, slots=True)
class PoolShift:
    """One input in one pool.

    Attributes:
        pool: which schools.
        feature: index of the input.
        distance: largest distance within a year group.
        year_group: index of the year group that has it.
        pvalue: over all year groups.
        found: whether it is called a change that somebody should look at.
        acted: whether it is sure enough for what happens by itself.
    """

    pool: Pool
    feature: int
    distance: float
    year_group: int
    pvalue: float
    found: bool = False
    acted: bool = False


def pools(archive: archives.Archive) -> list[Pool]:
    """Clusters, regions and the district; a larger pool with the same schools as a smaller one is left out."""
    named = [("cluster", str(name), archive.neighbourhoods == name) for name in np.unique(archive.neighbourhoods)]
    named += [("region", str(name), archive.regions == name) for name in np.unique(archive.regions)]
    named.append((DISTRICT, DISTRICT, np.ones(len(archive.sites), dtype=bool)))
    found: dict[frozenset[int], Pool] = {}
    for level, name, chosen in named:
        sites = frozenset(int(site) for site in np.flatnonzero(chosen))
        # The larger name says more about the same schools.
        found[sites] = Pool(level, name, sites)
    return [pool for pool in found.values() if len(pool.sites) > 1]


def measure(
    archive: archives.Archive,
    found: Sequence[comparables.Comparable],
    policy: gatepolicies.Drift,
    rng: np.random.Generator,
) -> list[PoolShift]:
    """Every input in every pool that has windows of the same time in earlier years; those that are believed are marked.

    A change needs both: too large for chance, and larger than the policy allows a difference to be.
    """
    matched = [c for c in found if c.basis is Basis.MATCHED]
    shifts = [shift for pool in pools(archive) for shift in _of_pool(archive, pool, matched, policy, rng)]
    if not shifts:
        return []
    pvalues = np.array([shift.pvalue for shift in shifts])
    look = discoveries.benjamini_hochberg(pvalues, policy.look_error)
    act = discoveries.benjamini_yekutieli(pvalues, policy.act_error)
    return [
        PoolShift(s.pool, s.feature, s.distance, s.year_group, s.pvalue, bool(a and large), bool(b and large))
        for s, a, b, large in zip(shifts, look, act, (s.distance > policy.ks_limit for s in shifts), strict=True)
    ]


def _of_pool(
    archive: archives.Archive,
    pool: Pool,
    matched: list[comparables.Comparable],
    policy: gatepolicies.Drift,
    rng: np.random.Generator,
) -> list[PoolShift]:
    own = [c for c in matched if int(archive.site[c.window]) in pool.sites]
    statistics, judged = [], []
    for year_group in range(len(archive.year_groups)):
        here = [c for c in own if archive.year_group[c.window] == year_group]
        if sum(archive.pupils[c.window] for c in here) < policy.minimum_window:
            continue
        rows, counts = _places(archive, here, policy.history_years)
        # So few arrangements can never show anything at the level that is asked for.
        if permutations.arrangements_possible(rows) * policy.look_error < 1:
            continue
        statistics.append(_distances(archive, rows, counts, rng))
        judged.append(year_group)
    if not statistics:
        return []
    distance = np.array([found[0] for found in statistics])
    pvalue = combinations.cauchy(np.array([permutations.pvalue(found) for found in statistics]).T)
    return [
        PoolShift(
            pool, feature, float(distance[:, feature].max()), judged[int(distance[:, feature].argmax())], float(p)
        )
        for feature, p in enumerate(pvalue)
    ]


def _places(
    archive: archives.Archive, found: list[comparables.Comparable], years: int
) -> tuple[clusters.FloatArray, clusters.FloatArray]:
    """Pupils (k, 1+years) and counts (k, 1+years, f, m): this year first, and the matched weeks of each year before."""
    shape = archive.counts.shape[1:]
    rows, counts = np.zeros((len(found), 1 + years)), np.zeros((len(found), 1 + years, *shape))
    for place, comparable in enumerate(found):
        rows[place, 0] = archive.pupils[comparable.window]
        counts[place, 0] = archive.counts[comparable.window]
        for other in comparable.others:
            rows[place, archive.age[other]] += archive.pupils[other]
            counts[place, archive.age[other]] += archive.counts[other]
    return rows, counts


def _distances(
    archive: archives.Archive, rows: clusters.FloatArray, counts: clusters.FloatArray, rng: np.random.Generator
) -> clusters.FloatArray:
    """Distance of every input in every arrangement; shape (1+b, f)."""
    weights = np.array([0.0, *(comparables.YEAR_WEIGHTS[min(age, 2)] for age in range(rows.shape[1] - 1))])
    drawn = permutations.arrange(rows, weights, PERMUTATIONS, rng)
    features, width = counts.shape[2:]
    here, there = permutations.pooled(drawn, counts.reshape(*rows.shape, features * width), rows)
    apart = (here - there).reshape(len(here), features, width)
    kolmogorov = np.abs(apart.cumsum(axis=2)).max(axis=2)
    found: clusters.FloatArray = np.where(archive.known.ordered, kolmogorov, np.abs(apart).sum(axis=2) / 2)
    return found


def detectable(archive: archives.Archive, found: Sequence[comparables.Comparable], sites: frozenset[int]) -> float:
    """Smallest change of a rate of 25 % that these schools' present windows would show against their references."""
    own = [c for c in found if int(archive.site[c.window]) in sites and c.basis is not Basis.NONE]
    now = sum(float(archive.pupils[c.window]) for c in own)
    before = sum(_worth(archive, c) for c in own)
    return power.detectable_difference(BASE_RATE, now, before, level=LEVEL_OF_CHANGE)


def _worth(archive: archives.Archive, found: comparables.Comparable) -> float:
    """Pupils that the reference is worth: the weeks of one year show the same pupils, and older years weigh less."""
    total = squares = 0.0
    for age in np.unique(archive.age[found.others]):
        here = archive.age[found.others] == age
        weight, pupils = float(found.weights[here][0]), float(archive.pupils[found.others[here]].mean())
        total, squares = total + weight * pupils, squares + weight**2 * pupils
    return total**2 / squares if squares else 0.0
