"""The heading of an evaluation table: what must be among its columns, and what must not. Both who stores a table and who judges it look."""

import csv
from collections.abc import Iterable, Sequence

from homeroom.domain import errors
from homeroom.gates.reading import files

MAX_COLUMNS = 600
IDENTIFIERS = frozenset(
    [
        "pupil",
        "pupil_id",
        "student",
        "student_id",
        "student_number",
        "name",
        "full_name",
        "first_name",
        "last_name",
        "given_name",
        "family_name",
        "surname",
        "birth_date",
        "date_of_birth",
        "dob",
        "email",
        "address",
        "phone",
        "ssn",
        "upn",
        "uln",
        "ine",
        "nis",
    ]
)
"""Headings that name a pupil: the usual ones and the pupil numbers of several countries."""

_SHOWN = 8


def parse(line: bytes) -> list[str]:
    """Names of the columns, from the first line of a table with or without its end.

    Raises:
        SpecError: it is no line of a CSV in UTF-8, or has more than ``MAX_COLUMNS`` columns.
    """
    block = files.Block(1, line.removesuffix(b"\n") + b"\n")
    files.refuse_control_characters(block)
    try:
        text = files.decode(block).removeprefix("\ufeff").rstrip("\r\n")
        names = next(csv.reader([text], strict=True), [])
    except csv.Error as exc:
        raise errors.SpecError("the heading of the evaluation table is not CSV: a quote is not closed") from exc
    if len(names) > MAX_COLUMNS:
        raise errors.SpecError(f"the evaluation table has {len(names)} columns; at most {MAX_COLUMNS} are read")
    return names


def refuse(names: Sequence[str], needed: Iterable[str]) -> None:
    """Checks that the needed columns are there, none is twice, and none names a pupil.

    Raises:
        SpecError: names the columns.
    """
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise errors.SpecError(f"the evaluation table has columns twice: {listed(twice)}")
    identifying = sorted(name for name in names if "_".join(name.lower().replace("-", " ").split()) in IDENTIFIERS)
    if identifying:
        raise errors.SpecError(f"the evaluation table names pupils; leave these columns out: {listed(identifying)}")
    missing = [name for name in needed if name not in names]
    if missing:
        raise errors.SpecError(f"the evaluation table lacks columns that release or policy need: {listed(missing)}")


def listed(names: Sequence[str]) -> str:
    """The first of them, in quotes."""
    return ", ".join(repr(name[:63]) for name in names[:_SHOWN]) + (" and more" if names[_SHOWN:] else "")
