"""Of whom a question is asked: of all pupils, and of each band where the release serves several."""

from dataclasses import dataclass

import numpy as np

from homeroom.domain import verdicts
from homeroom.gates.evidence import FEWEST_SCHOOLS, Evidence
from homeroom.resources import gatepolicies
from homeroom.stats import benefit, bounds, clusters, fewclusters

GATE = "quality"


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """Some rows.

    Attributes:
        band: the band; None for all pupils.
        rows: shape (n,); which rows.
        limits: of the policy, for them.
    """

    band: str | None
    rows: clusters.BoolArray
    limits: gatepolicies.Quality

    @property
    def suffix(self) -> str:
        """What tells subjects of bands apart. Example: `` in 3-5``, and nothing for all pupils."""
        return "" if self.band is None else f" in {self.band}"

    @property
    def words(self) -> str:
        """Example: ``among pupils of 3-5``, and nothing for all pupils."""
        return "" if self.band is None else f" among pupils of {self.band}"


@dataclass(frozen=True, slots=True)
class Measured:
    """An average with one-sided bounds over schools, which allow for how little few schools tell."""

    estimate: float
    low: float
    high: float


def every(evidence: Evidence) -> tuple[Scope, ...]:
    """All pupils first; the bands only where there are several."""
    rows = np.ones(len(evidence.table), dtype=bool)
    whole = Scope(None, rows, evidence.policy.quality)
    if len(evidence.bands) == 1:
        return (whole,)
    return (whole, *_bands(evidence))


def of_each_band(evidence: Evidence) -> tuple[Scope, ...]:
    """One for each band, also where there is only one."""
    return tuple(_bands(evidence))


def _bands(evidence: Evidence) -> list[Scope]:
    return [Scope(band, evidence.in_band(band), evidence.policies[band].quality) for band in evidence.bands]


def can_judge(evidence: Evidence, scope: Scope) -> bool:
    """Whether enough pupils who needed it, and enough who did not, are there, each in enough schools."""
    needed = evidence.table.needed
    return evidence.enough(scope.rows & needed) and evidence.enough(scope.rows & ~needed)


def bound(evidence: Evidence, values: list[clusters.FloatArray], scopes: list[Scope]) -> list[Measured]:
    """Averages of several quantities, each over its scope.

    Args:
        evidence: rows and resamples.
        values: each of shape (n,).
        scopes: one for each.

    Returns:
        In the same order; the lower bounds hold together, the upper ones one by one.
    """
    if not values:
        return []
    chosen = [np.where(scope.rows, value, 0.0) for value, scope in zip(values, scopes, strict=True)]
    replicates = np.column_stack(
        [_resample(evidence, value, scope) for value, scope in zip(chosen, scopes, strict=True)]
    )
    replicates = replicates[~np.isnan(replicates).any(axis=1)]
    estimates = np.array([value.sum() / scope.rows.sum() for value, scope in zip(chosen, scopes, strict=True)])
    return _measured(estimates, replicates, np.array([schools(evidence, scope.rows) for scope in scopes]))


def of_resamples(found: clusters.FloatArray, schools: int) -> Measured:
    """An average with its bounds from its value and those in resamples, shape (1 + b,); NaN where a resample has none."""
    replicates = found[1:][~np.isnan(found[1:])]
    return _measured(found[:1], replicates[:, None], np.array([schools]))[0]


def schools(evidence: Evidence, rows: clusters.BoolArray) -> int:
    """In how many schools these rows are."""
    return int((evidence.by_school(rows) > 0).sum())


def _measured(
    estimates: clusters.FloatArray, replicates: clusters.FloatArray, schools: clusters.IntArray
) -> list[Measured]:
    found = fewclusters.widened(bounds.one_sided(estimates, replicates), np.maximum(schools, 2))
    columns = found.estimate.tolist(), found.low.tolist(), found.high.tolist()
    return [Measured(*each) for each in zip(*columns, strict=True)]


def _resample(evidence: Evidence, value: clusters.FloatArray, scope: Scope) -> clusters.FloatArray:
    rows = evidence.by_school(scope.rows)
    return benefit.mean_of_resamples(evidence.sums_by_school(value)[None, :], rows, evidence.weights)[:, 0]


def too_few(evidence: Evidence, scope: Scope, check: str, subject: str) -> verdicts.Verdict:
    """That nothing can be said of a scope, without any number."""
    return verdicts.Verdict(
        gate=GATE,
        check=check,
        subject=subject,
        outcome=verdicts.Outcome.NOT_ENOUGH_EVIDENCE,
        sentence=(
            f"We cannot tell yet how good the release is{scope.words}: fewer than {evidence.minimum_cell} pupils needed support, or "
            f"fewer did not, or they went to fewer than {FEWEST_SCHOOLS} schools."
        ),
        evidence=evidence.table.digest,
        band=scope.band,
        action="Evaluate on more pupils of these year groups, or release for the other bands only.",
    )
