"""The command line: one thin function per command, no logic.

Lives here: arguments, help with examples, tables and JSON.
Does not: rules, waiting, protocols.
May import: everything below; what one command needs is imported inside it, so that ``homeroom serve`` on a school box
never loads what only the district has.
"""

from pathlib import Path
from typing import Annotated

import typer

from homeroom.cli import calendars, contexts, gates, joining, offices, people, processes

app = typer.Typer(
    name="homeroom",
    help="Takes a model to every classroom box: fair, private, still right, and answering without the internet.",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    # A plain traceback: it lands in logs, and shows no values.
    pretty_exceptions_enable=False,
)


@app.callback()
def connection(
    context: typer.Context,
    state: Annotated[
        Path, typer.Option(envvar="HOMEROOM_STATE", help="State directory of the demo.")
    ] = contexts.DEFAULT_STATE,
    server: Annotated[
        str | None, typer.Option(envvar="HOMEROOM_SERVER", help="District API; default: the demo's.")
    ] = None,
    token_file: Annotated[
        Path | None, typer.Option(envvar="HOMEROOM_TOKEN_FILE", help="File with your token; default: the demo's.")
    ] = None,
    person: Annotated[
        str | None, typer.Option("--as", help="Person of the demo to act as: author, approver, lead, it, viewer.")
    ] = None,
) -> None:
    """Options that come before the command say which district, and who is asking."""
    context.obj = contexts.Connection(state, server, token_file, person)


for command in people.COMMANDS:
    app.command(rich_help_panel="People")(command)
app.add_typer(people.wave_app, name="wave", rich_help_panel="People")
app.add_typer(gates.app, name="gate", rich_help_panel="People")
app.add_typer(calendars.app, name="calendar", rich_help_panel="People")
for command in joining.COMMANDS:
    app.command(rich_help_panel="A school that joins")(command)
app.add_typer(offices.app, name="school", rich_help_panel="A school that joins")
for command in processes.COMMANDS:
    app.command(rich_help_panel="Processes")(command)
