"""Commands about school time: make a calendar, look at it, ask about a day, close a school."""

import functools
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from homeroom.cli import contexts, files, output
from homeroom.domain import dayspans, digests, errors, schooltime, schoolyears
from homeroom.resources import academiccalendars, objects

if TYPE_CHECKING:
    from homeroom.calendars import frames

app = typer.Typer(help="Make a school calendar, look at it, close a school for a day.", no_args_is_help=True)

NAMED = 10
"""Names of events that were left out: enough to see what they are."""
NAME_LENGTH = 60

FileOption = Annotated[Path, typer.Option("--file", "-f", help="Manifest of an AcademicCalendar, YAML or JSON.")]


@app.command()
@output.says_errors
def make(
    name: Annotated[str, typer.Argument(help="Name of the AcademicCalendar, such as berlin.")],
    source: Annotated[
        academiccalendars.SourceKind, typer.Option("--from", help="Kind of source; manual asks six questions.")
    ],
    zone: Annotated[str, typer.Option(help="IANA time zone, such as Europe/Berlin.")],
    file: Annotated[Path | None, typer.Option(help="For ical, csv and oneroster: the file.")] = None,
    country: Annotated[str | None, typer.Option(help="For holidays: two letters, such as DE.")] = None,
    subdivision: Annotated[str | None, typer.Option(help="For holidays: part of the country, such as BE.")] = None,
    years: Annotated[str | None, typer.Option(help="For holidays: when school years begin, such as 2026-2028.")] = None,
    weekdays: Annotated[str, typer.Option(help="Days with lessons.")] = "Mon,Tue,Wed,Thu,Fri",
    settling_weeks: Annotated[int, typer.Option(min=0, max=12, help="First weeks that settle.")] = 3,
    display_name: Annotated[str | None, typer.Option(help="What people call it; default: the name.")] = None,
    first_day: Annotated[str | None, typer.Option(help="Question 1: first day with pupils.")] = None,
    last_day: Annotated[str | None, typer.Option(help="Question 2: last day with pupils.")] = None,
    breaks: Annotated[
        str | None, typer.Option(help="Question 3: breaks, such as 2026-12-21..2027-01-01 Winter; ...")
    ] = None,
    exams: Annotated[str | None, typer.Option(help="Question 4: exam weeks, in the same way.")] = None,
    staff_days: Annotated[str | None, typer.Option(help="Question 5: days for staff only.")] = None,
    make_up: Annotated[str | None, typer.Option(help="Question 6: lost days: none, extend N, or dates.")] = None,
    form: Annotated[str, typer.Option("--output", "-o", help="yaml or json.")] = "yaml",
) -> None:
    """Print the manifest of an AcademicCalendar, ready for kubectl apply.

    Examples: `homeroom calendar make berlin --from holidays --country DE --subdivision BE --years 2026-2027
    --zone Europe/Berlin`, `homeroom calendar make west --from csv --file west.csv --zone America/Chicago`
    """
    from homeroom.calendars import frames  # noqa: PLC0415 - a school box has no calendar packages

    frame = frames.Frame(schoolyears.zone_named(zone), _weekdays(weekdays), settling_weeks)
    if source is academiccalendars.SourceKind.HOLIDAYS:
        found, said = _packaged(country, subdivision, years, frame)
    elif source is academiccalendars.SourceKind.MANUAL:
        answers = (first_day, last_day, breaks, exams, staff_days, make_up)
        found, said = _answered(answers, frame)
    else:
        found, said = _filed(source, file, frame)
    spec = academiccalendars.from_plan(
        found, zone=zone, display_name=display_name or name, source=said, division=subdivision
    )
    _print_manifest(objects.build(academiccalendars.KIND, name, spec), form)
    for gap in found.gaps():
        output.complain(gap.sentence)


