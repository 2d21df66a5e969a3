"""`homeroom gate`: everything about gates that needs no operator."""

from collections.abc import Callable

import typer

from homeroom.cli import cells, gateruns, gateverifications, monitoring, policies

app = typer.Typer(help="Judge a release, explain a policy, verify an old decision.", no_args_is_help=True)

COMMANDS: tuple[Callable[..., None], ...] = (
    gateruns.run,
    gateverifications.verify,
    *policies.COMMANDS,
    *cells.COMMANDS,
    *monitoring.COMMANDS,
)

for command in COMMANDS:
    app.command()(command)
