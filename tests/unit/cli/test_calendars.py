"""`homeroom calendar`: a manifest that the API server takes, a day's place, and one sentence for what does not fit."""

import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from homeroom.cli import app
from homeroom.resources import academiccalendars

RUNNER = CliRunner()
CSV = "start,end,kind,name\n2026-08-31,2026-12-18,term,Autumn\n2027-01-04,2027-06-10,term,Spring\n"
ROSTER = "sourcedId,title,type,startDate,endDate,parentSourcedId\ny,2026-27,schoolYear,2026-08-31,2027-06-11,\n"
ICAL = "BEGIN:VCALENDAR\nBEGIN:VEVENT\nSUMMARY:School year\nDTSTART;VALUE=DATE:20260831\nDTEND;VALUE=DATE:20270611\nEND:VEVENT\nEND:VCALENDAR\n"


def make(*arguments: str, zone: str = "America/Chicago") -> dict[str, object]:
    result = RUNNER.invoke(app, ["calendar", "make", "west", "--zone", zone, *arguments])
    assert result.exit_code == 0, result.output
    manifest: dict[str, object] = yaml.safe_load(result.stdout)
    return manifest


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        pytest.param("csv", CSV, id="csv"),
        pytest.param("oneroster", ROSTER, id="roster"),
        pytest.param("ical", ICAL, id="ical"),
    ],
)
def test_file_becomes_a_manifest_that_says_where_it_came_from(tmp_path: Path, kind: str, content: str) -> None:
    file = tmp_path / "west.txt"
    file.write_text(content)
    calendar = academiccalendars.parse(make("--from", kind, "--file", str(file)))
    assert calendar.to_domain().years[0].name == "2026-27"
    assert (calendar.spec.source.kind, calendar.spec.source.detail) == (kind, "west.txt")
    assert (calendar.spec.source.digest or "").startswith("sha256:")


def test_package_becomes_a_manifest_with_its_division() -> None:
    arguments = ("--from", "holidays", "--country", "AU", "--subdivision", "NSW Western", "--years", "2026-2027")
    calendar = academiccalendars.parse(make(*arguments, zone="Australia/Sydney"))
    assert calendar.spec.division == "NSW Western"
    assert str(calendar.to_domain().years[0].start) == "2026-02-03"


def test_answers_become_a_manifest() -> None:
    days = ("--first-day", "2026-09-20", "--last-day", "2027-06-10", "--weekdays", "sun,mon,tue,wed,thu")
    calendar = academiccalendars.parse(make("--from", "manual", *days, "--output", "json", zone="Africa/Cairo"))
    assert calendar.to_domain().weekdays == frozenset({6, 0, 1, 2, 3})


@pytest.fixture
def manifest(tmp_path: Path) -> Path:
    path = tmp_path / "west.yaml"
    file = tmp_path / "west.csv"
    file.write_text(CSV)
    path.write_text(yaml.safe_dump(make("--from", "csv", "--file", str(file))))
    return path


def test_day_is_told_for_programs(manifest: Path) -> None:
    result = RUNNER.invoke(app, ["calendar", "stamp", "2026-09-23", "--file", str(manifest), "--output", "json"])
    assert json.loads(result.stdout) == {
        "day": "2026-09-23", "academicYear": "2026-27", "term": "Autumn", "termIndex": 1, "teachingWeek": 4,
        "phase": "teaching", "daysSinceBreak": 17, "schoolDays": 1,
    }  # fmt: skip


def test_calendar_is_shown_by_weeks(manifest: Path) -> None:
    lines = RUNNER.invoke(app, ["calendar", "show", "--file", str(manifest)]).stdout.splitlines()
    assert lines[0] == "from\tschool year\tterm\tweek\tkind of time\tschool days"
    assert lines[1] == "2026-08-31\t2026-27\tAutumn\t1\tsettling\t5"
    assert lines[17] == "2026-12-21\t2026-27\t\t16\tholiday\t0"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["stamp", "2036-01-01", "-f", "{manifest}"], "knows no school year on 2036-01-01", id="outside"),
        pytest.param(["stamp", "yesterday", "-f", "{manifest}"], "'yesterday' is no day", id="date"),
        pytest.param(["show", "-f", "/nowhere"], "cannot be read", id="no file"),
        pytest.param(["make", "x", "--from", "csv", "--zone", "UTC"], "say which file", id="file left out"),
        pytest.param(["make", "x", "--from", "csv", "--zone", "Mars/X"], "no time zone 'Mars/X'", id="zone"),
        pytest.param(["make", "x", "--from", "manual", "--zone", "UTC"], "at least --first-day", id="no terminal"),
        pytest.param(["make", "x", "--from", "holidays", "--zone", "UTC"], "--country, --years", id="country"),
        pytest.param(
            ["make", "x", "--from", "csv", "--zone", "UTC", "--weekdays", "Mo"], "choose from Mon, Tue", id="weekdays"
        ),
        pytest.param(
            ["close", "--school", "x", "--from", "2027-02-03", "--to", "2027-02-01", "--reason", "Snow"],
            "swap them",
            id="order",
        ),
    ],
)
def test_what_you_should_change_is_one_sentence(manifest: Path, arguments: list[str], message: str) -> None:
    result = RUNNER.invoke(app, ["calendar", *(part.format(manifest=manifest) for part in arguments)])
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output
