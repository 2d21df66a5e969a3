"""Words that somebody else wrote, and numbers as people read them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeroom.gates.pages import texts, words
from homeroom.resources import fields

CONTROL = {"Cc", "Cs", "Zl", "Zp"}


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("boys", "boys"),
        ("a\nb\tc", "a b c"),
        ("a\x00b\x1b[31m", "a b [31m"),
        ("abc\u202etxt.exe", "abctxt.exe"),
        ("\u2066x\u2069", "x"),
        ("\ud800", "\ufffd"),
        ("תלמידים", "תלמידים"),
        ("e\u0301" + "\u0310" * 50, "e\u0301\u0310\u0310"),
        ("<b>", "<b>"),
        (None, "None"),
        ("", ""),
    ],
    ids=[
        "plain",
        "lines",
        "control",
        "override",
        "isolate",
        "surrogate",
        "hebrew",
        "accents",
        "markup",
        "none",
        "empty",
    ],
)
def test_text_is_one_line_that_turns_nothing_around(raw: object, shown: str) -> None:
    """Markup stays as it is: escaping is what templates do, and doing it twice shows it."""
    assert texts.clean(raw) == shown


def test_too_long_text_ends_in_a_mark_and_a_megabyte_takes_no_time() -> None:
    assert texts.clean("A" * 4000, 160) == "A" * 159 + "…"
    assert texts.clean("A" * 160, 160) == "A" * 160
    assert len(texts.clean("é " * 10_000_000, 160)) <= 160


@given(st.text(max_size=200), st.integers(2, 40))
def test_no_text_leaves_its_line_or_its_limit(raw: str, most: int) -> None:
    shown = texts.clean(raw, most)

    assert len(shown) <= most
    assert texts.clean(shown, most) == shown
    assert not set(shown) & set("\n\r\u2028\u2029\u202e\u2066")


@given(st.text(max_size=120), st.integers(4, 40), st.integers(1, 3))
def test_wrapped_lines_are_no_wider_than_asked(raw: str, columns: int, lines: int) -> None:
    wrapped = texts.wrap(texts.clean(raw), columns, lines)

    assert len(wrapped) <= lines
    assert all(texts.width(line) <= columns for line in wrapped)


@pytest.mark.parametrize(
    ("raw", "columns", "lines", "wrapped"),
    [
        ("pupils with free lunch", 12, 2, ("pupils with", "free lunch")),
        ("pupils with free lunch today", 12, 2, ("pupils with", "free lunch…")),
        ("AAAAAAAAAA", 4, 2, ("AA", "A…")),
        ("日本語の学校", 6, 1, ("日本…",)),
        ("boys", 12, 2, ("boys",)),
        ("", 12, 2, ()),
    ],
    ids=["fits", "too-long", "one-word", "wide", "short", "empty"],
)
def test_labels_break_between_words_where_they_can(
    raw: str, columns: int, lines: int, wrapped: tuple[str, ...]
) -> None:
    assert texts.wrap(raw, columns, lines) == wrapped


@pytest.mark.parametrize(
    ("value", "written"),
    [(0.1, "0.1"), (-0.25, "\u22120.25"), (12000.0, "12,000"), (-0.00001, "0"), (0.0, "0"), (0.123456, "0.1235")],
)
def test_number_is_written_as_people_write_it(value: float, written: str) -> None:
    assert words.number(value) == written


@pytest.mark.parametrize(
    ("check", "numbers", "written"),
    [
        ("fairness.excess", (0.4435,), "44.4 of 100"),
        ("fairness.false-alarms", (0.21, 0.333), "21 to 33.3 of 100"),
        ("fairness.opposite", (-0.02,), "\N{MINUS SIGN}2 of 100"),
        ("quality.benefit", (0.0615,), "61.5 of 1000"),
        ("privacy.memorised", (0.0026,), "2.6 of 1000"),
        ("drift.loss", (0.0123,), "1.2 points"),
        ("privacy.anonymity", (11.0,), "11 pupils"),
        ("gdpr.purpose", (365.0,), "365 days"),
        ("footprint.size", (0.0005,), "0.0005 MiB"),
        ("future.check", (0.5,), "0.5"),
    ],
)
def test_number_of_a_check_is_written_with_its_unit(check: str, numbers: tuple[float, ...], written: str) -> None:
    """As the sentence beside it says it: a principal does not multiply."""
    assert words.measure(check, *numbers) == written


@pytest.mark.parametrize(
    ("subject", "said"),
    [
        ("full: boys against girls", "The model: boys against girls"),
        ("every stage: Asian pupils", "Every way to answer: Asian pupils"),
        ("K-2: full: boys against girls", "Kindergarten to grade 2: the model: boys against girls"),
        ("3-5: not recorded: sex", "Grades 3 to 5: not recorded: sex"),
        ("input read_z", "Input read_z"),
        ("other: thing", "Other: thing"),
    ],
)
def test_subject_says_band_and_stage_in_words(subject: str, said: str) -> None:
    assert words.subject(subject) == said


def test_every_purpose_and_band_is_called_something() -> None:
    assert words.PURPOSES.keys() == {purpose.value for purpose in fields.Purpose}
    assert words.BANDS.keys() == {band.value for band in fields.Band}
