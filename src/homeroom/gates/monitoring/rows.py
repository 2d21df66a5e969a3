"""Rows of predictions at a school: read there, sketched there, and never sent."""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from homeroom.domain import errors
from homeroom.stats import clusters

MAX_BYTES = 256 << 20
"""Of plain text: about two million predictions of one school."""
NEEDED = ("date", "pupil_token", "year_group", "score")
_GZIP = b"\x1f\x8b"
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _+./-]{0,62}")

Strings = npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """Parsed rows, one for each prediction.

    Attributes:
        day: shape (n,); of the prediction.
        pupil: shape (n,); number of the pupil, good inside this value only.
        year_group: shape (n,).
        group: shape (n,); number of the class; equal to ``pupil`` when classes are not known.
        has_classes: whether they are.
        score: shape (n,), in [0, 1].
        features: shape (n, f), in the order that was asked for.
        needed: shape (n,); 1, 0, or -1 where the outcome is not known.
        known_on: shape (n,); day on which the outcome became known.
    """

    day: npt.NDArray[np.datetime64]
    pupil: clusters.IntArray
    year_group: Strings
    group: clusters.IntArray
    has_classes: bool
    score: clusters.FloatArray
    features: clusters.FloatArray
    needed: clusters.IntArray
    known_on: npt.NDArray[np.datetime64]


def parse(content: bytes, features: Sequence[str]) -> Predictions:
    """Reads CSV, plain or gzip, with the columns ``date, pupil_token, year_group, score`` and those of the model.

    ``class_token``, ``outcome`` (0, 1 or empty) and ``outcome_date`` may be there.

    Raises:
        SpecError: it cannot be read; the text names line and column and shows no cell.
    """
    header, columns = _read(_plain(content))
    missing = [name for name in (*NEEDED, *features) if name not in header]
    if missing:
        raise errors.SpecError(f"the predictions lack columns: {', '.join(repr(name[:63]) for name in missing[:8])}")
    by_name = dict(zip(header, columns, strict=True))
    pupil = np.unique(by_name["pupil_token"], return_inverse=True)[1].astype(np.int64)
    classes = by_name.get("class_token")
    count = len(pupil)
    outcome = by_name.get("outcome", [""] * count)
    day = _days("date", by_name["date"])
    return Predictions(
        day=day,
        pupil=pupil,
        year_group=_words("year_group", by_name["year_group"]),
        group=pupil if classes is None else np.unique(classes, return_inverse=True)[1].astype(np.int64),
        has_classes=classes is not None,
        score=_scores(by_name["score"]),
        features=np.column_stack([_numbers(name, by_name[name]) for name in features]).reshape(count, len(features)),
        needed=_outcomes(outcome),
        known_on=_known_on(by_name.get("outcome_date"), outcome, by_name["date"]),
    )


def _known_on(given: list[str] | None, outcome: list[str], dates: list[str]) -> npt.NDArray[np.datetime64]:
    chosen = given or dates
    return _days(
        "outcome_date", [day if known and day else own for day, known, own in zip(chosen, outcome, dates, strict=True)]
    )


def _plain(content: bytes) -> str:
    try:
        if content.startswith(_GZIP):
            with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
                content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise errors.SpecError(f"the predictions are more than {MAX_BYTES} bytes of text: sketch them by term")
        return content.decode("utf-8")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as exc:
        raise errors.SpecError("the predictions are no CSV in UTF-8, plain or gzip") from exc


def _read(text: str) -> tuple[list[str], list[list[str]]]:
    try:
        table = list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error as exc:
        raise errors.SpecError(f"the predictions are not CSV: {exc}") from exc
    if len(table) < 2:  # noqa: PLR2004 - a header and a row
        raise errors.SpecError("the predictions have no rows under their header")
    header = table[0]
    if len(set(header)) != len(header):
        raise errors.SpecError("the predictions have a column twice")
    ragged = next((line for line, row in enumerate(table, 1) if len(row) != len(header)), None)
    if ragged is not None:
        raise errors.SpecError(f"line {ragged} of the predictions has not as many cells as the header")
    return header, [list(column) for column in zip(*table[1:], strict=True)]


def _days(name: str, cells: list[str]) -> npt.NDArray[np.datetime64]:
    for line, cell in enumerate(cells, 2):
        try:
            date.fromisoformat(cell)
        except ValueError as exc:
            raise errors.SpecError(f"line {line}, column {name!r}: not a date such as 2026-09-21") from exc
    return np.array(cells, dtype="datetime64[D]")


def _words(name: str, cells: list[str]) -> Strings:
    bad = next((line for line, cell in enumerate(cells, 2) if not _WORD.fullmatch(cell)), None)
    if bad is not None:
        raise errors.SpecError(f"line {bad}, column {name!r}: not of the expected form")
    return np.array(cells, dtype=np.str_)


def _numbers(name: str, cells: list[str]) -> clusters.FloatArray:
    try:
        numbers = np.array(cells, dtype=np.float64)
    except ValueError as exc:
        raise errors.SpecError(f"column {name!r} holds something that is not a number") from exc
    bad = np.flatnonzero(~np.isfinite(numbers))
    if len(bad):
        raise errors.SpecError(f"line {bad[0] + 2}, column {name!r}: not a finite number")
    return numbers


def _scores(cells: list[str]) -> clusters.FloatArray:
    scores = _numbers("score", cells)
    if scores.min() < 0 or scores.max() > 1:
        raise errors.SpecError("column 'score' must be between 0 and 1")
    return scores


def _outcomes(cells: list[str]) -> clusters.IntArray:
    meaning = {"": -1, "0": 0, "1": 1}
    bad = next((line for line, cell in enumerate(cells, 2) if cell not in meaning), None)
    if bad is not None:
        raise errors.SpecError(f"line {bad}, column 'outcome': write 0, 1, or nothing while it is not known")
    return np.array([meaning[cell] for cell in cells], dtype=np.int64)
