"""What a week of the school year usually looks like, learned from one year of several schools."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from homeroom.stats import clusters

PAIRS = 2
"""Fourier pairs of the week of the year: a yearly wave and a half-yearly one."""


@dataclass(frozen=True, slots=True)
class Season:
    """A fitted year.

    Attributes:
        phases: phases that were seen, sorted; the first is the base.
        coefficients: shape (p,); phase differences, then sine and cosine of each pair.
        level: shape (k,); level of each school.
        weeks: weeks in the year.
        spread: standard deviation of what is left over.
    """

    phases: tuple[str, ...]
    coefficients: clusters.FloatArray
    level: clusters.FloatArray
    weeks: int
    spread: float

    def residuals(self, observed: "Weeks") -> clusters.FloatArray:
        """What each window differs from what its school, phase and week let expect; NaN for a phase never seen."""
        seen = np.isin(observed.phase, self.phases)
        expected = self.level[observed.school] + _design(observed, self.phases, self.weeks) @ self.coefficients
        return np.where(seen, observed.value - expected, np.nan)


@dataclass(frozen=True, slots=True)
class Weeks:
    """Weekly statistics of k schools.

    Attributes:
        value: shape (n,); such as the mean score of a feature.
        rows: shape (n,); pupils behind it, which weigh it.
        school: shape (n,); 0..k-1.
        phase: shape (n,).
        week: shape (n,); teaching week, from 1.
    """

    value: clusters.FloatArray
    rows: clusters.FloatArray
    school: clusters.IntArray
    phase: npt.NDArray[np.str_]
    week: clusters.IntArray


def fit(observed: Weeks, schools: int, weeks: int) -> Season:
    """Least squares on phase differences and two waves, with a level for each school.

    Args:
        observed: a year of windows; every school needs at least one.
        schools: number k; eight or more, or the waves follow single schools.
        weeks: teaching weeks in the year.

    Returns:
        Season. Example: schools at 0 and 1 with the same wave get the levels 0 and 1 and the coefficients of the wave.

    Source:
        Harmonic regression with fixed effects; Serfling 1963, Public Health Reports 78(6), for excess over a season.
    """
    phases = tuple(np.unique(observed.phase).tolist())
    owner = np.zeros((len(observed.value), schools))
    owner[np.arange(len(observed.value)), observed.school] = 1.0
    design = np.hstack([owner, _design(observed, phases, weeks)])
    root = np.sqrt(observed.rows)[:, None]
    solution, _, rank, _ = np.linalg.lstsq(design * root, observed.value * root[:, 0], rcond=None)
    left = observed.value - design @ solution
    freedom = max(1, len(left) - int(rank))
    spread = float(np.sqrt((observed.rows * left**2).sum() / observed.rows.mean() / freedom))
    return Season(phases, solution[schools:], solution[:schools], weeks, spread)


def _design(observed: Weeks, phases: tuple[str, ...], weeks: int) -> clusters.FloatArray:
    angle = 2 * np.pi * observed.week / weeks
    waves = [wave(pair * angle) for pair in range(1, PAIRS + 1) for wave in (np.sin, np.cos)]
    return np.column_stack([*[(observed.phase == phase).astype(np.float64) for phase in phases[1:]], *waves])