@app.command()
@output.says_errors
def show(file: FileOption, form: output.OutputOption = output.Form.TABLE) -> None:
    """Show a calendar, one line a week.

    Example: `homeroom calendar show --file berlin.yaml`
    """
    years = files.read_calendar(file)
    first, last = years.first_day, years.last_day
    lines = []
    while first <= last:
        days = dayspans.Span(first, min(first + 6 * dayspans.ONE_DAY, last))
        lines.append({"from": first.isoformat(), **_document(years.stamp_window(days), years, days)})
        first += 7 * dayspans.ONE_DAY
    if form is output.Form.JSON:
        output.print_json({"weeks": lines, "gaps": [gap.sentence for gap in years.gaps()]})
        return
    output.print_rows(
        "Weeks",
        ("from", "school year", "term", "week", "kind of time", "school days"),
        [(w["from"], w["academicYear"], w["term"], w["teachingWeek"], w["phase"], w["schoolDays"]) for w in lines],
    )
    for gap in years.gaps():
        output.say(gap.sentence)


@app.command()
@output.says_errors
def stamp(
    day: Annotated[str, typer.Argument(help="A date, such as 2026-09-23.")],
    file: FileOption,
    form: output.OutputOption = output.Form.TABLE,
) -> None:
    """Say where a day lies in the school year.

    Example: `homeroom calendar stamp 2026-09-23 --file berlin.yaml`
    """
    when, years = files.parse_day(day), files.read_calendar(file)
    document = _document(years.stamp(when), years, dayspans.Span(when, when))
    if form is output.Form.JSON:
        output.print_json({"day": when.isoformat(), **document})
        return
    for key, value in document.items():
        output.say(f"{key:15} {'' if value is None else value}")


@app.command()
@output.says_errors
def close(
    context: typer.Context,
    school: Annotated[str, typer.Option(help="Name of the school.")],
    start: Annotated[str, typer.Option("--from", help="First closed day.")],
    reason: Annotated[str, typer.Option(help="Why, such as Snow.")],
    end: Annotated[str | None, typer.Option("--to", help="Last closed day; default: the first.")] = None,
    form: output.OutputOption = output.Form.TABLE,
) -> None:
    """Say that one school is closed though its calendar says otherwise; these days do not count.

    Example: `homeroom calendar close --school heron-valley --from 2027-02-03 --to 2027-02-04 --reason Snow`
    """
    first, last = files.parse_day(start), files.parse_day(end or start)
    if last < first:
        raise errors.SpecError(f"--to {last} is before --from {first}: swap them")
    with contexts.of(context).connect("it") as district:
        site = district.close_school(school, first.isoformat(), last.isoformat(), reason)
    if form is output.Form.JSON:
        output.print_json(site)
    else:
        output.say(f"{school}: closed from {first} to {last} ({reason})")


Made = tuple[schoolyears.SchoolYears, academiccalendars.Source]


def _packaged(country: str | None, subdivision: str | None, years: str | None, frame: "frames.Frame") -> Made:
    from homeroom.calendars import packaged  # noqa: PLC0415

    if country is None or years is None:
        raise errors.SpecError("say which: --country, --years, and mostly --subdivision")
    found = packaged.read(country, subdivision, _range(years), frame)
    detail = ", ".join(part for part in (f"holidays {packaged.version()}", country, subdivision, years) if part)
    return found, academiccalendars.Source(kind=academiccalendars.SourceKind.HOLIDAYS, detail=detail)


def _filed(kind: academiccalendars.SourceKind, file: Path | None, frame: "frames.Frame") -> Made:
    from homeroom.calendars import frames as limits  # noqa: PLC0415
    from homeroom.calendars import ical, oneroster, tables  # noqa: PLC0415

    if file is None:
        raise errors.SpecError(f"say which file: --file, for a calendar from {kind}")
    content = limits.read_file(file)
    source = academiccalendars.Source(kind=kind, detail=file.name[:253], digest=digests.of_bytes(content))
    left_out: list[str] = []
    try:
        match kind:
            case academiccalendars.SourceKind.ICAL:
                return ical.read(content, frame, left_out.append), source
            case academiccalendars.SourceKind.CSV:
                return tables.read(content, frame), source
        return oneroster.read(content, frame), source
    finally:  # also before an error: what was left out is often why a calendar has no terms
        _say_left_out(left_out)


