"""For each row the row most like it: what a model would say about somebody just like this pupil."""

import numpy as np
import numpy.typing as npt
from scipy import spatial

from homeroom.stats import clusters

NOBODY = -1
_FAR = 20.0
"""Standard deviations from the mean; what lies further out counts as that far."""
_APART = 1e4
"""Standard deviations between strata: further than any two rows of one, with up to 60,000 columns."""


def nearest_in_stratum(
    values: npt.NDArray[np.float32], strata: tuple[clusters.IntArray, ...], chosen: clusters.BoolArray
) -> clusters.IntArray:
    """Nearest other row of the same stratum, by features in units of their standard deviation.

    Args:
        values: shape (n, k).
        strata: each of shape (n,); rows are of one stratum when all of these are equal.
        chosen: shape (n,); the rows that are looked at, as row and as neighbour.

    Returns:
        Shape (n,); index of the neighbour; ``NOBODY`` where a row was not chosen or is alone in its stratum.
        Example: values 0.0, 0.1, 5.0 of one stratum give 1, 0, 1.
    """
    found: clusters.IntArray = np.full(len(values), NOBODY, dtype=np.int64)
    where = np.flatnonzero(chosen)
    if len(where) < 2:  # noqa: PLR2004 - a pair
        return found
    # 0/1 columns that hardly vary would otherwise outweigh everything, and constant ones divide by zero.
    here = values[where].astype(np.float64)
    spread = here.std(axis=0)
    scaled = np.clip((here - here.mean(axis=0)) / np.where(spread > 0, spread, 1.0), -_FAR, _FAR)
    stratum = np.unique(np.column_stack([codes[where] for codes in strata]), axis=0, return_inverse=True)[1]
    points = np.column_stack([stratum.reshape(-1) * _APART, scaled])
    _, near = spatial.cKDTree(points).query(points, k=2)
    own = np.arange(len(where))
    # Where rows are equal the tree may name them in any order.
    other = np.where(near[:, 0] == own, near[:, 1], near[:, 0])
    same = stratum.reshape(-1)[other] == stratum.reshape(-1)
    found[where[same]] = where[other[same]]
    return found
