"""What is judged: sums, comparisons, limits in each scope, and the resamples of schools."""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from homeroom.domain import digests
from homeroom.gates.evidence import FEWEST_SCHOOLS
from homeroom.gates.groups import comparisons, places, publications, sums
from homeroom.resources import gatepolicies
from homeroom.stats import clusters

Levels = Callable[[int, int, Sequence[int]], clusters.FloatArray]
"""From comparison, stage and bands to rows by school, side, outcome and level of score; shape (k, 2, 2, m)."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Rows that are judged together, under one set of limits.

    Attributes:
        band: the band, or None for all bands of the release together.
        bands: indices of the bands in it.
        limits: limits that hold here.
    """

    band: str | None
    bands: tuple[int, ...]
    limits: gatepolicies.Fairness


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """Everything that the fairness gate reads.

    Attributes:
        totals: sums of all schools.
        compared: the comparisons, in the order of the sums.
        scopes: what is judged together; all bands first.
        weights: shape (b, k); how often each school is drawn in each resample.
        seed: of what is drawn besides.
        digest: of the bytes behind the sums.
        purpose: what the release is for.
        harm: the harm of that purpose.
        levels: finer sums than bins where there are rows; None where only bins are known.
        population: digest of all rows behind the sums, those of other districts included; None for ``digest``.
        earlier: what reports that were published earlier tell.
        unread: how many more of them there are, older ones, that were not read.
    """

    totals: sums.Sums
    compared: tuple[comparisons.Comparison, ...]
    scopes: tuple[Scope, ...]
    weights: clusters.FloatArray
    seed: int
    digest: digests.Digest
    purpose: str
    harm: gatepolicies.Harm
    levels: Levels | None = None
    population: digests.Digest | None = None
    earlier: tuple[places.Publication, ...] = ()
    unread: int = 0

    @property
    def at_risk(self) -> int:
        """Outcome of those to whom the harm can happen: 1 for need, 0 for none."""
        return int(self.harm is gatepolicies.Harm.MISSED)

    def pool(self, scope: Scope) -> sums.Pool:
        """The sums of a scope."""
        return sums.pool(self.totals, scope.bands)

    def histograms(self, scope: Scope, comparison: int, stage: int) -> clusters.FloatArray:
        """Rows by school, side, outcome and score, as fine as they are known; shape (k, 2, 2, m)."""
        if self.levels is not None:
            return self.levels(comparison, stage, scope.bands)
        return np.asarray(self.pool(scope).bins[:, comparison, :, :, stage])


def scopes_of(
    bands: Sequence[str], policy: gatepolicies.Spec, policies: Mapping[str, gatepolicies.Spec]
) -> tuple[Scope, ...]:
    """All bands together under the policy, then each band under its own limits; a single band is judged once, by its own."""
    if len(bands) == 1:
        return (Scope(None, (0,), policies.get(bands[0], policy).fairness),)
    everything = Scope(None, tuple(range(len(bands))), policy.fairness)
    each = (Scope(band, (index,), policies.get(band, policy).fairness) for index, band in enumerate(bands))
    return (everything, *each)


def enough(rows: clusters.FloatArray, minimum: int) -> bool:
    """Whether so many rows, by school, can be judged and shown at all; rows of shape (k,)."""
    return bool(rows.sum() >= minimum and (rows > 0).sum() >= FEWEST_SCHOOLS)


def too_often_unrecorded(material: Material, scope: Scope, pool: sums.Pool) -> dict[str, float]:
    """Columns without a value for more pupils than allowed, with their share."""
    total = pool.everybody.sum()
    shares = zip(material.totals.frame.columns, pool.unrecorded.sum(axis=0) / max(total, 1.0), strict=True)
    return {column: float(share) for column, share in shares if share > scope.limits.not_recorded_limit}


def judged(material: Material, scope: Scope, pool: sums.Pool) -> list[int]:
    """Comparisons with enough rows at risk, in enough schools, on both sides, in columns that are recorded."""
    unrecorded = too_often_unrecorded(material, scope, pool)
    return [
        index
        for index, comparison in enumerate(material.compared)
        if not unrecorded.keys() & set(comparison.columns)
        and all(enough(pool.rows[:, index, side, material.at_risk], scope.limits.minimum_cell) for side in (0, 1))
    ]


@functools.lru_cache(maxsize=1)
def withheld(material: Material) -> publications.Withheld:
    """Groups whose numbers would give a small group away, by themselves or together with earlier reports.

    Remembered for the material of one run: verdicts and tables ask for the same.

    Raises:
        SpecError: the table has the pupils of an earlier report but for a few.
    """
    return publications.withhold(_draft(material), material.earlier)


def hidden(material: Material, scope: Scope) -> set[int]:
    """Comparisons of a scope whose numbers are withheld."""
    found = withheld(material)
    kept = found.by_itself | found.by_earlier
    return {index for index in range(len(material.compared)) if place_of(material, scope, index) in kept}


def shown(material: Material, scope: Scope, pool: sums.Pool) -> list[int]:
    """Comparisons of a scope that are judged and whose numbers may be told."""
    kept = hidden(material, scope)
    return [index for index in judged(material, scope, pool) if index not in kept]


def place_of(material: Material, scope: Scope, comparison: int) -> places.Place:
    """The group of a comparison among the pupils of a scope."""
    return places.Place(_bands(material, scope), frozenset(material.compared[comparison].members))


def _bands(material: Material, scope: Scope) -> places.Bands:
    return frozenset(material.totals.frame.bands[band] for band in scope.bands)


def _draft(material: Material) -> places.Draft:
    counts: dict[tuple[places.Counted, places.Place], float] = {}
    recorded: dict[tuple[places.Bands, str], float] = {}
    large, unfit = set[places.Place](), set[places.Place]()
    for scope in material.scopes:
        pool = material.pool(scope)
        counts |= _count(places.Place(_bands(material, scope)), pool.rows[:, -1, comparisons.GROUP])
        large |= {place_of(material, scope, index) for index in judged(material, scope, pool)}
        for index, compared in enumerate(material.compared):
            place, rows = place_of(material, scope, index), pool.rows[:, index]
            counts |= _count(place, rows[:, comparisons.GROUP])
            if len(compared.columns) == 1:
                recorded[place.bands, compared.columns[0]] = float(rows[:, :, material.at_risk].sum())
            # A band may well have few schools: what all bands together tell of it is about their pupils, not theirs alone.
            rows_at_risk = rows[:, comparisons.GROUP, material.at_risk]
            if scope is material.scopes[0] and not enough(rows_at_risk, scope.limits.minimum_cell):
                unfit.add(place)
    return places.Draft(
        population=material.population or material.digest,
        scopes=tuple(_bands(material, scope) for scope in material.scopes),
        counts=counts,
        at_risk=places.Counted.NEED if material.at_risk else places.Counted.NO_NEED,
        recorded=recorded,
        shown=frozenset(large),
        unfit=frozenset(unfit),
        minima={_bands(material, scope): scope.limits.minimum_cell for scope in material.scopes},
    )


def _count(place: places.Place, rows: clusters.FloatArray) -> dict[tuple[places.Counted, places.Place], float]:
    """Pupils of a place by what they need, from rows of shape (k, 2)."""
    free, need = rows.sum(axis=0).tolist()
    return {
        (places.Counted.NO_NEED, place): free,
        (places.Counted.NEED, place): need,
        (places.Counted.ALL, place): free + need,
    }
