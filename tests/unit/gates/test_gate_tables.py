"""Every table that cannot be judged is refused with a sentence that says what to change and shows no cell."""

import contextlib
import gzip
import unicodedata
import uuid
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.gates import cases

from homeroom.domain import errors, releases
from homeroom.gates import evaluationtables, tables
from homeroom.gates.reading import blocks, cells, files

HOSTILE = "=cmd|'/C calc'!A0 <script>"
GROUPS = ("free_lunch", "ethnicity", "sex")
HEADING = ",".join(cases.columns())


def _parse(content: bytes, **changes: Any) -> evaluationtables.EvaluationTable:
    wanted: dict[str, Any] = {
        "features": cases.FEATURES,
        "groups": GROUPS,
        "stages": list(releases.Stage),
        "bands": ["K-2"],
    }
    return tables.parse(content, **{**wanted, **changes})


def _with(name: str, value: Any) -> bytes:
    table = cases.columns()
    column = table[name].astype(object)
    column[5] = value
    return cases.to_bytes({**table, name: column})


def _without(name: str) -> bytes:
    return cases.to_bytes({key: value for key, value in cases.columns().items() if key != name})


def _plain(text: str) -> bytes:
    return gzip.compress(text.encode())


def _line(**changed: str) -> str:
    """One honest row, cells replaced."""
    row = {name: str(values[0]) for name, values in cases.columns().items()}
    return ",".join({**row, **changed}.values())


def _word(labels: evaluationtables.Labels, row: int) -> str:
    return labels.words[int(labels.codes[row])]


def _same(one: evaluationtables.Labels, other: evaluationtables.Labels) -> bool:
    return one.words == other.words and np.array_equal(one.codes, other.codes)


def test_parses_what_training_writes() -> None:
    table = _parse(cases.to_bytes(cases.columns()))

    assert len(table) == cases.SCHOOLS * cases.PER_SCHOOL
    assert len(table.sites) == cases.SCHOOLS
    assert table.features[:].dtype == np.float32
    assert set(table.groups["free_lunch"].words) == {"F", "N", "missing"}
    assert table.sites == tuple(sorted(table.sites))
    assert table.sites[table.site[0]] == cases.columns()["site_id"][0]


