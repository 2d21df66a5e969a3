"""Counts of rows in cells, in one pass over the rows, and the rates of every resample of schools from them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from homeroom.stats import clusters

Codes = clusters.IntArray | clusters.BoolArray
CHUNK = 1 << 16
"""Rows at a time: what is computed for them stays in the processor's cache, and no memory is asked for but the counts."""


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Combinations of codes that some row has: many rows are few of them, and whatever is counted later reads these.

    Attributes:
        codes: for each axis the code of each cell, shape (u,).
        rows: shape (u,); rows of each cell.
        sums: shape (u,); sum of a value over the rows of each cell.
    """

    codes: tuple[clusters.IntArray, ...]
    rows: clusters.FloatArray
    sums: clusters.FloatArray


def occupied(codes: Sequence[Codes], shape: tuple[int, ...], values: clusters.FloatArray | None = None) -> Cells:
    """Cells of the rows.

    Args:
        codes: arrays of shape (n,), one for each axis, each 0..size-1.
        shape: sizes of the axes.
        values: shape (n,); what ``sums`` adds up; 1 for each row when left out.

    Returns:
        At most n cells, in the order of their codes. Example: codes ``[0, 0, 1]`` and ``[1, 1, 0]`` give the cells
        (0, 1) of two rows and (1, 0) of one.
    """
    flat, cells = _flat(codes, shape), math.prod(shape)
    if cells <= len(flat):
        rows = np.bincount(flat, minlength=cells)
        found = np.flatnonzero(rows)
        rows, sums = rows[found], None if values is None else np.bincount(flat, values, minlength=cells)[found]
    else:
        found, place, rows = np.unique(flat, return_inverse=True, return_counts=True)
        sums = None if values is None else np.bincount(place, values, minlength=len(found))
    counted = rows.astype(np.float64)
    return Cells(
        codes=tuple(code.astype(np.int64) for code in np.unravel_index(found, shape)),
        rows=counted,
        sums=counted if sums is None else sums.astype(np.float64),
    )


def count(codes: Sequence[Codes], shape: tuple[int, ...]) -> clusters.FloatArray:
    """Rows in each combination of codes.

    Args:
        codes: arrays of shape (n,), one for each axis, each 0..size-1.
        shape: sizes of the axes.

    Returns:
        Shape ``shape``. Example: codes ``[0, 0, 1]`` and ``[1, 1, 0]`` with shape (2, 2) give ``[[0, 2], [1, 0]]``.
    """
    return total(codes, shape, None)


def total(codes: Sequence[Codes], shape: tuple[int, ...], values: clusters.FloatArray | None) -> clusters.FloatArray:
    """Sum of ``values`` in each combination of codes; rows are counted where there are none."""
    flat = _flat(codes, shape)
    return np.bincount(flat, weights=values, minlength=math.prod(shape)).reshape(shape).astype(np.float64)


def _flat(codes: Sequence[Codes], shape: tuple[int, ...]) -> clusters.IntArray:
    flat = np.zeros(len(codes[0]), dtype=np.int64)
    for code, size in zip(codes, shape, strict=True):
        if size > 1:
            flat *= size
            flat += code
    return flat


def decided_counts(
    school: clusters.IntArray,
    group: clusters.IntArray,
    needed: clusters.BoolArray,
    offered: clusters.BoolArray,
    sizes: tuple[int, int],
) -> clusters.FloatArray:
    """Rows by school, group, outcome and decision: all that group rates are made of.

    Args:
        school: shape (n,), 0..k-1.
        group: shape (n,), 0..g-1.
        needed: shape (n,); the outcome.
        offered: shape (n,); the decision.
        sizes: k and g.

    Returns:
        Shape (k, g, 2, 2).
    """
    cells = sizes[0] * sizes[1] * 4
    counts = np.zeros(cells, dtype=np.int64)
    for start in range(0, len(school), CHUNK):
        rows = slice(start, start + CHUNK)
        # Two bits, the small end of the index: one byte a row instead of eight.
        both = needed[rows].view(np.uint8) * np.uint8(2) + offered[rows].view(np.uint8)
        counts += np.bincount((school[rows] * sizes[1] + group[rows]) * 4 + both, minlength=cells)
    return counts.reshape(*sizes, 2, 2).astype(np.float64)


def rates_of_resamples(counts: clusters.FloatArray, weights: clusters.FloatArray) -> clusters.FloatArray:
    """Five rates of every group in every resample of schools.

    Args:
        counts: shape (k, g, 2, 2) from ``decided_counts``.
        weights: shape (b, k).

    Returns:
        Shape (5, b, g): missed (of those in need), needless (of those without), offered, right (accuracy), and in need;
        NaN where a resample has nobody to speak of. Example: 3 of 10 in need not offered give missed 0.3.
    """
    schools, groups = counts.shape[:2]
    cells = (weights @ counts.reshape(schools, groups * 4)).reshape(len(weights), groups, 2, 2)
    need, free = cells[..., 1, :].sum(axis=-1), cells[..., 0, :].sum(axis=-1)
    everybody = need + free
    parts = (cells[..., 1, 0], cells[..., 0, 1], cells[..., 1].sum(axis=-1), cells[..., 1, 1] + cells[..., 0, 0], need)
    return np.stack(
        [divide(part, whole) for part, whole in zip(parts, (need, free, everybody, everybody, everybody), strict=True)]
    )


def divide(part: clusters.FloatArray, whole: clusters.FloatArray) -> clusters.FloatArray:
    """``part / whole`` where there is a whole, else NaN; shapes are broadcast. Example: 1 of 4 and 0 of 0: 0.25, NaN."""
    shape = np.broadcast_shapes(part.shape, whole.shape)
    found: clusters.FloatArray = np.full(shape, np.nan)
    np.divide(part, whole, out=found, where=np.broadcast_to(whole > 0, shape))
    return found
