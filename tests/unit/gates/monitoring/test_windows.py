"""Windows are made on site, hold no row, and are read back only when they add up."""

import gzip
import json
from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np
import pytest
from tests.unit.gates.monitoring import fleets

from homeroom.domain import digests, errors
from homeroom.gates.monitoring import bins, rows, sketching, windowfiles, windows

HEADER = "date,pupil_token,year_group,score,z,m,kind_a,kind_b,outcome,outcome_date,class_token\n"
COLUMNS = fleets.REFERENCE.columns()


def _row(day: str, pupil: int, *, score: float = 0.3, outcome: str = "", known: str = "", year: str = "K") -> str:
    return f"{day},{pupil:016x},{year},{score},{0.1 * (pupil % 7)},0.5,1,0,{outcome},{known},c{pupil % 2}\n"


def _sketch(*lines: str) -> windows.Report:
    school = sketching.School(
        fleets.site(1), "north", "a", "pi4", fleets.RELEASE, fleets.THRESHOLD, fleets.a_calendar().stamp_window
    )
    given = rows.parse((HEADER + "".join(lines)).encode(), COLUMNS)
    return sketching.sketch(given, fleets.REFERENCE, school)


def test_window_counts_every_pupil_once() -> None:
    lines = [_row("2026-09-07", pupil) for pupil in range(12)] * 3

    (window,) = _sketch(*lines).windows

    assert (window.pupils, window.classes, window.class_squares) == (12, 2, 72)
    assert all(sum(counts) == 12 for counts in window.counts)
    assert (window.confidence.first, window.confidence.unsure) == (12, 12)


def test_confidence_counts_a_pupil_once_a_term() -> None:
    report = _sketch(*(_row(day, pupil) for pupil in range(12) for day in ("2026-09-07", "2026-09-14", "2026-12-07")))

    assert [window.confidence.first for window in report.windows] == [12, 0, 12]


def test_outcome_counts_once_in_the_week_in_which_it_became_known() -> None:
    report = _sketch(
        *(_row("2026-09-07", pupil, outcome="1", known="2026-09-16") for pupil in range(12)),
        *(_row("2026-09-14", pupil, outcome="1", known="2026-09-16") for pupil in range(12)),
        *(_row("2026-09-21", pupil) for pupil in range(12)),
    )

    assert [window.outcomes.known for window in report.windows] == [0, 12, 0]
    assert report.windows[1].outcomes.needed == 12
    assert report.windows[1].outcomes.brier == pytest.approx(12 * 0.7**2)


def test_outcomes_too_few_to_tell_wait_for_the_next_window() -> None:
    report = _sketch(
        *(
            _row("2026-09-07", pupil, outcome="1" if pupil < 6 else "", known="2026-09-08" if pupil < 6 else "")
            for pupil in range(12)
        ),
        *(_row("2026-09-14", pupil, outcome="1", known="2026-09-15") for pupil in range(6, 12)),
        *(_row("2026-09-14", pupil) for pupil in range(6)),
    )

    assert [window.outcomes.known for window in report.windows] == [0, 12]


def test_window_with_too_few_pupils_is_not_told() -> None:
    report = _sketch(
        *(_row("2026-09-07", pupil) for pupil in range(9)), *(_row("2026-09-07", p, year="1") for p in range(10))
    )

    assert [window.year_group for window in report.windows] == ["1"]
    assert report.hidden == 1


def test_use_in_a_week_without_school_is_told_apart_and_a_small_number_is_hidden() -> None:
    report = _sketch(
        *(_row("2026-08-10", pupil) for pupil in range(12)), *(_row("2026-07-27", pupil) for pupil in range(3))
    )

    assert report.windows == ()
    assert [(use.week, use.pupils) for use in report.off_time] == [(date(2026, 7, 27), None), (date(2026, 8, 10), 12)]


def test_report_holds_no_row_and_no_token() -> None:
    content = _sketch(*(_row("2026-09-07", pupil) for pupil in range(12))).to_bytes()

    assert not [pupil for pupil in range(12) if f"{pupil:016x}".encode() in content]
    assert b"class_token" not in content


def test_order_of_rows_does_not_change_the_digest() -> None:
    lines = [_row(day, pupil, outcome="1") for pupil in range(14) for day in ("2026-09-07", "2026-09-14")]
    shuffled = [lines[place] for place in np.random.default_rng(3).permutation(len(lines))]

    assert digests.of_bytes(_sketch(*lines).to_bytes()) == digests.of_bytes(_sketch(*shuffled).to_bytes())


def test_report_survives_writing() -> None:
    report = _sketch(*(_row("2026-09-07", pupil, outcome="1") for pupil in range(12)))

    assert windowfiles.parse(report.to_bytes(), fleets.KNOWN) == report


