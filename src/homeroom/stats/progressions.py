"""How far each school moved from what the other schools' pupils did in the same move, shrunken by how sure that is.

Pupils grow. What is compared is therefore never last year's score with this year's, but where a school's pupils stand among
the pupils of the *other* schools, before and after.
"""

from dataclasses import dataclass

import numpy as np
from scipy import special

from homeroom.stats import clusters


@dataclass(frozen=True, slots=True)
class Moments:
    """Sums that add up over windows and never name a pupil, for each of k schools.

    Attributes:
        rows: shape (k,).
        sums: shape (k,); sum of the values.
        squares: shape (k,); sum of their squares.
    """

    rows: clusters.FloatArray
    sums: clusters.FloatArray
    squares: clusters.FloatArray


@dataclass(frozen=True, slots=True)
class Shifts:
    """How much the standing of each school changed, shape (k,), and the variance of each by chance."""

    difference: clusters.FloatArray
    variance: clusters.FloatArray


@dataclass(frozen=True, slots=True)
class Posterior:
    """What to believe of each school's shift.

    Attributes:
        mean: shape (k,); shrunken shift, in standard deviations of the year group.
        sd: shape (k,).
        centre: shift of all schools together.
        between: standard deviation of true shifts between schools; 0 when they differ by chance only.
    """

    mean: clusters.FloatArray
    sd: clusters.FloatArray
    centre: float
    between: float


def moments(values: clusters.FloatArray, school: clusters.IntArray, schools: int) -> Moments:
    """Sums of rows; ``school`` holds 0..schools-1 for each."""
    return Moments(
        rows=np.bincount(school, minlength=schools).astype(np.float64),
        sums=clusters.sum_by_cluster(school, schools, values),
        squares=clusters.sum_by_cluster(school, schools, values**2),
    )


def standings(found: Moments, design_effect: float = 1.0) -> Shifts:
    """Mean of each school in standard deviations of all other schools, and its variance by chance.

    Args:
        found: every school needs at least two rows, and there must be other schools.
        design_effect: by how much classes inflate the variance; 1 for independent pupils.

    Returns:
        Example: school A has 0 and 2, the others have mean 0 and standard deviation 1: standing 1, variance 2 / 2 = 1.
    """
    others_rows = found.rows.sum() - found.rows
    others_mean = (found.sums.sum() - found.sums) / others_rows
    others_square = (found.squares.sum() - found.squares) / others_rows - others_mean**2
    mean = found.sums / found.rows
    within = (found.squares - found.rows * mean**2) / (found.rows - 1)
    return Shifts(
        difference=(mean - others_mean) / np.sqrt(others_square),
        variance=design_effect * within / others_square / found.rows,
    )


def shifts(before: Shifts, after: Shifts) -> Shifts:
    """Change of standing; the variances add. The leave-one-out means make schools depend on each other by about 1/k."""
    return Shifts(difference=after.difference - before.difference, variance=before.variance + after.variance)


def shrink(found: Shifts) -> Posterior:
    """Empirical-Bayes posterior of each school's shift.

    Args:
        found: at least two schools with variances above 0.

    Returns:
        Posterior. Example: shifts -1, 0, 1 with variance 0.5 each: Q = 4, between variance (4 - 2) / (6 - 12/6) = 0.5,
        shrinkage 1/2: means -0.5, 0, 0.5, standard deviation 0.5.

    Source:
        DerSimonian and Laird 1986, Controlled Clinical Trials 7(3), for the variance between; the posterior is that of the
        normal-normal model, Efron and Morris 1975, JASA 70(350).
    """
    weight = 1.0 / found.variance
    total = weight.sum()
    centre = float((weight * found.difference).sum() / total)
    scatter = float((weight * (found.difference - centre) ** 2).sum())
    between = max(0.0, (scatter - (len(weight) - 1)) / float(total - (weight**2).sum() / total))
    share = between / (between + found.variance)
    return Posterior(
        mean=centre + share * (found.difference - centre),
        sd=np.sqrt(share * found.variance),
        centre=centre,
        between=float(np.sqrt(between)),
    )


def probability_beyond(posterior: Posterior, limit: float) -> clusters.FloatArray:
    """Probability that each school's shift is larger than ``limit``, up or down.

    Returns:
        Shape (k,). Example: mean 0.5, standard deviation 0.1, limit 0.5 give 0.5. Without any doubt left it is 0 or 1.
    """
    certain = posterior.sd <= 0
    sd = np.where(certain, 1.0, posterior.sd)
    beyond = special.ndtr((posterior.mean - limit) / sd) + special.ndtr((-limit - posterior.mean) / sd)
    found: clusters.FloatArray = np.where(certain, np.abs(posterior.mean) > limit, beyond)
    return found