def _say_left_out(names: list[str]) -> None:
    """On standard error: how many events were not taken, and the first names of them, each once."""
    if not names:
        return
    counted = Counter(_readable(name) for name in names)
    said = [f"{name} ({times})" if times > 1 else name for name, times in list(counted.items())[:NAMED]]
    more = [f"and {len(counted) - NAMED} more names"] if len(counted) > NAMED else []
    many = f"{len(names)} events were" if len(names) > 1 else "1 event was"
    output.complain(
        f"{many} left out, because neither category nor title says what kind of day it is: {', '.join([*said, *more])}. "
        "If one matters, give it a category: year, term, break, exam, staff, closure or makeup"
    )


def _readable(name: str) -> str:
    """A name out of a file as it may be shown on a terminal: one short line without control signs."""
    plain = "".join(sign if sign.isprintable() else " " for sign in name).strip()
    return (plain if len(plain) <= NAME_LENGTH else plain[: NAME_LENGTH - 1] + "…") or "(without a title)"


def _answered(given: tuple[str | None, ...], frame: "frames.Frame") -> Made:
    from homeroom.calendars import questions  # noqa: PLC0415

    answers = dict(zip(questions.QUESTIONS, given, strict=True))
    if given[0] is None or given[1] is None:
        if not sys.stdin.isatty():
            raise errors.SpecError("answer at least --first-day and --last-day; the questions need a terminal")
        for key, question in questions.QUESTIONS.items():
            if answers[key] is None:
                answers[key] = typer.prompt(
                    question, default="", show_default=False, err=True, value_proc=functools.partial(_typed, key)
                )
    found = questions.read(questions.Answers(**{key: answer or "" for key, answer in answers.items()}), frame)
    return found, academiccalendars.Source(kind=academiccalendars.SourceKind.MANUAL, detail="six questions")


def _typed(question: str, answer: str) -> str:
    """What was typed; a question whose answer cannot be read is asked again, until the terminal is closed."""
    from homeroom.calendars import questions  # noqa: PLC0415

    try:
        return questions.check(question, answer)
    except errors.SpecError as exc:
        raise typer.BadParameter(str(exc)) from exc


def _document(stamp: schooltime.Stamp, years: schoolyears.SchoolYears, days: dayspans.Span) -> dict[str, Any]:
    return {
        "academicYear": stamp.academic_year,
        "term": stamp.term,
        "termIndex": stamp.term_index,
        "teachingWeek": stamp.teaching_week,
        "phase": stamp.phase.value,
        "daysSinceBreak": stamp.days_since_break,
        "schoolDays": sum(years.is_school_day(day) for day in days.days()),
    }


def _print_manifest(manifest: dict[str, Any], form: str) -> None:
    if form == "json":
        output.print_json(manifest)
        return
    if form != "yaml":
        raise errors.SpecError(f"there is no output {form!r}: choose yaml or json")
    import yaml  # noqa: PLC0415 - a school box has none

    typer.echo(yaml.safe_dump(manifest, sort_keys=False, allow_unicode=True, width=120), nl=False)


def _weekdays(text: str) -> frozenset[int]:
    known = [day.value for day in academiccalendars.WEEKDAYS]
    words = [word.strip().capitalize() for word in text.split(",") if word.strip()]
    unknown = [word for word in words if word not in known]
    if unknown or not words:
        raise errors.SpecError(f"--weekdays: choose from {', '.join(known)}, parted by commas")
    return frozenset(known.index(word) for word in words)


def _range(text: str) -> range:
    first, _, last = text.partition("-")
    if not (first.isdigit() and (last or first).isdigit()):
        raise errors.SpecError("--years: write one year or two, such as 2026-2028")
    return range(int(first), int(last or first) + 1)
