"""How well the model would be doing where outcomes are not known yet: always marked as an estimate, never as evidence."""

from dataclasses import dataclass

import numpy as np

from homeroom.gates.monitoring import archives
from homeroom.resources import gatepolicies
from homeroom.stats import clusters, expectations

LARGEST_GAP = 0.05
"""Mean score and share that needed support may differ by so much in a calibrated model."""
SLOPES = (0.8, 1.25)
"""A calibrated model's outcome rises with its score by about as much."""
FEWEST_OUTCOMES = 100
"""Known outcomes that calibration is judged by; fewer cannot tell a slope."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """One year group of a region.

    Attributes:
        year_group: index.
        calibrated: whether the scores of earlier years meant what they said; else nothing is estimated.
        expected: share of wrong decisions that this year's scores let expect; None when not calibrated.
        earlier: share of wrong decisions among the known outcomes of earlier years; None without any.
        pupils: scored in the latest weeks.
    """

    year_group: int
    calibrated: bool
    expected: float | None
    earlier: float | None
    pupils: int


def measure(
    archive: archives.Archive, present: clusters.IntArray, policy: gatepolicies.Drift, sites: clusters.BoolArray
) -> list[Estimate]:
    """One for each year group that these sites have present windows of.

    Args:
        archive: all windows.
        present: indices of the present windows.
        policy: says how far back earlier years go.
        sites: shape (k,).
    """
    found = []
    for year_group in np.unique(archive.year_group[present]):
        now = present[(archive.year_group[present] == year_group) & sites[archive.site[present]]]
        if not len(now):
            continue
        phases = np.unique(archive.phase[now])
        history = (archive.age >= 1) & (archive.age <= policy.history_years) & (archive.year_group == year_group)
        history &= sites[archive.site] & np.isin(archive.phase, phases)
        found.append(_estimate(archive, int(year_group), now, history))
    return found


def _estimate(
    archive: archives.Archive, year_group: int, now: clusters.IntArray, history: clusters.BoolArray
) -> Estimate:
    outcomes = expectations.OutcomeSums(*archive.outcomes[history].sum(axis=0).tolist())
    scores = expectations.ScoreSums(*archive.scores[now].sum(axis=0).tolist())
    calibrated = outcomes.rows >= FEWEST_OUTCOMES and _is_calibrated(expectations.calibration(outcomes))
    return Estimate(
        year_group=year_group,
        calibrated=calibrated,
        expected=expectations.expected_error_rate(scores) if calibrated else None,
        earlier=outcomes.errors / outcomes.rows if outcomes.rows >= FEWEST_OUTCOMES else None,
        pupils=int(scores.rows),
    )


def _is_calibrated(found: expectations.Calibration) -> bool:
    return abs(found.gap) <= LARGEST_GAP and SLOPES[0] <= found.slope <= SLOPES[1]
