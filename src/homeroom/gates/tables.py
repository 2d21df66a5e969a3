"""The evaluation table: cross-fitted scores, outcomes and groups, one row per pupil and year-group move, no identifier."""

import csv
import io
import re
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from homeroom.domain import digests, errors, releases
from homeroom.stats import clusters

MAX_BYTES = 32 << 20
MAX_PLAIN_BYTES = 256 << 20
"""A table of two million rows; what unpacks to more is refused before it fills the memory."""
MAX_COLUMNS = 600
MISSING = "missing"
"""Group value of a pupil for whom it was not recorded; never compared with anybody."""

_SITE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TOKEN = re.compile(r"[0-9a-f]{16,64}")
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9 _+.-]{0,62}")
_IDENTIFIERS = frozenset(
    {"pupil", "pupil_id", "student", "student_id", "name", "first_name", "last_name", "birth_date"}
)
_SHOWN = 8

Strings = npt.NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False)
class EvaluationTable:
    """Parsed rows.

    Attributes:
        digest: of the compressed bytes.
        sites: distinct site ids, sorted.
        site: shape (n,); index into ``sites``.
        year_group: shape (n,).
        needed: shape (n,); the outcome: whether the pupil turned out to need what is offered.
        scores: cross-fitted scores of each stage, each of shape (n,), in [0, 1].
        features: shape (n, k), float32, in the order of the release.
        groups: by column, each of shape (n,).
        band: shape (n,); band of each row.
        period: shape (n,); first day of the term or window in which a row was scored, as an ISO date; None where the
            table has no such column.
        pupil: shape (n,); index of each row's pupil by an opaque token; None where the table has no such column.
    """

    digest: digests.Digest
    sites: tuple[str, ...]
    site: clusters.IntArray
    year_group: Strings
    needed: clusters.BoolArray
    scores: dict[releases.Stage, clusters.FloatArray]
    features: npt.NDArray[np.float32]
    groups: dict[str, Strings]
    band: Strings
    period: Strings | None = None
    pupil: clusters.IntArray | None = None

    def __len__(self) -> int:
        return len(self.needed)


def parse(
    content: bytes,
    *,
    features: Sequence[str],
    groups: Sequence[str],
    stages: Sequence[releases.Stage],
    bands: Sequence[str],
) -> EvaluationTable:
    """Reads a csv.gz table.

    Args:
        content: compressed bytes.
        features: columns of the release's input, in order.
        groups: group columns that the policy compares.
        stages: stages of the release; each needs its column of scores.
        bands: bands of the release; with more than one the table needs the column ``band``.

    Raises:
        SpecError: the bytes or the table cannot be judged; the text says what to change and shows no cell.
    """
    header, columns = _read(_unpack(content))
    wanted = ["site_id", "year_group", "outcome", *(f"score_{stage.value}" for stage in stages), *features, *groups]
    _refuse_bad_header(header, wanted)
    by_name = dict(zip(header, columns, strict=True))
    pupil = by_name.get("pupil_token")
    site_names, site = np.unique(_words("site_id", by_name["site_id"], _SITE), return_inverse=True)
    return EvaluationTable(
        digest=digests.of_bytes(content),
        sites=tuple(site_names.tolist()),
        site=site.astype(np.int64),
        year_group=_words("year_group", by_name["year_group"], _WORD),
        needed=_outcome(by_name["outcome"]),
        scores={stage: _score(f"score_{stage.value}", by_name) for stage in stages},
        features=np.column_stack([_numbers(name, by_name[name]) for name in features]).astype(np.float32),
        groups={name: _words(name, [cell or MISSING for cell in by_name[name]], _WORD) for name in groups},
        band=_bands(by_name, bands),
        period=None if "period" not in by_name else _words("period", by_name["period"], _DATE),
        pupil=None if pupil is None else _pupils(pupil),
    )


