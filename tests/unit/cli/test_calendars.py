"""`homeroom calendar`: a manifest that the API server takes, a day's place, and one sentence for what does not fit."""

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from homeroom.calendars import questions
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


def ical(*titles: str) -> str:
    events = "".join(f"BEGIN:VEVENT\nSUMMARY:{title}\nDTSTART;VALUE=DATE:20261007\nEND:VEVENT\n" for title in titles)
    return ICAL.replace("END:VCALENDAR", events + "END:VCALENDAR")


def made_from(tmp_path: Path, content: str) -> tuple[int, str]:
    """Exit code, and what is said beside the manifest."""
    file = tmp_path / "west.ics"
    file.write_text(content)
    result = RUNNER.invoke(
        app, ["calendar", "make", "west", "--zone", "America/Chicago", "--from", "ical", "--file", str(file)]
    )
    assert (result.exit_code == 0) == (yaml.safe_load(result.stdout) is not None)
    return result.exit_code, result.stderr


def test_events_that_are_left_out_are_counted_and_named(tmp_path: Path) -> None:
    code, said = made_from(tmp_path, ical("Book fair", "Assembly", "Winter break", "Assembly", ""))
    assert code == 0
    assert said.startswith(
        "homeroom: 4 events were left out, because neither category nor title says what kind of day it is: "
        "Book fair, Assembly (2), (without a title). If one matters"
    )


def test_nothing_is_said_where_every_event_counts(tmp_path: Path) -> None:
    assert made_from(tmp_path, ical("Winter break")) == (0, "")


def test_names_of_events_are_few_short_and_harmless(tmp_path: Path) -> None:
    """A calendar from the internet is printed on a terminal: no control signs, no endless lines."""
    code, said = made_from(tmp_path, ical(*(f"Club {n}" for n in range(30)), "\x1b[31mred", "[bold]" + "x" * 200))
    assert code == 0
    assert "32 events were left out" in said
    assert said.count("Club") == 10
    assert "and 22 more names" in said
    code, said = made_from(tmp_path, ical("\x1b[31mred", "[bold]" + "x" * 200))
    assert "\x1b" not in said
    assert "[31mred, [bold]xxx" in said
    assert "x" * 60 not in said


def test_events_that_are_left_out_are_named_before_the_error_that_they_explain(tmp_path: Path) -> None:
    code, said = made_from(tmp_path, ical("Herbst bis Winter").replace("SUMMARY:School year", "SUMMARY:Schuljahr"))
    left_out, error = said.splitlines()
    assert code == 2
    assert "2 events were left out" in left_out
    assert "Schuljahr, Herbst bis Winter" in left_out
    assert "there is no term and no school year" in error


ANSWERS = ("2026-08-31", "2027-06-10", "2026-12-19..2027-01-03 Winter", "2027-05-10..2027-05-14", "2026-10-12", "none")


def ask(typed: str, *options: str, seconds: float = 30) -> tuple[int, str, str]:
    """The six questions on a real terminal: exit code, manifest, and what the terminal shows."""
    controlling, terminal = pty.openpty()
    command = [sys.executable, "-m", "homeroom", "calendar", "make", "west", "--from", "manual", "--zone", "UTC"]
    try:
        with subprocess.Popen(
            [*command, *options], stdin=terminal, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            os.write(controlling, typed.encode())
            manifest, shown = process.communicate(timeout=seconds)
    finally:
        os.close(controlling)
        os.close(terminal)
    return process.returncode, manifest, shown


def test_six_questions_on_a_terminal_give_the_calendar_of_the_same_answers() -> None:
    code, manifest, shown = ask("\n".join([*ANSWERS, ""]))
    assert code == 0, shown
    calendar = academiccalendars.parse(yaml.safe_load(manifest))
    assert [question for question in questions.QUESTIONS.values() if question not in shown] == []
    (first, last, breaks, exams, staff, lost) = ANSWERS
    options = ("--first-day", first, "--last-day", last, "--breaks", breaks, "--exams", exams, "--staff-days", staff)
    assert (
        calendar.spec == academiccalendars.parse(make("--from", "manual", *options, "--make-up", lost, zone="UTC")).spec
    )


def test_answer_that_cannot_be_read_is_asked_for_again() -> None:
    first, last, *others = ANSWERS
    typed = ["", "31.8.2026", first, last, "autumn", *others[:1], *others[1:3], "extend a bit", "extend 2", ""]
    code, manifest, shown = ask("\n".join(typed))
    assert code == 0, shown
    assert shown.count("first_day: write a date such as 2026-12-21") == 2
    assert shown.count("breaks: write dates such as") == 1
    assert shown.count("make_up: write dates such as") == 1
    made_up = academiccalendars.parse(yaml.safe_load(manifest)).to_domain().makeup_days
    assert [str(span.start) for span in made_up] == ["2027-06-11", "2027-06-14"]


def test_question_that_an_option_answers_is_not_asked() -> None:
    code, _, shown = ask("\n".join([ANSWERS[0], *ANSWERS[2:], ""]), "--last-day", ANSWERS[1])
    assert code == 0, shown
    assert questions.QUESTIONS["first_day"] in shown
    assert questions.QUESTIONS["last_day"] not in shown


def test_terminal_that_is_closed_ends_the_questions() -> None:
    code, manifest, shown = ask("2026-08-31\n\x04")
    assert (code, manifest) == (1, "")
    assert "Traceback" not in shown
