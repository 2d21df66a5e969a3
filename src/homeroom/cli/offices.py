"""Commands for a school's office, on its own box: say that the school is closed, take it back, look at what was said."""

from pathlib import Path
from typing import Annotated, Any

import typer

from homeroom.cli import output
from homeroom.client import offices
from homeroom.domain import closurestatements, errors

app = typer.Typer(help="For a school's office, on its own box: closed days.", no_args_is_help=True)

SocketOption = Annotated[
    Path | None, typer.Option(envvar="HOMEROOM_AGENT_SOCKET", help="Unix socket of the agent, or of a host.")
]
BoxOption = Annotated[Path | None, typer.Option("--box", help="Directory of `homeroom box`, in place of --socket.")]
SchoolOption = Annotated[str | None, typer.Option(help="At a host with several schools: which.")]
FromOption = Annotated[str, typer.Option("--from", help="First day, such as 2027-02-03.")]
ToOption = Annotated[str | None, typer.Option("--to", help="Last day; default: the first.")]


@app.command()
@output.says_errors
def close(
    start: FromOption,
    cause: Annotated[closurestatements.Cause, typer.Option("--because", help="Why.")],
    end: ToOption = None,
    note: Annotated[str, typer.Option(help="A few words for the district; no numbers and no names of people.")] = "",
    socket: SocketOption = None,
    box: BoxOption = None,
    school: SchoolOption = None,
    form: output.OutputOption = output.Form.TABLE,
) -> None:
    """Say that this school is closed. It is kept on the box and goes up when there is a line.

    Example: `homeroom school close --from 2027-02-03 --to 2027-02-04 --because snow --box build/my-school`
    """
    closurestatements.read(start, end or start, cause, note)  # said here, so that a mistake is told without a box
    said = {"closed": True, "from": start, "to": end or start, "cause": cause.value, "note": note}
    _show(offices.say(_socket(socket, box), said, school), form)


@app.command("open")
@output.says_errors
def open_(
    start: FromOption,
    end: ToOption = None,
    socket: SocketOption = None,
    box: BoxOption = None,
    school: SchoolOption = None,
    form: output.OutputOption = output.Form.TABLE,
) -> None:
    """Take back that this school is closed, for all of these days or for some.

    Example: `homeroom school open --from 2027-02-04 --box build/my-school`
    """
    closurestatements.read(start, end or start, None)
    _show(offices.say(_socket(socket, box), {"closed": False, "from": start, "to": end or start}, school), form)


@app.command()
@output.says_errors
def closures(
    socket: SocketOption = None,
    box: BoxOption = None,
    school: SchoolOption = None,
    form: output.OutputOption = output.Form.TABLE,
) -> None:
    """Show on which days this school says that it is closed, and whether the district has received it.

    Example: `homeroom school closures --box build/my-school`
    """
    _show(offices.closures(_socket(socket, box), school), form)


def _socket(socket: Path | None, box: Path | None) -> Path:
    if box is not None:
        return box / "home" / "agent.sock"
    if socket is None:
        raise errors.SpecError("say which box: --box with the directory of homeroom box, or --socket of its agent")
    return socket


def _show(answer: dict[str, Any], form: output.Form) -> None:
    if form is output.Form.JSON:
        output.print_json(answer)
        return
    rows = [(c["from"], c["to"], c["cause"], c["note"]) for c in answer["closures"]]
    output.print_rows("Closed", ("from", "to", "because", "note"), rows)
    waiting = answer["waiting"]
    output.say(
        f"waiting for the line: {waiting}; it goes up by itself, nothing is lost"
        if waiting
        else "the district has received all of it; which days count there is in its SchoolSite"
    )
