"""`homeroom gate verify`: do verdict, policy and evidence of an old decision belong together?"""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer

from homeroom.cli import contexts, gatecodes, gateruns, output
from homeroom.domain import digests, errors


@gatecodes.ends_with_a_code
def verify(
    context: typer.Context,
    release: Annotated[str | None, typer.Argument(help="Name of a ModelRelease, read from the district.")] = None,
    files: Annotated[
        Path | None, typer.Option(help="Directory with report.json, evidence.json and policy.json instead.")
    ] = None,
    layout: Annotated[
        Path | None, typer.Option(help="OCI layout directory with the attached artifact instead.")
    ] = None,
    registry: Annotated[str | None, typer.Option(help="Base URL of a registry instead, with the next two.")] = None,
    repository: Annotated[str | None, typer.Option(help="Such as releases/reading-support.")] = None,
    release_digest: Annotated[str | None, typer.Option(help="Digest of the release that it must be about.")] = None,
    digest: Annotated[
        str | None, typer.Option(help="Digest of the gate report that the approval names; without it exit code 3.")
    ] = None,
    ca: Annotated[Path | None, typer.Option(help="Authority of the registry, PEM.")] = None,
    certificate: Annotated[Path | None, typer.Option(help="Certificate to show to the registry, PEM.")] = None,
    key: Annotated[Path | None, typer.Option(help="Its private key, PEM.")] = None,
    evaluation: Annotated[Path | None, typer.Option(help="The evaluation table, to judge again.")] = None,
    release_files: Annotated[Path | None, typer.Option(help="Directory of the release files, to judge again.")] = None,
    calendar: Annotated[list[Path] | None, typer.Option(help="Calendar that was judged with; repeatable.")] = None,
    cells: Annotated[list[Path] | None, typer.Option(help="Group sums that were judged with; repeatable.")] = None,
    earlier: Annotated[
        list[Path] | None,
        typer.Option(help="Earlier report that it was compared with: directory of its documents; repeatable."),
    ] = None,
    deadline_seconds: Annotated[float, typer.Option(min=1, help="Longest run.")] = 900.0,
) -> None:
    """Check that verdicts, policy and evidence of a decision belong together; with the rows, judge again and compare.

    Exit codes: 0 they do, 1 something was changed or does not follow, 2 something given cannot be read, 3 they fit each other
    but nothing vouches for the report (give `--digest`), 4 a defect.

    Examples: `homeroom gate verify reading-support-1`,
    `homeroom gate verify --files evidence --digest sha256:... --evaluation evaluation.csv.gz --release-files build/release`
    """
    from homeroom.gates import archives, verification  # noqa: PLC0415 - see the charter

    expected = None if digest is None else digests.parse(digest)
    about = None if release_digest is None else digests.parse(release_digest)
    if sum(source is not None for source in (release, files, layout, registry)) != 1:
        raise errors.SpecError("name one place to read from: a release, --files, --layout or --registry")
    if (evaluation is None) != (release_files is None):
        raise errors.SpecError("to judge again give both --evaluation and --release-files")
    if (calendar or cells) and evaluation is None:
        raise errors.SpecError(
            "--calendar and --cells are for judging again: give --evaluation and --release-files too"
        )
    if release is not None:
        found = _from_district(context, release)
    elif files is not None:
        found = archives.from_directory(files)
    elif layout is not None:
        found = archives.from_layout(layout, expected)
    else:
        found = _from_registry(registry, repository, about, expected, (ca, certificate, key))
    verified = verification.verify(found.files, expected=expected or found.expected, release=about or found.release)
    problems, notes = [*verified.problems], [*verified.notes]
    if evaluation is not None and release_files is not None and verified.report is not None:
        more = (calendar or [], cells or [], earlier or [])
        compared = _again(verified.report, evaluation, release_files, more, deadline_seconds)
        problems += compared.problems
        notes += compared.notes
    _end(verified, problems, notes, again=evaluation is not None)


def _from_district(context: typer.Context, release: str) -> Any:
    from homeroom.gates import archives, verification  # noqa: PLC0415 - see the charter

    with contexts.of(context).connect("viewer") as district:
        status = district.get("releases", release).get("status") or {}
        report, evidence, policy = (district.gate_document(release, name) for name in ("", "evidence", "policy"))
    expected, about = status.get("gateReportDigest"), status.get("releaseDigest")
    return archives.Found(
        verification.Files(report, evidence, policy),
        None if expected is None else digests.parse(expected),
        None if about is None else digests.parse(about),
    )


def _from_registry(
    registry: str | None,
    repository: str | None,
    about: digests.Digest | None,
    expected: digests.Digest | None,
    tls_files: tuple[Path | None, Path | None, Path | None],
) -> Any:
    from homeroom.cli import registries  # noqa: PLC0415 - see the charter

    if registry is None or repository is None or about is None:
        raise errors.SpecError("to read from a registry give --registry, --repository and --release-digest")
    return registries.read_attached(registry, repository, about, expected, tls_files)


def _again(
    report: Any,
    evaluation: Path,
    release_files: Path,
    more: tuple[list[Path], list[Path], list[Path]],
    deadline_seconds: float,
) -> Any:
    from homeroom.gates import casefiles, recomputation  # noqa: PLC0415 - see the charter
    from homeroom.packaging import releasefiles  # noqa: PLC0415 - see the charter

    given = recomputation.Given(
        evaluation=casefiles.read_file(evaluation),
        release=releasefiles.read(release_files),
        calendars=casefiles.read_named(more[0]),
        cells=casefiles.read_named(more[1]),
        earlier=casefiles.read_earlier(more[2]),
    )
    with gateruns.progress() as say:
        return recomputation.recompute(report, given, timedelta(seconds=deadline_seconds), say)


def _end(verified: Any, problems: list[str], notes: list[str], *, again: bool) -> None:
    for kind, lines in (("problem", problems), ("note", notes)):
        for line in lines:
            typer.echo(f"{kind}\t{output.one_line(line)}")
    typer.echo(f"report\t{verified.digest}")
    if problems:
        typer.echo("these do not belong together")
        raise typer.Exit(gatecodes.FAILED)
    typer.echo("verdicts, policy and evidence belong together" + (", and judging again said the same" if again else ""))
    if not verified.anchored:
        typer.echo("nothing vouches for the report itself: compare its digest with the one in the approval")
        raise typer.Exit(gatecodes.NOT_ENOUGH)
