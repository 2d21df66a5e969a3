"""Whether a movement follows the kind of box instead of the pupils: then it is a fault of equipment."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from homeroom.gates.monitoring import archives, schoolshifts
from homeroom.stats import clusters, discoveries, permutations

PERMUTATIONS = 999
LEVEL = 0.01
"""Of the family of inputs; a wrong task for IT costs a visit."""
FEWEST_SCHOOLS = 2
"""Schools on each of at least two kinds of box; one school by itself cannot be told from its box."""
SMALLEST = 0.25
"""Standard deviations that the kinds of box must lie apart: less is no fault that anybody would find."""


@dataclass(frozen=True, slots=True)
class DeviceShift:
    """One input that follows the kind of box.

    Attributes:
        feature: index of the input.
        device: kind of box that lies farthest from all others.
        apart: how far, in standard deviations.
        schools: schools with it.
        pvalue: adjusted for all inputs.
    """

    feature: int
    device: str
    apart: float
    schools: int
    pvalue: float


def measure(
    archive: archives.Archive, shifts: Sequence[schoolshifts.SchoolShift], rng: np.random.Generator
) -> list[DeviceShift]:
    """Inputs whose movement follows the kind of box; kinds are shuffled over schools to see what chance would show."""
    features = sorted({shift.feature for shift in shifts})
    tested = [(feature, _test(archive, [s for s in shifts if s.feature == feature], rng)) for feature in features]
    known = [(feature, found) for feature, found in tested if found is not None]
    if not known:
        return []
    adjusted = discoveries.holm(np.array([found[0] for _, found in known]))
    return [
        DeviceShift(feature, device, apart, schools, float(pvalue))
        for (feature, (_, device, apart, schools)), pvalue in zip(known, adjusted, strict=True)
        if pvalue <= LEVEL and abs(apart) >= SMALLEST
    ]


def _test(
    archive: archives.Archive, shifts: list[schoolshifts.SchoolShift], rng: np.random.Generator
) -> tuple[float, str, float, int] | None:
    sites, value, weight = _by_school(shifts)
    names, kind = np.unique(archive.devices[sites], return_inverse=True)
    schools = np.bincount(kind)
    if int((schools >= FEWEST_SCHOOLS).sum()) < 2:  # noqa: PLR2004 - two kinds to tell apart
        return None
    orders = np.array([np.arange(len(sites)), *(rng.permutation(len(sites)) for _ in range(PERMUTATIONS))])
    pvalue = float(permutations.pvalue(np.array([_scatter(kind[order], value, weight) for order in orders])))
    own = np.array([np.average(value[kind == k], weights=weight[kind == k]) for k in range(len(names))])
    rest = np.array([np.average(value[kind != k], weights=weight[kind != k]) for k in range(len(names))])
    # A kind of box that a single school has is never named for a fault.
    worst = int(np.argmax(np.where(schools >= FEWEST_SCHOOLS, np.abs(own - rest), -1.0)))
    return pvalue, str(names[worst]), float(own[worst] - rest[worst]), int(schools[worst])


def _by_school(
    shifts: list[schoolshifts.SchoolShift],
) -> tuple[clusters.IntArray, clusters.FloatArray, clusters.FloatArray]:
    """One movement of each school, its year groups weighed by how sure they are."""
    sites = np.array(sorted({shift.site for shift in shifts}), dtype=np.int64)
    weight, total = np.zeros(len(sites)), np.zeros(len(sites))
    for shift in shifts:
        place = int(np.searchsorted(sites, shift.site))
        weight[place] += 1 / shift.variance
        total[place] += shift.raw / shift.variance
    return sites, total / weight, weight


def _scatter(kind: clusters.IntArray, value: clusters.FloatArray, weight: clusters.FloatArray) -> float:
    """Weighted scatter between kinds."""
    sums, rows = np.bincount(kind, weights=weight * value), np.bincount(kind, weights=weight)
    return float((sums**2 / rows).sum())
