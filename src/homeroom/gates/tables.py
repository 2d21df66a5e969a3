"""Reads an evaluation table from a csv.gz: every cell is looked at, and what does not fit is named by line and column."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from homeroom.domain import digests, errors, releases
from homeroom.gates import evaluationtables
from homeroom.gates.reading import blocks, cells, files, headings, repeats
from homeroom.stats import clusters

Assembled = clusters.FloatArray | evaluationtables.Float32 | blocks.Named


def parse(
    content: bytes,
    *,
    features: Sequence[str],
    groups: Sequence[str],
    stages: Sequence[releases.Stage],
    bands: Sequence[str],
    minimum_cell: int = 10,
) -> evaluationtables.EvaluationTable:
    """Reads a csv.gz table.

    Args:
        content: compressed bytes.
        features: columns of the release's input, in order.
        groups: group columns that the policy compares.
        stages: stages of the release; each needs its column of scores.
        bands: bands of the release; with more than one the table needs the column ``band``.
        minimum_cell: no smaller number of pupils is named in an error.

    Raises:
        SpecError: the bytes or the table cannot be judged; the text says what to change and shows no cell.
    """
    rows = files.count_rows(content)
    if rows == 0:
        raise errors.SpecError("the evaluation table has no rows under its heading")
    columns = _read(content, rows, _forms(features, groups, stages))
    site = _labels(_named(columns, "site_id"))
    table = evaluationtables.EvaluationTable(
        digest=digests.of_bytes(content),
        sites=site.words,
        site=site.codes.astype(np.int64),
        year_group=_labels(_named(columns, "year_group")),
        needed=_numbers(columns, "outcome") == 1.0,
        scores={stage: _numbers(columns, f"score_{stage.value}") for stage in stages},
        features=_features(columns, features),
        groups={name: _recorded(_named(columns, name)) for name in groups},
        band=_bands(columns, bands, rows),
        period=_labels(_named(columns, "period")) if "period" in columns else None,
        pupil=_labels(_named(columns, "pupil_token")).codes.astype(np.int64) if "pupil_token" in columns else None,
    )
    _refuse_one_outcome(table)
    repeats.refuse(table, minimum_cell)
    return table


def _forms(features: Sequence[str], groups: Sequence[str], stages: Sequence[releases.Stage]) -> dict[str, cells.Form]:
    """Columns that release and policy need, and what their cells may hold."""
    own: dict[str, cells.Form] = {
        "site_id": cells.SITE,
        "year_group": cells.NAME,
        "outcome": cells.OUTCOME,
        **{f"score_{stage.value}": cells.SCORE for stage in stages},
    }
    answers = sorted(set(own) & set(features))
    if answers:
        raise errors.SpecError(
            f"a feature of the release has the name of what is to be found out: {headings.listed(answers)}"
        )
    both = sorted(set(groups) & (set(own) | set(features)) - {"year_group"})
    if both:
        raise errors.SpecError(
            f"the policy takes columns for groups that are something else here: {headings.listed(both)}"
        )
    return {**dict.fromkeys(groups, cells.GROUP), **dict.fromkeys(features, cells.FEATURE), **own}


_WHERE_GIVEN: dict[str, cells.Form] = {
    "band": cells.NAME,
    "period": cells.PERIOD,
    "pupil_token": cells.TOKEN,
}


def _read(content: bytes, rows: int, needed: dict[str, cells.Form]) -> dict[str, Assembled]:
    pieces = files.blocks(content)
    first = next(pieces)
    line, _, rest = first.content.partition(b"\n")
    header = headings.parse(line)
    headings.refuse(header, needed)
    forms = needed | {name: form for name, form in _WHERE_GIVEN.items() if name in header}
    wanted = tuple(blocks.Wanted(name, header.index(name), form) for name, form in forms.items())
    into = _Assembly(wanted, rows)
    if rest:
        into.add(blocks.read(files.Block(2, rest), wanted, len(header)))
    for block in pieces:
        into.add(blocks.read(block, wanted, len(header)))
    return into.columns()


class _Assembly:
    """Columns that grow block by block; words are numbered as they are first met."""

    def __init__(self, wanted: tuple[blocks.Wanted, ...], rows: int) -> None:
        self._filled = 0
        self._codes: dict[str, dict[str, int]] = {}
        self._values: dict[str, npt.NDArray[np.generic]] = {}
        for column in wanted:
            is_feature = column.form is cells.FEATURE
            if isinstance(column.form, cells.Words):
                self._codes[column.name] = {}
            kind = np.int32 if isinstance(column.form, cells.Words) else np.float32 if is_feature else np.float64
            self._values[column.name] = np.empty(rows, dtype=kind)

    def add(self, block: dict[str, blocks.Column]) -> None:
        size = 0
        for name, column in block.items():
            values = self._renumbered(name, column) if isinstance(column, blocks.Named) else column
            size = len(values)
            self._values[name][self._filled : self._filled + size] = values
        self._filled += size

    def columns(self) -> dict[str, Assembled]:
        words = {name: tuple(codes) for name, codes in self._codes.items()}
        return {
            name: blocks.Named(codes=values.astype(np.int32, copy=False), words=words[name])
            if name in words
            else np.asarray(values)
            for name, values in self._values.items()
        }

    def _renumbered(self, name: str, column: blocks.Named) -> cells.Codes:
        known = self._codes[name]
        here = np.array([known.setdefault(word, len(known)) for word in column.words], dtype=np.int32)
        return here[column.codes]


def _named(columns: dict[str, Assembled], name: str) -> blocks.Named:
    found = columns[name]
    if not isinstance(found, blocks.Named):
        raise errors.Defect(f"column {name!r} was read as numbers")
    return found


def _numbers(columns: dict[str, Assembled], name: str) -> clusters.FloatArray:
    return _numeric(columns[name], name).astype(np.float64, copy=False)


def _numeric(found: Assembled, name: str) -> clusters.FloatArray | evaluationtables.Float32:
    if isinstance(found, blocks.Named):
        raise errors.Defect(f"column {name!r} was read as words")
    return found


def _features(columns: dict[str, Assembled], names: Sequence[str]) -> evaluationtables.Features:
    # Taken out one by one, so that there is never a second copy of them all.
    return evaluationtables.Features.of(_numeric(columns.pop(name), name) for name in names)


def _labels(column: blocks.Named) -> evaluationtables.Labels:
    return evaluationtables.Labels.of(column.words, column.codes)


def _recorded(column: blocks.Named) -> evaluationtables.Labels:
    return evaluationtables.Labels.of((word or evaluationtables.MISSING for word in column.words), column.codes)


def _bands(columns: dict[str, Assembled], bands: Sequence[str], rows: int) -> evaluationtables.Labels:
    if "band" not in columns:
        if len(bands) == 1:
            return evaluationtables.Labels.repeat(bands[0], rows)
        raise errors.SpecError(f"the release serves {len(bands)} bands: the evaluation table needs a column 'band'")
    found = _named(columns, "band")
    if not set(bands).issuperset(found.words):
        raise errors.SpecError(f"column 'band' holds others than the release serves: {headings.listed(sorted(bands))}")
    return _labels(found)


def _refuse_one_outcome(table: evaluationtables.EvaluationTable) -> None:
    if table.needed.all() or not table.needed.any():
        raise errors.SpecError(
            f"column 'outcome' is {int(table.needed[0])} in every row: nothing can be judged where all turned out alike; "
            "look at how the outcome was made"
        )
