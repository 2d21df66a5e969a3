"""`homeroom gate run`: the operator's own gates, in any CI."""

import asyncio
import contextlib
import tempfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from homeroom.cli import files, gatecodes, output
from homeroom.domain import errors


@gatecodes.ends_with_a_code
def run(
    directory: Annotated[Path, typer.Argument(help="Release files: release.json and what it names.")],
    policy: Annotated[Path, typer.Option(help="GatePolicy as YAML.")],
    evaluation: Annotated[
        Path | None, typer.Option(help="Evaluation table; default: evaluation.csv.gz in DIRECTORY.")
    ] = None,
    on: Annotated[
        str | None, typer.Option(help="Day as of which to judge, such as 2026-11-02; default: today.")
    ] = None,
    hardware: Annotated[
        list[str] | None, typer.Option(help="A box that it may go to, PROFILE:MIB:CORES; repeatable.")
    ] = None,
    calendar: Annotated[
        list[Path] | None,
        typer.Option(
            help="AcademicCalendar as YAML, of all schools, or named SITE.yaml of one: periods are matched by it; repeatable."
        ),
    ] = None,
    cells: Annotated[list[Path] | None, typer.Option(help="Group sums of another district; repeatable.")] = None,
    earlier: Annotated[
        list[Path] | None,
        typer.Option(help="Report published earlier on this model: report.json or its directory; repeatable."),
    ] = None,
    junit: Annotated[Path | None, typer.Option(help="Write JUnit XML there.")] = None,
    sarif: Annotated[Path | None, typer.Option(help="Write SARIF 2.1.0 there.")] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write a summary for a pull request there.")] = None,
    json: Annotated[Path | None, typer.Option(help="Write everything as JSON there.")] = None,
    html: Annotated[Path | None, typer.Option(help="Write the page for people there.")] = None,
    evidence: Annotated[
        Path | None, typer.Option(help="Write the documents for `homeroom gate verify` into that directory.")
    ] = None,
    page: Annotated[bool, typer.Option("--page/--no-page", help="Draw pages; without, it is faster.")] = True,
    deadline_seconds: Annotated[float, typer.Option(min=1, help="Longest run.")] = 900.0,
) -> None:
    """Judge a release as the district's operator would: the same code, in a process without network.

    Exit codes: 0 passed, 1 failed, 2 something given cannot be judged, 3 not enough evidence, 4 a defect or a process that
    died. Progress goes to standard error, the findings that stand in the way to standard output.

    Example: `homeroom gate run build/release --policy policy.yaml --junit gates.xml --markdown gates.md`
    """
    from homeroom.gates import casefiles, formats  # noqa: PLC0415 - see the charter

    if html is not None and not page:
        raise errors.SpecError("--html needs the page that --no-page leaves out: give one of them")
    case = casefiles.CaseFiles(
        directory=directory,
        policy=policy,
        evaluation=evaluation,
        on=files.parse_day(on),
        hardware=tuple(casefiles.parse_hardware(box) for box in hardware or ()),
        calendars=tuple(calendar or ()),
        cells=tuple(cells or ()),
        earlier=tuple(earlier or ()),
    )
    with progress() as say:
        say("looking at the release files")
        report = _judged(case, timedelta(seconds=deadline_seconds), pages=page, say=say)
    writers = {junit: formats.to_junit, sarif: formats.to_sarif, markdown: formats.to_markdown, json: formats.to_json}
    for path, writer in writers.items():
        if path is not None:
            files.write(path, writer(report))
    if html is not None:
        files.write(html, report.page or b"")
    if evidence is not None:
        _write_documents(evidence, report)
    gatecodes.show(report)
    raise typer.Exit(gatecodes.of(report.outcome))


def _judged(case: Any, deadline: timedelta, *, pages: bool, say: Callable[[str], None]) -> Any:
    from homeroom.gates import casefiles, inputs  # noqa: PLC0415 - see the charter
    from homeroom.gates import run as gate_runs  # noqa: PLC0415 - see the charter

    given, policy = casefiles.read(case)
    with tempfile.TemporaryDirectory(prefix="homeroom-gates-") as directory:
        work = Path(directory)
        inputs.write(work, given, policy)
        return asyncio.run(gate_runs.start(work, deadline, say, pages=pages))


@contextlib.contextmanager
def progress() -> Iterator[Callable[[str], None]]:
    """Takes lines of progress: one that changes on a terminal, one after the other elsewhere, on standard error."""
    if not output.complaints.is_terminal:
        yield lambda line: typer.echo(line, err=True)
        return
    with output.complaints.status("starting") as status:
        yield lambda line: status.update(line.replace("[", "\\["))


def _write_documents(directory: Path, report: Any) -> None:
    from homeroom.gates import run as gate_runs  # noqa: PLC0415 - see the charter

    try:
        directory.mkdir(parents=True, exist_ok=True)
        gate_runs.write(directory, report)
    except OSError as exc:
        raise errors.SpecError(f"cannot write into {directory}: {exc.strerror}") from exc