def _unpack(content: bytes) -> str:
    if len(content) > MAX_BYTES:
        raise errors.SpecError(f"the evaluation table has {len(content)} bytes; at most {MAX_BYTES} are read")
    unpacker = zlib.decompressobj(wbits=31)
    try:
        plain = unpacker.decompress(content, MAX_PLAIN_BYTES + 1)
    except zlib.error as exc:
        raise errors.SpecError("the evaluation table is not a gzip file: compress the CSV with gzip") from exc
    if len(plain) > MAX_PLAIN_BYTES:
        raise errors.SpecError(f"the evaluation table unpacks to more than {MAX_PLAIN_BYTES} bytes")
    if not unpacker.eof:
        raise errors.SpecError("the evaluation table ends too early: upload it again")
    try:
        return plain.decode("utf-8")
    except UnicodeDecodeError as exc:
        raise errors.SpecError("the evaluation table is not UTF-8 text") from exc


def _read(text: str) -> tuple[list[str], list[list[str]]]:
    try:
        rows = list(csv.reader(io.StringIO(text), strict=True))
    except csv.Error as exc:
        raise errors.SpecError(f"the evaluation table is not CSV: {exc}") from exc
    if not rows[1:]:
        raise errors.SpecError("the evaluation table has no rows under its header")
    header = rows[0]
    if len(header) > MAX_COLUMNS:
        raise errors.SpecError(f"the evaluation table has {len(header)} columns; at most {MAX_COLUMNS} are read")
    ragged = next((number for number, row in enumerate(rows, 1) if len(row) != len(header)), None)
    if ragged is not None:
        raise errors.SpecError(f"line {ragged} of the evaluation table has not as many cells as its header")
    return header, [list(column) for column in zip(*rows[1:], strict=True)]


def _refuse_bad_header(header: list[str], wanted: list[str]) -> None:
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise errors.SpecError(f"the evaluation table has columns twice: {_listed(twice)}")
    missing = [name for name in wanted if name not in header]
    if missing:
        raise errors.SpecError(f"the evaluation table lacks columns that release or policy need: {_listed(missing)}")
    identifying = sorted(_IDENTIFIERS.intersection(name.lower() for name in header))
    if identifying:
        raise errors.SpecError(f"the evaluation table names pupils; leave these columns out: {_listed(identifying)}")


def _listed(names: list[str]) -> str:
    return ", ".join(repr(name[:63]) for name in names[:_SHOWN]) + (" and more" if names[_SHOWN:] else "")


def _words(name: str, cells: list[str], pattern: re.Pattern[str]) -> Strings:
    bad = next((number for number, cell in enumerate(cells, 2) if not pattern.fullmatch(cell)), None)
    if bad is not None:
        raise errors.SpecError(f"line {bad}, column {name!r}: not of the expected form")
    return np.array(cells, dtype=np.str_)


def _numbers(name: str, cells: list[str]) -> clusters.FloatArray:
    try:
        numbers = np.array(cells, dtype=np.float64)
    except ValueError as exc:
        raise errors.SpecError(f"column {name!r} holds something that is not a number") from exc
    bad = np.flatnonzero(~np.isfinite(numbers) | (np.abs(numbers) > np.finfo(np.float32).max))
    if len(bad):
        raise errors.SpecError(f"line {bad[0] + 2}, column {name!r}: not a finite number")
    return numbers


def _bands(by_name: dict[str, list[str]], bands: Sequence[str]) -> Strings:
    if "band" not in by_name and len(bands) == 1:
        return np.full(len(by_name["outcome"]), bands[0])
    if "band" not in by_name:
        raise errors.SpecError(f"the release serves {len(bands)} bands: the evaluation table needs a column 'band'")
    found = _words("band", by_name["band"], _WORD)
    other = sorted(set(found.tolist()) - set(bands))
    if other:
        raise errors.SpecError(f"column 'band' holds bands that the release does not serve: {_listed(other)}")
    return found


def _pupils(cells: list[str]) -> clusters.IntArray:
    tokens = _words("pupil_token", cells, _TOKEN)
    return np.unique(tokens, return_inverse=True)[1].astype(np.int64)


def _outcome(cells: list[str]) -> clusters.BoolArray:
    numbers: npt.NDArray[Any] = _numbers("outcome", cells)
    if not np.isin(numbers, (0.0, 1.0)).all():
        raise errors.SpecError("column 'outcome' must be 0 or 1")
    return np.asarray(numbers == 1.0)


def _score(name: str, by_name: dict[str, list[str]]) -> clusters.FloatArray:
    numbers = _numbers(name, by_name[name])
    if numbers.min() < 0.0 or numbers.max() > 1.0:
        raise errors.SpecError(f"column {name!r} must be between 0 and 1")
    return numbers
