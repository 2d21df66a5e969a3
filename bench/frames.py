"""The frames that every contestant gets: made from a seed column by column, so that nobody holds more than is needed."""

import zlib

import numpy as np
import numpy.typing as npt

NUMERIC = tuple(f"n{index}" for index in range(16))
CATEGORICAL = tuple(f"c{index}" for index in range(4))
CATEGORIES = tuple("abcdefgh")
REFERENCE, CURRENT = 0, 1
SHIFTED = NUMERIC[0]
"""Differs by half a standard deviation between the frames, so that a contestant that finds nothing is seen."""

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]


def numeric(which: int, name: str, rows: int) -> Floats:
    """One numeric column, shape (rows,): standard normal."""
    shift = 0.5 if which == CURRENT and name == SHIFTED else 0.0
    return _rng(which, name).normal(loc=shift, size=rows)


def categorical(which: int, name: str, rows: int) -> Codes:
    """Codes of one categorical column, shape (rows,), each of eight equally often."""
    return _rng(which, name).integers(0, len(CATEGORIES), rows)


def outcomes(rows: int) -> tuple[Codes, Codes]:
    """True and predicted outcome of each row, 0 or 1; shape (rows,) each."""
    truth = _rng(CURRENT, "truth").integers(0, 2, rows)
    kept = _rng(CURRENT, "prediction").random(rows) < 0.8
    return truth, np.where(kept, truth, 1 - truth)


def members(rows: int, groups: int) -> Codes:
    """Group of each row, 0..groups-1; shape (rows,)."""
    return _rng(CURRENT, f"group{groups}").integers(0, groups, rows)


def schools(rows: int, count: int) -> Codes:
    """School of each row, 0..count-1; shape (rows,)."""
    return _rng(CURRENT, "school").integers(0, count, rows)


def checksum(column: Floats | Codes) -> int:
    """Tells whether two contestants saw the same column."""
    return zlib.crc32(column.tobytes())


def _rng(which: int, name: str) -> np.random.Generator:
    return np.random.default_rng([which, *name.encode()])
