"""What of a table must be hidden so that nothing about a few pupils can be read or worked out."""

import numpy as np

from homeroom.stats import clusters

RANGES = ((300.0, 0.01), (100.0, 0.02), (40.0, 0.05), (0.0, 0.10))
"""From so many rows on, shares closer than this to 0 or 1 are shown as that; after the scales that US states publish by
(NCES 2011-603): a share of everybody tells about each of them."""

_NOTHING = 1e-6


def hidden(rows: clusters.FloatArray, events: clusters.FloatArray, minimum: float) -> clusters.BoolArray:
    """Cells of a table of shares to hide, when the sums of its rows and columns are known.

    Args:
        rows: shape (r, c); pupils behind each cell; 0 is an empty cell, which is hidden like a small one.
        events: shape (r, c); to how many of them it happened.
        minimum: fewest pupils that may be shown.

    Returns:
        Shape (r, c). Hidden are small cells, cells in which it happened to nobody or to all, and then more, until no line
        of two or more cells has exactly one hidden cell, nor hidden cells that are together too small, and no
        hidden cell follows from several lines together.
        Example: rows ``[[50, 4], [60, 70]]`` with minimum 10 hide all four: any one shown would give the 4 away.
    """
    found = (rows < minimum) | (events <= 0) | (events >= rows)
    margins = _margins(rows.shape)
    changed = True
    while changed:
        changed = any([_widen(rows, found, minimum), _widen(rows.T, found.T, minimum)])
        if not changed:
            changed = _hide_beside_derivable(rows, found, margins)
    return found


def _margins(shape: tuple[int, ...]) -> clusters.FloatArray:
    """Sums of all rows and columns over the cells of a table; shape (r+c, r*c)."""
    height, width = shape
    across = np.kron(np.eye(height), np.ones(width))
    return np.concatenate([across, np.kron(np.ones(height), np.eye(width))])


def _hide_beside_derivable(rows: clusters.FloatArray, found: clusters.BoolArray, margins: clusters.FloatArray) -> bool:
    """Hides one more cell in the line of a hidden cell that lines taken together still give away."""
    if min(rows.shape) == 1:
        return False
    cells, flat = np.eye(rows.size), found.ravel()
    secrets = np.flatnonzero(flat)
    given_away = secrets[derivable(np.concatenate([margins, cells[~flat]]), cells[flat])]
    for index in given_away:
        line, column = divmod(int(index), rows.shape[1])
        beside = np.full(rows.shape, np.inf)
        beside[line], beside[:, column] = rows[line], rows[:, column]
        beside[found] = np.inf
        if np.isfinite(beside).any():
            found[np.unravel_index(beside.argmin(), rows.shape)] = True
            return True
    return False


def _widen(rows: clusters.FloatArray, found: clusters.BoolArray, minimum: float) -> bool:
    """Hides the smallest shown cell of every line that gives something away; changes ``found`` in place."""
    changed = False
    if rows.shape[1] == 1:
        return changed
    for line, flags in zip(rows, found, strict=True):
        while flags.any() and not flags.all() and (flags.sum() == 1 or line[flags].sum() < minimum):
            flags[np.where(flags, np.inf, line).argmin()] = True
            changed = True
    return changed


def derivable(shown: clusters.FloatArray, secret: clusters.FloatArray) -> clusters.BoolArray:
    """Which secrets can be worked out from what is shown by adding and subtracting.

    Args:
        shown: shape (p, a); each published number as its sum over a basic cells.
        secret: shape (s, a); likewise.

    Returns:
        Shape (s,). Example: a total and one of its two parts give the other part away.
    """
    if not len(shown):
        return np.zeros(len(secret), dtype=bool)
    _, sizes, directions = np.linalg.svd(shown, full_matrices=False)
    basis = directions[sizes > 1e-9 * max(1.0, float(sizes[0]))]
    left = secret - (secret @ basis.T) @ basis
    return np.asarray(np.abs(left).max(axis=1, initial=0.0) < _NOTHING)


def derived(
    shown: clusters.FloatArray, numbers: clusters.FloatArray, wanted: clusters.FloatArray
) -> clusters.FloatArray:
    """Numbers that follow from published ones.

    Args:
        shown: shape (p, a); as for ``derivable``.
        numbers: shape (p,); the published numbers.
        wanted: shape (s, a).

    Returns:
        Shape (s,); NaN where it does not follow. Example: 50 in all and 46 in one of two parts give 4 in the other.
    """
    follows = derivable(shown, wanted)
    return np.where(follows, _weights(shown, wanted) @ numbers, np.nan)


def consistent(shown: clusters.FloatArray, numbers: clusters.FloatArray) -> bool:
    """Whether published numbers can all be sums over the same cells. Example: 50 in all and 46 in the only part cannot."""
    cells = np.linalg.lstsq(shown, numbers, rcond=None)[0]
    return bool(np.allclose(shown @ cells, numbers, atol=_NOTHING))


def _weights(shown: clusters.FloatArray, wanted: clusters.FloatArray) -> clusters.FloatArray:
    """How published numbers add up to wanted ones; shape (s, p)."""
    return np.asarray(np.linalg.lstsq(shown.T, wanted.T, rcond=None)[0].T)


def withheld(
    shown: clusters.FloatArray, sizes: clusters.FloatArray, secret: clusters.FloatArray, known: clusters.FloatArray
) -> tuple[clusters.BoolArray, clusters.BoolArray]:
    """Numbers to withhold so that no secret can be worked out from those that are left and what is known besides.

    Of the numbers that a secret follows from, the one about the fewest pupils goes first.

    Args:
        shown: shape (p, a); numbers that could be published, as for ``derivable``.
        sizes: shape (p,); pupils behind each.
        secret: shape (s, a).
        known: shape (k, a); numbers that everybody has already.

    Returns:
        What to withhold, shape (p,), and which secrets follow from ``known`` alone, shape (s,): these cannot be kept.
    """
    found: clusters.BoolArray = np.zeros(len(shown), dtype=bool)
    lost = derivable(known, secret)
    kept = secret[~lost]
    while True:
        together = np.concatenate([known, shown[~found]])
        follows = kept[derivable(together, kept)]
        if not len(follows):
            return found, lost
        part = np.abs(_weights(together, follows[:1])[0, len(known) :]) > _NOTHING
        left = np.flatnonzero(~found)[part]
        found[left[sizes[left].argmin()]] = True


def recoded(share: float, rows: float) -> float:
    """Share as it may be shown: not closer to 0 or 1 than so many rows allow. Example: 0.995 of 120 rows gives 0.98."""
    edge = next(edge for least, edge in RANGES if rows >= least)
    return min(max(share, edge), 1 - edge)
