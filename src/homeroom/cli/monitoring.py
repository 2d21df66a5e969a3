"""Commands that watch over a school year: sketch at a school, look at a district."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from homeroom.cli import files, gatecodes, output
from homeroom.domain import digests, errors, schoolyears

if TYPE_CHECKING:
    from homeroom.gates.monitoring import findings

_MOST_FILES = 100_000


@gatecodes.ends_with_a_code
def sketch(
    rows: Annotated[
        Path,
        typer.Argument(
            help="Predictions as CSV, plain or gzip: date, pupil_token, year_group, score, columns of the model; also class_token, outcome, outcome_date."
        ),
    ],
    reference: Annotated[Path, typer.Option(help="reference.json of the release.")],
    calendar: Annotated[Path, typer.Option(help="Manifest of the school's AcademicCalendar.")],
    site: Annotated[str, typer.Option(help="Id of the school.")],
    region: Annotated[str, typer.Option(help="Region, for pooling.")],
    device: Annotated[str, typer.Option(help="Hardware profile of the school's box, such as pi4.")],
    release: Annotated[str, typer.Option(help="Digest of the release that answered.")],
    threshold: Annotated[float, typer.Option(min=0.0, max=1.0, help="At or above it support was offered.")],
    out: Annotated[Path, typer.Option(help="File to write.")],
    cluster: Annotated[str | None, typer.Option(help="Schools that belong together; default: the region.")] = None,
) -> None:
    """Make windows of a school's predictions, on site: counts and sums leave the school, rows never do.

    Example: `homeroom gate sketch predictions.csv --reference reference.json --calendar berlin.yaml --site ID --region north
    --device pi4 --release sha256:... --threshold 0.25 --out windows.json`
    """
    from homeroom.gates import casefiles, references  # noqa: PLC0415 - only what this command needs
    from homeroom.gates.monitoring import bins, sketching, windowfiles  # noqa: PLC0415
    from homeroom.gates.monitoring import rows as predictions  # noqa: PLC0415

    known = references.parse(casefiles.read_file(reference))
    years = files.read_calendar(calendar)
    school = sketching.School(
        site, region, cluster or region, device, digests.parse(release), threshold, years.stamp_window
    )
    report = sketching.sketch(predictions.parse(casefiles.read_file(rows), known.columns()), known, school)
    content = report.to_bytes()
    # What the district would refuse is said here, where it can be put right.
    windowfiles.parse(content, bins.of_reference(known))
    files.write(out, content)
    typer.echo(
        f"{len(report.windows)} windows, {report.hidden} left out because of too few pupils\t{digests.of_bytes(content)}"
    )


@gatecodes.ends_with_a_code
def watch(
    directory: Annotated[Path, typer.Argument(help="Window files of all schools, this year's and earlier ones'.")],
    reference: Annotated[Path, typer.Option(help="reference.json of the release.")],
    policy: Annotated[Path, typer.Option(help="GatePolicy as YAML; its drift limits hold.")],
    calendar: Annotated[
        list[str],
        typer.Option(help="Manifest of an AcademicCalendar for all schools, or SITE=MANIFEST for one; repeat it."),
    ],
    today: Annotated[str | None, typer.Option(help="Day of the look, such as 2026-11-25; default: today.")] = None,
    page: Annotated[
        Path | None, typer.Option(help="Also draw Evidently's page from the sketches, into this file.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write the page for people there.")] = None,
    form: output.OutputOption = output.Form.TABLE,
) -> None:
    """Say what has changed since earlier school years, where, and what to do about it.

    Exit code 0: nothing has changed; 1: something has; 2: the input cannot be judged; 3: nothing could be compared.

    Example: `homeroom gate watch windows/ --reference reference.json --policy policy.yaml --calendar berlin.yaml`
    """
    from homeroom.gates import casefiles, references  # noqa: PLC0415 - only what this command needs
    from homeroom.gates.monitoring import bins, findings, watches, windowfiles  # noqa: PLC0415

    known = references.parse(casefiles.read_file(reference))
    reports = [windowfiles.parse(casefiles.read_file(file), bins.of_reference(known)) for file in _files(directory)]
    calendars = _calendars(calendar, {report.site for report in reports})
    day = files.parse_day(today)
    found = watches.watch(reports, known, calendars, casefiles.read_policy(policy).drift, day)
    if page is not None:
        from homeroom.gates import pictures  # noqa: PLC0415 - Evidently takes seconds to load

        files.write(page, pictures.draw_windows(reports, known, day))
    if html is not None:
        from homeroom.gates.pages import rendering  # noqa: PLC0415 - only for the page

        files.write(html, rendering.render_watch(found))
    if form is output.Form.JSON:
        output.print_json({**found.to_json(), "digest": found.digest})
    else:
        _print(found)
    codes = {findings.Outcome.CHANGED: gatecodes.FAILED, findings.Outcome.UNCHANGED: gatecodes.PASSED}
    raise typer.Exit(codes.get(found.outcome, gatecodes.NOT_ENOUGH))


COMMANDS: tuple[Callable[..., None], ...] = (sketch, watch)


def _print(found: "findings.Findings") -> None:
    advice = [("do", a.region, a.advice.action.value, a.advice.sentence) for a in found.advice]
    said = [
        (f.outcome.value, f.level if f.level == f.unit else f"{f.level} {f.unit}", f.subject, f.sentence)
        for f in found.findings
        if f.outcome.value != "Unchanged"
    ]
    output.print_rows("What has changed", ("", "Where", "What", "In words"), [*advice, *said])
    typer.echo(f"{found.outcome.value}\t{found.today}\t{found.digest}")


def _files(directory: Path) -> list[Path]:
    files = sorted(directory.glob("*.json")) if directory.is_dir() else []
    if not files:
        raise errors.SpecError(f"{directory} holds no window files: `homeroom gate sketch` writes them, named *.json")
    if len(files) > _MOST_FILES:
        raise errors.SpecError(f"{directory} holds {len(files)} files; at most {_MOST_FILES} are read")
    return files


def _calendars(given: list[str], sites: set[str]) -> dict[str, schoolyears.SchoolYears]:
    """By site: the one named for it, else the one for all."""
    own = dict(entry.split("=", 1) for entry in given if "=" in entry)
    common = [entry for entry in given if "=" not in entry]
    if len(common) > 1:
        raise errors.SpecError("name one calendar for all schools, and SITE=MANIFEST for each school with another")
    manifests = {site: own.get(site, common[0] if common else None) for site in sites}
    read = {path: files.read_calendar(Path(path)) for path in set(manifests.values()) if path is not None}
    return {site: read[path] for site, path in manifests.items() if path is not None}
