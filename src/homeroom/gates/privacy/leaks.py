"""What a stage gives away among some pupils, with cautious bounds over schools: what the two leakage checks have alike."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from homeroom.domain import releases, verdicts
from homeroom.gates.evidence import Evidence, three_valued
from homeroom.gates.privacy import circles
from homeroom.stats import bounds, clusters, fewclusters, power

GATE = "privacy"


@dataclass(frozen=True, slots=True, eq=False)
class Leak:
    """What one stage gives away.

    Attributes:
        stage: which rung.
        circle: of whom.
        share: how much, 0 to 1; what 0 and chance mean is the check's.
        replicates: shape (b,); the same in each resample of schools.
        schools: of the pupils that it is worked out from.
        limited: whether the policy's limit applies.
        how: in which way somebody gets at it, in words; empty where there is one way only.
    """

    stage: releases.Stage
    circle: circles.Circle
    share: float
    replicates: clusters.FloatArray
    schools: int
    limited: bool
    how: str = ""


@dataclass(frozen=True, slots=True)
class Bounded:
    """A leak with its bounds over schools."""

    leak: Leak
    low: float
    high: float
    spread: float

    def outcome(self, limit: float) -> verdicts.Outcome:
        """As its bounds have it; a leak that is only reported has none of its own."""
        return three_valued(self.low, self.high, limit) if self.leak.limited else verdicts.Outcome.NOT_APPLICABLE


def bound(leaks: Iterable[Leak]) -> tuple[Bounded, ...]:
    """Bounds that can fail the release hold together; what is only reported does not make the others wider."""
    every = list(leaks)
    limited = [leak for leak in every if leak.limited]
    return (*_together(limited), *(found for leak in every if not leak.limited for found in _together([leak])))


def _together(leaks: list[Leak]) -> list[Bounded]:
    if not leaks:
        return []
    replicates = np.column_stack([leak.replicates for leak in leaks])
    # A resample without any pupil of a group knows nothing; it is left out of all comparisons alike.
    replicates = replicates[~np.isnan(replicates).any(axis=1)]
    plain = bounds.one_sided(np.array([leak.share for leak in leaks]), replicates)
    found = fewclusters.widened(plain, np.array([leak.schools for leak in leaks]))
    return [
        Bounded(leak, float(found.low[index]), float(found.high[index]), float(found.spread[index]))
        for index, leak in enumerate(leaks)
    ]


def worst(found: Iterable[Bounded], limit: float) -> Bounded:
    """The one that says most against the release.

    Raises:
        ValueError: there is none.
    """
    return max(found, key=partial(_badness, limit))


def _badness(limit: float, found: Bounded) -> tuple[int, float]:
    return found.outcome(limit).severity, found.high


def detectable(found: Bounded) -> float:
    """Smallest leak that would have been noticed with power 0.8."""
    return power.detectable_from_error(found.spread)


def judge(
    evidence: Evidence,
    found: Bounded,
    limit: float,
    *,
    check: str,
    subject: str,
    sentence: str,
    actions: Mapping[verdicts.Outcome, str],
) -> verdicts.Verdict:
    """The verdict on one leak; without a limit where it is only reported."""
    outcome, limited = found.outcome(limit), found.leak.limited
    return verdicts.Verdict(
        gate=GATE,
        check=check,
        subject=subject,
        outcome=outcome,
        sentence=sentence,
        evidence=evidence.table.digest,
        estimate=found.leak.share,
        low=found.low,
        high=found.high,
        limit=limit if limited else None,
        rows=int(found.leak.circle.rows.sum()),
        detectable=detectable(found) if limited else None,
        action=actions.get(outcome, ""),
    )
