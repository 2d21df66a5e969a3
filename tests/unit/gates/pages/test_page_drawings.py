"""Pictures drawn from tables: what a mark says, where it stands, and when none can be drawn."""

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from dataclasses import replace

import pytest
from tests.unit.gates.pages import pagecases

from homeroom.gates.pages import bars, columns, curves, looks, marks, plates, shapes, strips
from homeroom.gates.tabulations import Table


def parse(svg: str | None) -> ET.Element:
    assert svg is not None
    return ET.fromstring(svg)  # noqa: S314 - our own drawing


def classes(root: ET.Element, name: str) -> list[ET.Element]:
    return [element for element in root.iter() if name in (element.get("class") or "").split()]


@pytest.mark.parametrize(
    ("low", "high", "limit", "tone"),
    [
        (0.2, 0.3, 0.1, marks.Tone.BAD),
        (-0.1, 0.09, 0.1, marks.Tone.GOOD),
        (0.05, 0.2, 0.1, marks.Tone.CARE),
        (0.1, 0.2, 0.1, marks.Tone.CARE),
        (0.05, 0.1, 0.1, marks.Tone.CARE),
        (0.2, 0.3, None, marks.Tone.QUIET),
    ],
    ids=["over", "under", "across", "touches-from-above", "touches-from-below", "no-limit"],
)
def test_mark_says_on_which_side_of_the_limit_the_whole_range_lies(
    low: float, high: float, limit: float | None, tone: marks.Tone
) -> None:
    assert strips.Strip("boys", (low + high) / 2, low, high, limit).tone is tone


def test_marks_of_different_tones_have_different_shapes() -> None:
    paths = {path.get("d") for path in classes(parse(strips.draw(pagecases.GAPS, "x")), "mark")}
    assert len(paths) == 3


def test_hidden_row_is_in_the_table_and_not_in_the_picture() -> None:
    root = parse(strips.draw(pagecases.GAPS, "x"))
    assert len(classes(root, "mark")) == 3
    assert "Asian" not in "".join(root.itertext())


def test_picture_is_read_aloud_with_number_range_and_limit() -> None:
    root = parse(strips.draw(pagecases.GAPS, "x"))
    assert root.findtext("desc", "").startswith("Black pupils: 0.27, range 0.21 to 0.33, limit 0.1. ")


@pytest.mark.parametrize(
    ("draw", "table"), [(strips.draw, pagecases.GAPS), (bars.draw, pagecases.RATES)], ids=["strips", "bars"]
)
def test_label_of_a_long_group_is_not_cut_off_on_a_phone(
    draw: Callable[[Table, str], str | None], table: Table
) -> None:
    """Groups of one policy often begin alike; what is cut off is what tells them apart."""
    who = "the school's own rate: students from the most deprived fifth of areas"
    svg = draw(replace(table, rows=((who, *table.rows[0][1:]),)), "x")

    drawn = [text for text in parse(svg).iter() if text.tag.endswith("text")]
    assert "".join(who.split()) in "".join("".join(text.itertext()) for text in drawn).replace(" ", "")


def test_long_picture_is_not_read_aloud_to_its_end() -> None:
    rows = tuple((f"group {index}", 0.1, 0.0, 0.2, 0.1, 20) for index in range(40))
    spoken = parse(strips.draw(replace(pagecases.GAPS, rows=rows), "x")).findtext("desc", "")
    assert spoken.endswith("The table beside this picture has all 40 rows.")


def test_one_limit_is_one_line_and_several_have_each_their_own() -> None:
    rows = (*pagecases.GAPS.rows[:2], ("boys", 0.06, 0.01, 0.12, 0.2, 812))
    one, several = parse(strips.draw(pagecases.GAPS, "x")), parse(strips.draw(replace(pagecases.GAPS, rows=rows), "x"))
    assert (len(classes(one, "limit")), len(classes(several, "limit"))) == (1, 3)


@pytest.mark.parametrize(
    ("values", "ticks"),
    [
        ([0.02, 0.27], (0.0, 0.1, 0.2, 0.3)),
        ([-0.05, 0.01], (-0.06, -0.04, -0.02, 0.0, 0.02)),
        ([], (0.0, 0.25, 0.5, 0.75, 1.0)),
        ([0.0], (0.0, 0.25, 0.5, 0.75, 1.0)),
        ([12_000.0], (0.0, 5000.0, 10000.0, 15000.0)),
    ],
    ids=["shares", "below-zero", "none", "zero", "large"],
)
def test_scale_has_round_ticks_and_holds_zero(values: list[float], ticks: tuple[float, ...]) -> None:
    assert shapes.scale(values).ticks == ticks


@pytest.mark.parametrize(
    ("values", "zero", "low"),
    [([49.0, 55.0], False, 48.0), ([49.0, 55.0], True, 0.0), ([5.0, 55.0], False, 0.0), ([0.1], False, 0.0)],
    ids=["far-from-zero", "bars", "spread", "one"],
)
def test_scale_leaves_zero_out_only_where_all_lies_far_from_it(
    values: list[float],
    zero: bool,  # noqa: FBT001 - a column of the table above
    low: float,
) -> None:
    assert shapes.scale(values, zero=zero).low == low