def _changed(change: Callable[[dict[str, Any]], object]) -> bytes:
    value = json.loads(_sketch(*(_row("2026-09-07", pupil, outcome="1") for pupil in range(12))).to_bytes())
    change(value)
    return json.dumps(value).encode()


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda v: v.update(schemaVersion=2), "version 1 is read"),
        (lambda v: v.update(site="../etc"), "site is not of the expected form"),
        (lambda v: v.update(region="<script>"), "region is not of the expected form"),
        (lambda v: v["windows"][0].update(pupils=9), "fewer pupils than may be told"),
        (lambda v: v["windows"][0].update(pupils=-1), "not a whole number"),
        (lambda v: v["windows"][0].update(pupils=True), "not a whole number"),
        (lambda v: v["windows"][0]["counts"][0].append(0), "bins are not those of the reference"),
        (lambda v: v["windows"][0]["counts"][0].__setitem__(0, 99), "counts of a feature are not its pupils"),
        (lambda v: v["windows"][0].update(classes=13), "classes cannot hold its pupils"),
        (lambda v: v["windows"][0]["scores"].update(offered=99), "more offers than pupils"),
        (lambda v: v["windows"][0]["outcomes"].update(errors=99), "more outcomes than known ones"),
        (lambda v: v["windows"][0]["outcomes"].update(known=3, needed=3, errors=3), "fewer outcomes than may be told"),
        (lambda v: v["windows"].append(v["windows"][0]), "two windows in one week"),
        (lambda v: v["windows"][0]["stamp"].update(phase="party"), "no window file"),
        (
            lambda v: v["offTime"].append({"week": "2026-09-07", "phase": "teaching", "pupils": 12}),
            "which is school time",
        ),
        (lambda v: v.pop("windows"), "no window file"),
    ],
)
def test_refuses_what_does_not_add_up(change: Callable[[dict[str, Any]], object], complaint: str) -> None:
    with pytest.raises(errors.SpecError, match=complaint):
        windowfiles.parse(_changed(change), fleets.KNOWN)


@pytest.mark.parametrize(
    "content", [b"", b"[]", b"\xff", b"[" * 100_000, b'"x"'], ids=["empty", "list", "bytes", "deep", "text"]
)
def test_refuses_what_is_no_window_file(content: bytes) -> None:
    with pytest.raises(errors.SpecError, match="no window file"):
        windowfiles.parse(content, fleets.KNOWN)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (HEADER, "no rows under their header"),
        ("date,score\n2026-09-07,0.1\n", "lack columns: 'pupil_token', 'year_group'"),
        (HEADER + "yesterday,1,K,0.3,0,0,1,0,,,c\n", "line 2, column 'date'"),
        (HEADER + "2026-09-07,1,K,1.3,0,0,1,0,,,c\n", "'score' must be between 0 and 1"),
        (HEADER + "2026-09-07,1,K,0.3,nan,0,1,0,,,c\n", "line 2, column 'z': not a finite number"),
        (HEADER + "2026-09-07,1,K,0.3,x,0,1,0,,,c\n", "column 'z' holds something that is not a number"),
        (HEADER + "2026-09-07,1,K,0.3,0,0,1,0,maybe,,c\n", "write 0, 1, or nothing"),
        (HEADER + "2026-09-07,1,<b>,0.3,0,0,1,0,,,c\n", "line 2, column 'year_group'"),
        (HEADER + "2026-09-07,1\n", "not as many cells"),
    ],
)
def test_refuses_rows_that_cannot_be_read_and_shows_no_cell(content: str, complaint: str) -> None:
    with pytest.raises(errors.SpecError, match=complaint) as caught:
        rows.parse(content.encode(), COLUMNS)
    assert "<b>" not in str(caught.value)


def test_reads_gzip_and_refuses_half_of_one() -> None:
    packed = gzip.compress((HEADER + _row("2026-09-07", 1)).encode())

    assert len(rows.parse(packed, COLUMNS).day) == 1
    with pytest.raises(errors.SpecError, match="no CSV"):
        rows.parse(packed[:-12], COLUMNS)


def test_choice_that_is_two_at_once_is_refused() -> None:
    with pytest.raises(errors.SpecError, match="at most one 1 in a row"):
        _sketch("2026-09-07,1,K,0.3,0,0,1,1,,,c\n")


def test_day_outside_the_calendar_is_refused() -> None:
    with pytest.raises(errors.SpecError, match="knows no school year"):
        _sketch(_row("2035-09-07", 1))


def test_bins_are_at_most_ten_and_their_scores_rise() -> None:
    assert fleets.KNOWN.sizes[2] == 3
    assert all(8 <= size <= bins.MOST for size in fleets.KNOWN.sizes[:2])
    rising = fleets.KNOWN.scores[0, : fleets.KNOWN.sizes[0]]
    assert (np.diff(rising) > 0).all()
