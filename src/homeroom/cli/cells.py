"""`homeroom gate cells`: what a school gives instead of rows."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from homeroom.cli import files, gatecodes, output


@gatecodes.ends_with_a_code
def cells(
    directory: Annotated[Path, typer.Argument(help="Release files: release.json and what it names.")],
    policy: Annotated[Path, typer.Option(help="GatePolicy as YAML.")],
    to: Annotated[Path, typer.Option(help="Directory to write one file for each school into.")],
    evaluation: Annotated[
        Path | None, typer.Option(help="Evaluation table; default: evaluation.csv.gz in DIRECTORY.")
    ] = None,
) -> None:
    """Write the group sums of each school in an evaluation table, so that no row has to leave it.

    The files hold counts of very few pupils: they are for adding up with those of other schools (`homeroom gate run --cells`),
    never for publishing.

    Example: `homeroom gate cells build/release --policy policy.yaml --to build/cells`
    """
    from homeroom.gates import casefiles, fairness, gathering  # noqa: PLC0415 - see the charter

    case = casefiles.CaseFiles(
        directory=directory,
        policy=policy,
        evaluation=evaluation,
        on=files.parse_day(None),
    )
    given, limits = casefiles.read(case)
    documents = fairness.cells_of(gathering.gather(given, limits))
    for site, content in documents.items():
        files.write(to / f"{site}.json", content, mode=0o600)
    output.say(f"wrote the sums of {len(documents)} schools to {to}; keep them: they are not for publication")


COMMANDS: tuple[Callable[..., None], ...] = (cells,)
