"""What a window may be compared with: the same time of the school year, in the same school and year group."""

import enum
from dataclasses import dataclass

import numpy as np

from homeroom.gates.monitoring import archives
from homeroom.resources import gatepolicies
from homeroom.stats import clusters

YEAR_WEIGHTS = (1.0, 0.7, 0.5)
"""What last year, the year before and earlier ones weigh (education.md A1)."""
FRESH = np.timedelta64(21, "D")
"""A school whose last window is older is silent: nothing is said about it."""


class Basis(enum.Enum):
    """Where the reference comes from, best first."""

    MATCHED = "same time of earlier school years"
    THIS_YEAR = "same kind of time earlier this school year"
    SEASON = "what the season of last year lets expect"
    NONE = "no comparable period"


@dataclass(frozen=True, slots=True)
class Comparable:
    """What one present window is compared with.

    Attributes:
        window: index of the present window.
        basis: where the others are from.
        others: indices of the windows compared with.
        weights: shape as ``others``.
    """

    window: int
    basis: Basis
    others: clusters.IntArray
    weights: clusters.FloatArray


def present(archive: archives.Archive, today: np.datetime64) -> clusters.IntArray:
    """Index of the latest window of each school and year group of this school year, if it is fresh."""
    latest: dict[tuple[int, int], int] = {}
    for index in np.flatnonzero((archive.age == 0) & (today - archive.week <= FRESH)):
        key = (int(archive.site[index]), int(archive.year_group[index]))
        if key not in latest or archive.week[index] > archive.week[latest[key]]:
            latest[key] = int(index)
    return np.array([latest[key] for key in sorted(latest)], dtype=np.int64)


def find(archive: archives.Archive, window: int, policy: gatepolicies.Drift) -> Comparable:
    """The best reference that there is for a window.

    The ladder: same phase and about the same teaching week in earlier years; same phase earlier this year; earlier years in
    any phase, told apart by phase and season; nothing.
    """
    own = (archive.site == archive.site[window]) & (archive.year_group == archive.year_group[window])
    phase = archive.phase == archive.phase[window]
    earlier = own & (archive.age >= 1) & (archive.age <= policy.history_years)
    near = np.abs(archive.teaching_week - archive.teaching_week[window]) <= policy.week_tolerance
    matched = np.flatnonzero(earlier & phase & near)
    if len(matched):
        weight = np.array([YEAR_WEIGHTS[min(age, len(YEAR_WEIGHTS)) - 1] for age in archive.age[matched].tolist()])
        return Comparable(window, Basis.MATCHED, matched, weight)
    this_year = np.flatnonzero(own & phase & (archive.age == 0) & (archive.week < archive.week[window]))
    if len(this_year):
        return Comparable(window, Basis.THIS_YEAR, this_year, np.ones(len(this_year)))
    season = np.flatnonzero(earlier & (archive.age == 1))
    if len(season):
        return Comparable(window, Basis.SEASON, season, np.ones(len(season)))
    return Comparable(window, Basis.NONE, season, np.zeros(0))
