"""`homeroom gate sketch` and `watch`, from files to exit codes."""

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import yaml
from click.testing import Result
from tests.unit.gates import cases
from tests.unit.gates.monitoring import fleets
from typer.testing import CliRunner

from homeroom.cli import app
from homeroom.gates.monitoring import windowfiles
from homeroom.resources import academiccalendars

CALENDAR = {
    "apiVersion": "homeroom.dev/v1alpha1",
    "kind": "AcademicCalendar",
    "metadata": {"name": "here"},
}


def _run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["gate", *(str(argument) for argument in arguments)])


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Reference, policy, calendar and the windows of a small district."""
    (tmp_path / "reference.json").write_bytes(fleets.REFERENCE.to_bytes())
    policy = {"apiVersion": "homeroom.dev/v1alpha1", "kind": "GatePolicy", "metadata": {"name": "p"}}
    (tmp_path / "policy.yaml").write_text(
        yaml.safe_dump({**policy, "spec": json.loads(json.dumps(cases.a_policy().to_json()))})
    )
    source = academiccalendars.Source(kind=academiccalendars.SourceKind.MANUAL, detail="made up", digest=None)
    spec = academiccalendars.from_plan(
        fleets.a_calendar(), zone="Europe/Berlin", display_name="Here", source=source
    ).to_json()
    (tmp_path / "calendar.yaml").write_text(yaml.safe_dump({**CALENDAR, "spec": spec}))
    return tmp_path


def _windows(place: Path, fleet: fleets.Fleet, last_week: int = 12) -> date:
    reports, today = fleets.tell(fleet, fleets.a_calendar(), last_week)
    (place / "windows").mkdir()
    for number, report in enumerate(reports):
        (place / "windows" / f"{number}.json").write_bytes(report.to_bytes())
    return today


def _watch(place: Path, today: date, *more: str) -> Result:
    known = ("--reference", place / "reference.json", "--policy", place / "policy.yaml")
    calendar = ("--calendar", place / "calendar.yaml", "--today", today.isoformat())
    return _run("watch", place / "windows", *(str(part) for part in (*known, *calendar)), *more)


def test_quiet_district_ends_with_0_and_changed_one_with_1(place: Path) -> None:
    today = _windows(place, fleets.Fleet(schools=8))
    assert _watch(place, today).exit_code == 0

    for file in (place / "windows").iterdir():
        file.unlink()
    (place / "windows").rmdir()
    today = _windows(place, fleets.Fleet(schools=8, worse=0.9, worse_schools=(3,)))
    changed = _watch(place, today, "--output", "json", "--html", str(place / "watch.html"))

    assert changed.exit_code == 1
    assert (place / "watch.html").read_text().startswith("<!doctype html>")
    assert json.loads(changed.stdout)["advice"][0]["action"] == "ReviewLocally"


def test_first_week_of_all_ends_with_3(place: Path) -> None:
    assert _watch(place, _windows(place, fleets.Fleet(schools=8, years=1), 1)).exit_code == 3


def test_directory_without_windows_ends_with_2_and_says_what_to_do(place: Path) -> None:
    (place / "windows").mkdir()
    found = _watch(place, date(2026, 11, 27))

    assert found.exit_code == 2
    assert "homeroom gate sketch" in found.output.replace("\n", " ")


def test_sketch_writes_what_the_district_reads(place: Path) -> None:
    rng = np.random.default_rng(1)
    rows = ["date,pupil_token,year_group,score,z,m,kind_a,kind_b"]
    rows += [f"2026-09-07,{pupil:016x},K,{rng.random():.3f},{rng.normal():.3f},0,1,0" for pupil in range(20)]
    (place / "rows.csv").write_text("\n".join(rows) + "\n")

    found = _run(
        "sketch", place / "rows.csv", "--reference", place / "reference.json", "--calendar", place / "calendar.yaml",
        "--site", fleets.site(1), "--region", "north", "--device", "pi4", "--release", fleets.RELEASE,
        "--threshold", "0.25", "--out", place / "told.json",
    )  # fmt: skip

    assert found.exit_code == 0, found.output
    report = windowfiles.parse((place / "told.json").read_bytes(), fleets.KNOWN)
    assert [(window.pupils, window.stamp.teaching_week) for window in report.windows] == [(20, 2)]


def test_sketch_of_rows_that_cannot_be_read_ends_with_2_and_writes_nothing(place: Path) -> None:
    (place / "rows.csv").write_text("date\n2026-09-07\n")

    found = _run(
        "sketch", place / "rows.csv", "--reference", place / "reference.json", "--calendar", place / "calendar.yaml",
        "--site", fleets.site(1), "--region", "north", "--device", "pi4", "--release", fleets.RELEASE,
        "--threshold", "0.25", "--out", place / "told.json",
    )  # fmt: skip

    assert found.exit_code == 2
    assert not (place / "told.json").exists()


@pytest.mark.heavy
@pytest.mark.filterwarnings("ignore")
def test_page_is_drawn_from_sketches_alone(place: Path) -> None:
    """Evidently draws it, from no row; no finding depends on it. Heavy: Evidently takes seconds to load, and warns."""
    today = _windows(place, fleets.Fleet(schools=8))
    plain, drawn = _watch(place, today), _watch(place, today, "--page", str(place / "page.html"))

    assert (drawn.exit_code, drawn.output) == (plain.exit_code, plain.output)
    page = (place / "page.html").read_bytes()
    assert b"<html" in page[:2000].lower()
    assert fleets.site(1).encode() not in page
