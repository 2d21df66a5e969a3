"""What is judged: sums, comparisons, limits in each scope, and the resamples of schools."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from homeroom.domain import digests
from homeroom.gates.evidence import FEWEST_SCHOOLS
from homeroom.gates.groups import comparisons, sums
from homeroom.resources import gatepolicies
from homeroom.stats import clusters, suppressions

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


def withheld(material: Material, scope: Scope, pool: sums.Pool, shown: Sequence[int]) -> set[int]:
    """Comparisons whose numbers, together with the others', would give a group away that is too small to be shown.

    The groups of one column and all its other values together make up the column; who shows all parts but one shows that
    one too. The smallest of what is shown is then hidden, until nothing follows.
    """
    hidden: set[int] = set()
    for column in material.totals.frame.columns:
        members = [index for index, found in enumerate(material.compared) if found.columns == (column,)]
        hidden |= _withheld_of_column(pool, members, set(shown), scope.limits.minimum_cell, material.at_risk)
    return hidden


def _withheld_of_column(pool: sums.Pool, members: list[int], shown: set[int], minimum: int, at_risk: int) -> set[int]:
    rows = pool.rows[:, :, comparisons.GROUP, at_risk].sum(axis=0)
    if not members:
        return set()
    everybody = rows[members[0]] + pool.rows[:, members[0], comparisons.REST, at_risk].sum()
    sizes = np.append(rows[members], everybody - rows[members].sum())
    # Values that no pupil has are no part: who knows that nobody has another value can subtract without them.
    parts = np.eye(len(sizes)) * (sizes > 0)[:, None]
    small = [place for place, index in enumerate(members) if index not in shown]
    small += [len(members)] if 0 < sizes[-1] < minimum else []
    secrets = [parts[place] for place in small if sizes[place] > 0]
    # Two hidden groups that are few together must not be told as their sum either.
    secrets += [parts[small].sum(axis=0)] if len(secrets) > 1 and sizes[small].sum() < minimum else []
    open_ones = [place for place, index in enumerate(members) if index in shown]
    hidden: set[int] = set()
    while secrets and open_ones:
        published = np.concatenate([parts[open_ones], parts.sum(axis=0) - parts[open_ones]])
        if not suppressions.derivable(published, np.stack(secrets)).any():
            break
        smallest = min(open_ones, key=lambda place: (rows[members[place]], place))
        open_ones.remove(smallest)
        hidden.add(members[smallest])
    return hidden