def test_order_and_number_of_blocks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule: how the file happens to be cut while it is read is no part of the evidence."""
    content = cases.to_bytes(cases.columns())
    whole = _parse(content)
    monkeypatch.setattr(files, "BLOCK_BYTES", 7919)

    cut = _parse(content)

    assert np.array_equal(whole.site, cut.site)
    assert np.array_equal(whole.needed, cut.needed)
    assert np.array_equal(whole.features[:], cut.features[:])
    for ours, theirs in [(whole.year_group, cut.year_group), (whole.band, cut.band)]:
        assert _same(ours, theirs)
    assert all(_same(whole.groups[name], cut.groups[name]) for name in GROUPS)
    assert all(np.array_equal(whole.scores[stage], cut.scores[stage]) for stage in releases.Stage)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "ends too early"),
        (b"site_id,outcome\n", "not a gzip file"),
        (cases.to_bytes(cases.columns())[:5000], "ends too early"),
        (cases.to_bytes(cases.columns()) + b"more", "something follows"),
        (cases.to_bytes(cases.columns()) * 2, "something follows"),
        (gzip.compress(b"\xff\xfe\x00\n1\n"), "line 1 of the evaluation table holds a control character"),
        (gzip.compress(b"\xff\xfe\n1\n"), "line 1 of the evaluation table is not UTF-8"),
        (gzip.compress(HEADING.encode() + b"\n" + _line(sex="M").encode() + b"\n\xe9" + _line().encode()), "line 3"),
        (_plain(""), "no rows"),
        (_plain("site_id,outcome\n"), "no rows"),
        (_plain('"a,b\nx,1\n'), "heading of the evaluation table is not CSV"),
        (_plain(f"{HEADING}\n{_line()}\n{_line(sex=chr(34) + 'M')}\n"), "line 3 of the evaluation table is not CSV"),
        (_plain(f"{HEADING}\n{_line(sex=chr(34) + 'M' + chr(10) + chr(34))}\n"), "line break within a cell"),
        (_plain(f"{HEADING}\n{_line()}\n{_line()},2\n"), "line 3 of the evaluation table has not as many cells"),
        (_plain(f"{HEADING}\n{_line()}\n\n{_line()}\n"), "line 3 of the evaluation table has not as many cells"),
        (_plain(f"{HEADING}\n{_line()}\rx\n"), "line 2 of the evaluation table holds a control character"),
        (_plain(f"{HEADING}\n{'1' * 200_000}"), "line 2 of the evaluation table is longer than"),
        (
            _plain(f"{HEADING}\n{_line()}\n{'1' * 200_000}\n{_line()}\n"),
            "line 3 of the evaluation table is longer than",
        ),
        (_plain(f"{HEADING}\n{_line(score_full='1' * 100_000 + 'x')}\n"), "line 2, column 'score_full'"),
        (_plain(f"{HEADING}\n{_line(sex='á' + chr(0x301) + chr(0x316) * 25_000)}\n"), "line 2, column 'sex'"),
        (_plain("outcome,outcome\n1,1\n"), "columns twice: 'outcome'"),
        (_plain("c," * 700 + "c\n" + "1," * 700 + "1\n"), "at most 600"),
        (_without("z"), "lacks columns that release or policy need: 'z'"),
        (_without("score_core"), "'score_core'"),
        (_without("sex"), "'sex'"),
        (_with("z", "nan"), "line 7, column 'z': not a finite number"),
        (_with("z", "inf"), "line 7, column 'z': not a finite number"),
        (_with("z", ""), "line 7, column 'z': not a finite number"),
        (_with("z", "0x10"), "line 7, column 'z': not a finite number"),
        (_with("z", "1_000"), "line 7, column 'z': not a finite number"),
        (_with("z", "1e300"), "line 7, column 'z'"),
        (_with("z", HOSTILE), "line 7, column 'z': not a finite number"),
        (_with("outcome", "2"), "line 7, column 'outcome': must be 0 or 1"),
        (_with("outcome", "0.5"), "line 7, column 'outcome': must be 0 or 1"),
        (_with("outcome", "nan"), "'outcome'"),
        (_with("score_full", "1.2"), "line 7, column 'score_full': must be between 0 and 1"),
        (_with("score_core", "-1e-9"), "line 7, column 'score_core'"),
        (_with("sex", HOSTILE), "line 7, column 'sex': not of the expected form"),
        (_with("site_id", "../../etc/passwd"), "line 7, column 'site_id'"),
        (_with("year_group", ""), "line 7, column 'year_group'"),
        (_with("band", "9-12"), "holds others than the release serves: 'K-2'"),
        (cases.to_bytes({**cases.columns(), "Student-ID": np.zeros(2880)}), "names pupils"),
        (cases.to_bytes({**cases.columns(), "Date of birth": np.zeros(2880)}), "names pupils"),
        (cases.to_bytes({**cases.columns(), "period": np.full(2880, "2026-02-31")}), "line 2, column 'period'"),
        (cases.to_bytes({**cases.columns(), "pupil_token": np.full(2880, "Anna")}), "line 2, column 'pupil_token'"),
        (cases.to_bytes({**cases.columns(), "outcome": np.zeros(2880, int)}), "'outcome' is 0 in every row"),
        (cases.to_bytes({**cases.columns(), "outcome": np.ones(2880, int)}), "'outcome' is 1 in every row"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_refuses_with_a_reason(content: bytes, message: str) -> None:
    with pytest.raises(errors.SpecError) as caught:
        _parse(content)

    assert message in str(caught.value)
    assert HOSTILE not in str(caught.value)


def test_damaged_file_is_told_from_one_that_is_no_gzip() -> None:
    content = bytearray(cases.to_bytes(cases.columns()))
    content[-6] ^= 1

    with pytest.raises(errors.SpecError, match="is damaged"):
        _parse(bytes(content))


def test_feature_that_is_the_answer_is_refused() -> None:
    with pytest.raises(errors.SpecError, match="what is to be found out: 'outcome'"):
        _parse(cases.to_bytes(cases.columns()), features=(*cases.FEATURES, "outcome"))


def test_policy_that_compares_groups_by_a_number_is_refused() -> None:
    with pytest.raises(errors.SpecError, match="groups that are something else here: 'z'"):
        _parse(cases.to_bytes(cases.columns()), groups=("z",))


def test_release_of_two_bands_needs_the_column() -> None:
    with pytest.raises(errors.SpecError, match="2 bands: the evaluation table needs a column 'band'"):
        _parse(_without("band"), bands=["K-2", "3-5"])


@pytest.mark.parametrize(
    "name",
    ["Français", "हिन्दी", "Māori", "中文", "עברית", "العربية", "Two or more", "FSM/PP+", "O'Brien", "K-2", "3.a", "١٢"],
)
def test_ordinary_names_of_groups_are_taken_in_any_script(name: str) -> None:
    table = _parse(_with("sex", name))

    assert _word(table.groups["sex"], 5) == unicodedata.normalize("NFC", name)


def test_same_letters_typed_differently_are_the_same_group() -> None:
    table = _parse(_with("sex", unicodedata.normalize("NFD", "Māori")))

    assert _word(table.groups["sex"], 5) == "M\u0101ori"


@pytest.mark.parametrize(
    "name",
    [
        "<script>alert(1)</script>",
        "=1+1",
        "+1",
        "-1",
        "@SUM",
        "a\u202eb",
        "a\u200eb",
        "a\u200bb",
        "\ufeffa",
        "a\u0085b",
        "\u0301a",
        "a&lt;b",
        "a;b",
        "a`b",
        "a{b}",
        " a",
        "a ",
        "a" * 64,
        "a" * 10_000,
        "\U000e0041",
        "\U0001f600",
        "\ue000",
        "\ufdd0",
    ],
    ids=lambda name: ascii(name[:20]),
)
def test_hostile_names_are_refused(name: str) -> None:
    """Rule: group names end in HTML, spreadsheets and terminals, so nothing that acts there gets in."""
    with pytest.raises(errors.SpecError, match="column 'sex': not of the expected form") as caught:
        _parse(_with("sex", name))
    assert name not in str(caught.value)


@pytest.mark.parametrize("name", ["a\tb", "a\x00b", "a\x1b[31mb", "a\x7fb"], ids=ascii)
def test_control_characters_are_refused_in_any_column(name: str) -> None:
    with pytest.raises(errors.SpecError, match="line 7 of the evaluation table holds a control character"):
        _parse(cases.to_bytes({**cases.columns(), "remark": np.array(["x"] * 5 + [name] + ["x"] * 2874)}))


def test_excel_and_windows_habits_are_borne() -> None:
    """A byte order mark, carriage returns, quoted cells and no end of the last line."""
    plain = gzip.decompress(cases.to_bytes(cases.columns())).decode()
    quoted = plain.replace(",W,", ',"W",').replace("\n", "\r\n").removesuffix("\r\n")

    table = _parse(gzip.compress(b"\xef\xbb\xbf" + quoted.encode()))

    assert np.array_equal(table.features[:], _parse(cases.to_bytes(cases.columns())).features[:])


def test_remark_with_a_comma_in_quotes_is_passed_over() -> None:
    remarks = np.array(["none"] * 2879 + ["yes, but"])

    assert len(_parse(cases.to_bytes({"remark": remarks, **cases.columns()}))) == 2880


def _tokens(rows: int = 2880) -> Any:
    return np.array([f"{number:032x}" for number in range(rows)])


@pytest.mark.parametrize(
    ("repeated", "message"),
    [
        (1, "has fewer than 10 pupils more than once in one year group: "),
        (9, "has fewer than 10 pupils"),
        (10, "has 10 pupils"),
    ],
    ids=["one", "under the minimum cell", "at the minimum cell"],
)
def test_pupil_twice_in_one_year_group_is_refused(repeated: int, message: str) -> None:
    table = cases.columns()
    tokens, year = _tokens(), table["year_group"]
    pairs = np.flatnonzero(year == "K")[: 2 * repeated]
    tokens[pairs[repeated:]] = tokens[pairs[:repeated]]

    with pytest.raises(errors.SpecError, match=message):
        _parse(cases.to_bytes({**table, "pupil_token": tokens}))


def test_pupil_in_two_year_groups_or_periods_is_no_repetition() -> None:
    table = cases.columns()
    tokens = _tokens()
    first, second = (np.flatnonzero(table["year_group"] == name)[:20] for name in ("K", "1"))
    tokens[second] = tokens[first]
    period = np.full(2880, "2025-09-01")
    same = np.flatnonzero(table["year_group"] == "K")[20:22]
    tokens[same[1]], period[same[1]] = tokens[same[0]], "2026-01-05"

    parsed = _parse(cases.to_bytes({**table, "pupil_token": tokens, "period": period}))

    assert parsed.pupil is not None
    assert len(np.unique(parsed.pupil)) == 2880 - 21


def _with_copies(copies: int) -> cases.Columns:
    table = cases.columns()
    chosen = np.concatenate([np.arange(2880), np.arange(copies)])
    return {name: values[chosen] for name, values in table.items()}


def test_copied_rows_without_tokens_are_refused() -> None:
    with pytest.raises(errors.SpecError, match="about 4 of 100 rows of the evaluation table repeat another row"):
        _parse(cases.to_bytes(_with_copies(120)))


def test_a_few_coinciding_rows_are_let_through() -> None:
    """Rule: pupils do coincide by chance; a handful moves no bound."""
    assert len(_parse(cases.to_bytes(_with_copies(9)))) == 2889


def test_copied_rows_with_tokens_of_their_own_are_different_pupils() -> None:
    table = _with_copies(120)

    assert len(_parse(cases.to_bytes({**table, "pupil_token": _tokens(3000)}))) == 3000


def test_coarse_features_are_no_sign_of_copies() -> None:
    """With nothing continuous in the table pupils coincide all the time, and nobody can tell copies from them."""
    table = _with_copies(1000)
    table["z"] = np.round(table["z"])

    assert len(_parse(cases.to_bytes(table))) == 3880


def test_refuses_what_unpacks_to_too_much(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_PLAIN_BYTES", 1 << 20)

    with pytest.raises(errors.SpecError, match="unpacks to more than 1 MiB: sum it up per school"):
        _parse(gzip.compress(b"0" * (1 << 22)))


def test_table_with_too_many_rows_says_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(files, "MAX_ROWS", 100)

    with pytest.raises(errors.SpecError, match="more than 100 rows: sum it up per school with `homeroom gate cells`"):
        _parse(cases.to_bytes(cases.columns()))


def test_too_many_compressed_bytes_are_not_even_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Any) -> None:
    monkeypatch.setattr(files, "MAX_BYTES", 1 << 20)
    large = tmp_path / "table"
    large.write_bytes(bytes(2 << 20))

    with pytest.raises(errors.SpecError, match="more than 1 MiB compressed"):
        files.read(large)


WANTED = (
    blocks.Wanted("number", 0, cells.FEATURE),
    blocks.Wanted("word", 1, cells.GROUP),
    blocks.Wanted("outcome", 2, cells.OUTCOME),
)
NUMBERISH = st.one_of(
    st.floats().map(repr),
    st.integers().map(str),
    st.sampled_from(
        ["", "nan", "inf", "-Infinity", "1_0", "0x1", "1e5", ".5", "5.", "+1", "True", " 1", "1d2", "1,5", "\u0661"]
    ),
)
WORDISH = st.one_of(st.text(max_size=8), st.sampled_from(["", "Māori", "a b", "NA", "null", "हिन्दी", "a\u202eb"]))


@given(st.lists(st.tuples(NUMBERISH, WORDISH, st.sampled_from(["0", "1", "0.0", "2", "", "true"])), max_size=5))
@settings(max_examples=200, deadline=None)
def test_fast_reader_takes_nothing_that_the_careful_one_refuses(rows: list[tuple[str, str, str]]) -> None:
    """Rule: whether a cell is taken depends on the cell, not on which of the two readers met it."""
    content = "".join(",".join(row) + "\n" for row in rows).encode("utf-8", errors="ignore")
    block = files.Block(2, content)
    if not content or not _is_clean(block) or not blocks._is_plain(content, 3):
        return
    fast = blocks._read_fast(block, WANTED)
    if fast is None:
        return

    careful = blocks._read_carefully(block, WANTED, 3)

    for name in ("number", "outcome"):
        assert np.array_equal(fast[name], careful[name])  # type: ignore[arg-type]  # both are numbers
    assert _words(fast["word"]) == _words(careful["word"])


def _is_clean(block: files.Block) -> bool:
    try:
        files.refuse_control_characters(block)
    except errors.SpecError:
        return False
    return True


def _words(column: blocks.Column) -> list[str]:
    assert isinstance(column, blocks.Named)
    return [column.words[code] for code in column.codes]


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_any_bytes_end_in_a_table_or_a_named_error(content: bytes) -> None:
    _parse_or_refuse(content)
    _parse_or_refuse(gzip.compress(content))


CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | NUMBERISH


@given(
    st.lists(st.lists(CELLS, min_size=3, max_size=5).map(",".join), max_size=4), st.sampled_from(["\n", "\r\n", "\r"])
)
@settings(max_examples=150, deadline=None)
def test_any_lines_under_a_right_heading_end_in_a_table_or_a_named_error(lines: list[str], end: str) -> None:
    text = end.join(["site_id,year_group,outcome,score_full", *lines])
    _parse_or_refuse(gzip.compress(text.encode()), features=(), groups=(), stages=[releases.Stage.FULL])


@given(st.integers(0, 400), st.binary(min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_any_damage_to_an_honest_table_ends_in_a_table_or_a_named_error(where: int, damage: bytes) -> None:
    rows = [_line(site_id=str(uuid.UUID(int=number)), outcome=str(number % 2)) for number in range(8)]
    plain = bytearray("\n".join([HEADING, *rows]).encode())
    start = len(HEADING) + where
    plain[start : start + len(damage)] = damage

    _parse_or_refuse(gzip.compress(bytes(plain)))


def _parse_or_refuse(content: bytes, **changes: Any) -> None:
    with contextlib.suppress(errors.SpecError):
        _parse(content, **changes)
