"""Betting against "nothing got worse": evidence that may be looked at every week without growing by looking.

An e-value is what a gambler who starts with 1 holds after betting that losses are above the baseline. When the mean loss
is at most the baseline, nobody can expect more than 1, whenever the game is stopped; so wealth of 20 or more comes up in at
most 1 of 20 schools in the whole year, however often somebody looks. Restarting (each school year) is the caller's.
"""

import numpy as np
from scipy import special

from homeroom.stats import clusters

STAKES = np.linspace(0.02, 0.9, 24)
"""Shares of wealth that are bet, in equal parts: small ones find small changes late, large ones large changes soon.
All are below 1, so that no single outcome can take everything."""


def log_growth(
    losses: clusters.FloatArray, rows: clusters.FloatArray, baseline: clusters.FloatArray
) -> clusters.FloatArray:
    """What one window adds to the logarithm of each stake's wealth.

    Args:
        losses: any shape; sum of the losses of a window, each loss in [0, 1].
        rows: same shape; number of losses in it, each of another pupil.
        baseline: same shape or a scalar array; mean loss that counts as unchanged, in [0, 1].

    Returns:
        That shape and a last axis of 24. A window without rows adds 0.
        Example: one loss of 1, baseline 0.25, stake 0.9 adds log(1 + 0.9 * 0.75) = 0.5158.

    Source:
        Waudby-Smith and Ramdas 2024, JRSS B 86(1), section 4. For losses between 0 and 1 only their sum is used: the
        logarithm is concave, so the straight line between its ends never claims more than the losses one by one would.
    """
    won = np.log1p(STAKES * (1 - np.asarray(baseline)[..., None]))
    lost = np.log1p(-STAKES * np.asarray(baseline)[..., None])
    growth: clusters.FloatArray = losses[..., None] * won + (rows - losses)[..., None] * lost
    return growth


def log_evalue(log_wealth: clusters.FloatArray) -> clusters.FloatArray:
    """Logarithm of the mean wealth over stakes.

    Args:
        log_wealth: shape (..., 24); sums of ``log_growth`` over windows, or over windows and schools.

    Returns:
        Shape (...); 0 before anything was seen. Example: wealth 3 at every stake gives log 3.
    """
    value: clusters.FloatArray = special.logsumexp(log_wealth, axis=-1) - np.log(log_wealth.shape[-1])
    return value


def path(losses: clusters.FloatArray, rows: clusters.FloatArray, baseline: clusters.FloatArray) -> clusters.FloatArray:
    """Logarithm of the e-value after each window.

    Args:
        losses: shape (..., t); windows in the order of time.
        rows: same shape.
        baseline: same shape or a scalar array.

    Returns:
        Shape (..., t). Alarm where it reaches log(1/alpha).
    """
    return log_evalue(log_growth(losses, rows, baseline).cumsum(axis=-2))


def first_alarm(log_evalues: clusters.FloatArray, alpha: float) -> clusters.IntArray:
    """Index of the first window with an e-value of at least 1/alpha, -1 where there is none.

    Args:
        log_evalues: shape (..., t).
        alpha: chance of ever being wrong about a school where nothing changed.

    Returns:
        Shape (...). Example: e-values 2, 25, 3 and alpha 0.05 give 1.
    """
    # A hair of tolerance: exp and log of one threshold must not decide.
    reached = log_evalues >= -np.log(alpha) - 1e-12
    return np.where(reached.any(axis=-1), reached.argmax(axis=-1), -1)
