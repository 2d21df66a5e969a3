"""Every table that cannot be judged is refused with a sentence that says what to change and shows no cell."""

import gzip
from typing import Any

import numpy as np
import pytest
from tests.unit.gates import cases

from homeroom.domain import errors, releases
from homeroom.gates import tables

HOSTILE = "=cmd|'/C calc'!A0 <script>"


def _parse(content: bytes) -> tables.EvaluationTable:
    groups = ("free_lunch", "ethnicity", "sex")
    return tables.parse(content, features=cases.FEATURES, groups=groups, stages=list(releases.Stage), bands=["K-2"])


def _with(name: str, value: Any) -> bytes:
    table = cases.columns()
    cells = table[name].astype(object)
    cells[5] = value
    return cases.to_bytes({**table, name: cells})


def _without(name: str) -> bytes:
    return cases.to_bytes({key: value for key, value in cases.columns().items() if key != name})


def test_parses_what_training_writes() -> None:
    table = _parse(cases.to_bytes(cases.columns()))

    assert len(table) == cases.SCHOOLS * cases.PER_SCHOOL
    assert len(table.sites) == cases.SCHOOLS
    assert table.features.dtype == np.float32
    assert set(table.groups["free_lunch"]) == {"F", "N", "missing"}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"site_id,outcome\n", "not a gzip file"),
        (cases.to_bytes(cases.columns())[:5000], "ends too early"),
        (gzip.compress(b"\xff\xfe\x00"), "not UTF-8"),
        (gzip.compress(b""), "no rows"),
        (gzip.compress(b"site_id,outcome\n"), "no rows"),
        (gzip.compress(b'a,b\n"x,1\n'), "not CSV"),
        (gzip.compress(b"a,b\n1,2\n1,2,3\n"), "line 3"),
        (gzip.compress(b"outcome,outcome\n1,1\n"), "columns twice: 'outcome'"),
        (gzip.compress(("c," * 700 + "c\n" + "1," * 700 + "1\n").encode()), "at most 600"),
        (_without("z"), "lacks columns that release or policy need: 'z'"),
        (_without("score_core"), "'score_core'"),
        (_without("sex"), "'sex'"),
        (_with("z", "nan"), "line 7, column 'z': not a finite number"),
        (_with("z", "1e300"), "line 7, column 'z'"),
        (_with("z", HOSTILE), "column 'z' holds something that is not a number"),
        (_with("outcome", "2"), "'outcome' must be 0 or 1"),
        (_with("outcome", "nan"), "'outcome'"),
        (_with("score_full", "1.2"), "'score_full' must be between 0 and 1"),
        (_with("sex", HOSTILE), "line 7, column 'sex': not of the expected form"),
        (_with("site_id", "../../etc/passwd"), "line 7, column 'site_id'"),
        (cases.to_bytes({**cases.columns(), "Student_ID": np.zeros(2880)}), "names pupils"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refuses_with_a_reason(content: bytes, message: str) -> None:
    with pytest.raises(errors.SpecError) as caught:
        _parse(content)

    assert message in str(caught.value)
    assert HOSTILE not in str(caught.value)


def test_refuses_what_unpacks_to_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tables, "MAX_PLAIN_BYTES", 1 << 16)

    with pytest.raises(errors.SpecError, match="unpacks to more than 65536 bytes"):
        _parse(gzip.compress(b"0" * (1 << 20)))
