"""Inputs of schools that stand alone: compared with their own earlier windows, where too few others can be looked at.

Another school's pupils are the better measure of a change, so this is for districts with few schools of a year group. What
differs may be a new cohort and no fault at all: it is told to people and nothing happens by itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from homeroom.gates.monitoring import archives, comparables, schoolshifts
from homeroom.gates.monitoring.comparables import Basis
from homeroom.resources import gatepolicies
from homeroom.stats import clusters, comparisons

LEVEL = 0.05
"""Share of looks at a district in which nothing changed that have any finding of this kind."""


@dataclass(frozen=True, slots=True)
class WindowShift:
    """One window of one year group in a school that stands alone.

    Attributes:
        comparable: the window and what it was compared with.
        features: indices of the inputs that changed, the one that lies furthest apart first.
        distance: largest distance of any input, and of the first one that changed where there is one.
    """

    comparable: comparables.Comparable
    features: tuple[int, ...]
    distance: float


def measure(
    archive: archives.Archive, found: Sequence[comparables.Comparable], policy: gatepolicies.Drift
) -> list[WindowShift]:
    """Every window that is large enough and has others of its own school and time, in year groups of few schools."""
    numeric = np.flatnonzero(archive.known.ordered)
    usable = [c for c in found if archive.pupils[c.window] >= policy.minimum_window]
    direct = [c for c in usable if c.basis in (Basis.MATCHED, Basis.THIS_YEAR)]
    years = archive.year_group[[c.window for c in direct]] if direct else np.zeros(0, dtype=np.int64)
    alone = [c for c, year in zip(direct, years, strict=True) if (years == year).sum() < schoolshifts.FEWEST_SCHOOLS]
    if not alone or not len(numeric):
        return []
    now, before = schoolshifts.sides(archive, alone)
    shifts = []
    for place, comparable in enumerate(alone):
        windows = np.append(comparable.others, comparable.window)
        alike = schoolshifts.correlation(archive, windows)[numeric]
        pair = (now.tally(place, numeric), before.tally(place, numeric))
        compared = comparisons.compare(*pair, archive.known.scores[numeric], alike, np.ones(len(numeric), dtype=bool))
        changed = judge(compared, len(alone), policy)
        order = np.argsort(-np.where(changed, compared.distance, 0.0), kind="stable")[: int(changed.sum())]
        distance = compared.distance[order[0]] if len(order) else compared.distance.max()
        shifts.append(WindowShift(comparable, tuple(int(numeric[index]) for index in order), float(distance)))
    return shifts


def judge(compared: comparisons.Comparison, windows: int, policy: gatepolicies.Drift) -> clusters.BoolArray:
    """Inputs of one window that are called changed; shape (f,).

    A change needs both: too large for chance over all inputs and windows of the look (Bonferroni over windows), and larger
    than the policy allows a difference to be.

    Args:
        compared: p-values of its inputs as one family.
        windows: how many windows are looked at.
        policy: limits.
    """
    return np.asarray((compared.adjusted * windows <= LEVEL) & (compared.distance > policy.ks_limit))
