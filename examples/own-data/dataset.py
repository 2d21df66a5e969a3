"""Rows of a CSV of one's own as arrays, by what ``columns.yaml`` says they mean."""

import csv
import gzip
import io
import pathlib
import re
import uuid
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from columns import Columns

from homeroom.gates.policies.columns import normalised
from homeroom.gates.reading import cells
from homeroom.training import documents

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "own-data.examples.homeroom.dev")
MISSING = "missing"
FEWEST_SCHOOLS, MOST_VALUES, SEED = 10, 20, 2026
"""Schools that the gates need to judge; values that a choice may have; of the tokens."""
LEAST_SPREAD = 0.01
"""Standard deviation of a number: an evaluation table keeps four decimals of it."""

Strings = npt.NDArray[np.str_]
Rows = list[dict[str, str]]


@dataclass(frozen=True)
class Dataset:
    """The rows of the file, in its order.

    Attributes:
        features: by column of the model; shape (n,), float32, numbers as they are and choices as 0 or 1.
        categories: columns of each choice.
        numbers: how many of the first features are numbers.
        outcome: shape (n,); 1 for who turned out to need what is offered.
        schools: id of each school by its name in the file.
        site_id: shape (n,).
        year_group: shape (n,).
        year_groups: each once, sorted.
        person: shape (n,); opaque tokens.
        period: first day of the row's term or year; shape (n,); None where the description names no period.
        groups: by column, for evaluation only.
    """

    features: dict[str, npt.NDArray[np.float32]]
    categories: dict[str, tuple[str, ...]]
    numbers: int
    outcome: npt.NDArray[np.int64]
    schools: dict[str, str]
    site_id: Strings
    year_group: Strings
    year_groups: tuple[str, ...]
    person: Strings
    period: Strings | None
    groups: dict[str, Strings]

    def matrix(self) -> npt.NDArray[np.float32]:
        """Features side by side; shape (n, columns)."""
        return np.column_stack(list(self.features.values()))


def read(path: pathlib.Path, columns: Columns) -> Dataset:
    """Reads the file.

    Raises:
        SystemExit: something does not fit; the text says what, where and what to change, and shows no cell.
    """
    rows = _rows(path, columns)
    names = sorted({row[columns.school] for row in rows})
    if len(names) < FEWEST_SCHOOLS:
        raise SystemExit(
            f"column {columns.school} names {len(names)} schools; at least {FEWEST_SCHOOLS} are needed to judge"
        )
    schools = {name: _site_id(name) for name in names}
    year = [normalised(row[columns.year_group]) for row in rows]
    spread = {name: [normalised(row[name]) for row in rows] for name in columns.choices} | {"year": year}
    categories = {name: _categories(name, values) for name, values in spread.items()}
    features = {normalised(name): _numbers(rows, name) for name in columns.numbers}
    for name, values in spread.items():
        features |= {f"{normalised(name)}_{value}": _is(values, value) for value in sorted(set(values))}
    return Dataset(
        features=features,
        categories=categories,
        numbers=len(columns.numbers),
        outcome=_outcome(rows, columns),
        schools=schools,
        site_id=np.array([schools[row[columns.school]] for row in rows]),
        year_group=np.array(year),
        year_groups=tuple(sorted(set(year))),
        person=documents.tokens([row[columns.person] for row in rows], seed=SEED),
        period=_period(rows, columns),
        groups={normalised(name): _group(rows, name, columns.missing) for name in columns.groups},
    )


def _rows(path: pathlib.Path, columns: Columns) -> Rows:
    try:
        content = path.read_bytes()
        text = (gzip.decompress(content) if path.suffix == ".gz" else content).decode("utf-8-sig")
    except (OSError, EOFError, UnicodeDecodeError) as exc:
        raise SystemExit(f"{path}: cannot be read as UTF-8 text: {exc}") from exc
    reader = csv.DictReader(io.StringIO(text, newline=""))
    lacking = [name for name in columns.all() if name not in (reader.fieldnames or ())]
    if lacking:
        raise SystemExit(f"{path}: the heading lacks {', '.join(lacking)}: change the heading or the description")
    rows = list(reader)
    if not rows:
        raise SystemExit(f"{path}: there is no row under the heading")
    for line, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise SystemExit(f"{path}: row {line} has not as many cells as the heading: quote cells that hold commas")
    return rows


def _site_id(name: str) -> str:
    """A school's UUID as it is, or one made of its name, the same on every machine."""
    try:
        return str(uuid.UUID(name))
    except ValueError:
        return str(uuid.uuid5(NAMESPACE, name))


def _categories(name: str, values: list[str]) -> tuple[str, ...]:
    known = sorted(set(values))
    if "" in known:
        raise SystemExit(f"column {name} is empty in row {2 + values.index('')}: write a word such as unknown there")
    if name != "year" and len(known) > MOST_VALUES:
        raise SystemExit(
            f"column {name} has {len(known)} different values; at most {MOST_VALUES} are a choice: join some"
        )
    return tuple(f"{normalised(name)}_{value}" for value in known)


def _numbers(rows: Rows, name: str) -> npt.NDArray[np.float32]:
    found = np.empty(len(rows), dtype=np.float32)
    for place, row in enumerate(rows):
        try:
            found[place] = float(row[name])
        except ValueError:
            found[place] = np.nan
        if not np.isfinite(found[place]):
            raise SystemExit(
                f"row {place + 2}, column {name}: not a number: fill it, leave the row out, or make it a choice"
            )
    if found.min() == found.max():
        raise SystemExit(f"column {name} is the same in every row: leave it out")
    if found.std() < LEAST_SPREAD:
        raise SystemExit(f"column {name} differs by less than hundredths: write it in a smaller unit, such as percent")
    return found


def _is(values: list[str], value: str) -> npt.NDArray[np.float32]:
    return np.array([own == value for own in values], dtype=np.float32)


def _outcome(rows: Rows, columns: Columns) -> npt.NDArray[np.int64]:
    found = np.array([int(row[columns.outcome.column] in columns.outcome.needed) for row in rows])
    if found.min() == found.max():
        raise SystemExit(
            f"column {columns.outcome.column}: {'every' if found[0] else 'no'} row is one of "
            f"{', '.join(columns.outcome.needed)}: a model can only tell apart what differs"
        )
    return found


def _period(rows: Rows, columns: Columns) -> Strings | None:
    if columns.period is None:
        return None
    days = columns.period.first_days
    for line, row in enumerate(rows, start=2):
        if row[columns.period.column] not in days:
            raise SystemExit(
                f"row {line}, column {columns.period.column}: add the first day of that period to period.firstDays"
            )
    return np.array([days[row[columns.period.column]].isoformat() for row in rows])


def _group(rows: Rows, name: str, missing: tuple[str, ...]) -> Strings:
    """Names as the evaluation table takes them, which leaves out ``<`` and ``%``. Example: ``55<=`` gives ``55``."""
    plain = {value: _plain(name, value, missing) for value in {row[name] for row in rows}}
    if len(set(plain.values()) - {MISSING}) != len([value for value in plain.values() if value != MISSING]):
        raise SystemExit(f"column {name}: two groups differ only by signs that cannot be kept: rename one")
    return np.array([plain[row[name]] for row in rows])


def _plain(name: str, value: str, missing: tuple[str, ...]) -> str:
    if not value.strip() or value in missing:
        return MISSING
    kept = " ".join(re.sub(r"[^\w '/.+-]", " ", value).split())
    if not cells.is_name(kept):
        raise SystemExit(f"column {name}: a group has a name without letters and digits, or a very long one: rename it")
    return kept