@pytest.mark.parametrize(
    ("good", "low", "tone"),
    [
        (strips.Good.ABOVE, 0.2, marks.Tone.GOOD),
        (strips.Good.ABOVE, -0.2, marks.Tone.BAD),
        (strips.Good.NEITHER, 0.2, marks.Tone.QUIET),
    ],
)
def test_more_may_be_better_and_then_above_the_limit_is_good(good: strips.Good, low: float, tone: marks.Tone) -> None:
    assert strips.Strip("gain", low + 0.05, low, low + 0.1, 0.0, good).tone is tone


def test_of_several_thresholds_the_worst_is_drawn() -> None:
    columns_ = ("stage", "group", "rest", "estimate", "low", "high", "limit")
    rows = tuple(("full", "boys", "girls", high - 0.1, high - 0.2, high, 0.1) for high in (0.2, 0.5, 0.3))
    look = looks.LOOKS["fairness.gaps"]

    assert [row[-2] for row in looks.drawn(look, pagecases.table("fairness.gaps", columns_, *rows)).rows] == [0.5]


def test_what_is_drawn_stays_within_the_drawing() -> None:
    for svg in (
        strips.draw(pagecases.GAPS, "x"),
        strips.draw(pagecases.PARTS, "y", bars=True),
        bars.draw(pagecases.RATES, "z"),
    ):
        for element in parse(svg).iter():
            for name in ("x", "x1", "x2"):
                place = re.fullmatch(r"(-?[\d.]+)%", element.get(name) or "")
                assert place is None or 0 <= float(place.group(1)) <= 100


def test_bars_are_as_long_as_their_numbers() -> None:
    root = parse(bars.draw(pagecases.PROGRESSION, "x"))
    widths = [
        float((bar.get("width") or "").rstrip("%"))
        for bar in classes(root, "series")
        if "%" in (bar.get("width") or "")
    ]
    assert [round(width / widths[1], 2) for width in widths] == [0.96, 1.0, 0.88, 0.8]


def test_hidden_number_is_a_word_and_no_bar() -> None:
    assert "".join(parse(bars.draw(pagecases.RATES, "x")).itertext()).count("hidden") == 6


def test_each_group_has_its_curve_and_points_rise() -> None:
    drawn = curves.draw(pagecases.RELIABILITY, "x")
    assert [curve.name for curve in drawn] == ["boys", "girls", "pupils with free lunch"]
    assert len(classes(parse(drawn[0].svg), "dot")) == 5


@pytest.mark.parametrize(
    ("draw", "table"),
    [
        (lambda table: strips.draw(table, "x"), replace(pagecases.GAPS, columns=("a", "b", "c", "d", "e", "f"))),
        (lambda table: strips.draw(table, "x"), replace(pagecases.GAPS, rows=())),
        (lambda table: bars.draw(table, "x"), pagecases.PARTS),
        (lambda table: bars.draw(table, "x"), replace(pagecases.RATES, rows=())),
        (lambda table: curves.draw(table, "x") or None, pagecases.RATES),
        (lambda table: curves.draw(table, "x") or None, replace(pagecases.RELIABILITY, rows=(("boys", "a", 5.0, 7.0, None, None),))),
    ],
    ids=["no-range", "no-rows", "below-zero", "no-bars", "no-pair", "no-shares"],
)  # fmt: skip
def test_table_that_does_not_fit_has_no_picture(draw: object, table: Table) -> None:
    """Columns of a newer engine: a wrong picture would be worse than none."""
    assert draw(table) is None  # type: ignore[operator]  # one of the lambdas above


@pytest.mark.parametrize("key", sorted(looks.LOOKS))
def test_every_key_stands_as_a_table_even_without_rows(key: str) -> None:
    plate = plates.build(pagecases.table(key, ("A", "B")), "x", 10)
    assert (plate.drawings, plate.rows, plate.reading) == ((), (), "")


def test_roles_are_read_from_headings() -> None:
    found = columns.read(pagecases.RELIABILITY)
    assert (found.labels, found.expected, found.seen, found.low, found.high) == ((0, 1), 2, 3, 4, 5)


def test_column_of_text_is_a_label_whatever_it_is_called() -> None:
    assert columns.read(pagecases.table("x", ("Limit", "Value"), ("none", 1.0))).labels == (0,)


def test_hostile_words_end_as_text_of_the_picture() -> None:
    rows = tuple((name.replace("\ud800", ""), 0.2, 0.1, 0.3, 0.1, 50) for name in pagecases.HOSTILE)
    root = parse(strips.draw(replace(pagecases.GAPS, rows=rows), "x"))
    assert {element.tag for element in root.iter()} <= {"svg", "title", "desc", "line", "text", "path"}
