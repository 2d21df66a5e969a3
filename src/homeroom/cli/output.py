"""Tables on a terminal, plain lines elsewhere, JSON when asked; errors as one sentence."""

import enum
import functools
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from homeroom.domain import errors

P = ParamSpec("P")
R = TypeVar("R")

console = Console()
complaints = Console(stderr=True)


class Form(enum.StrEnum):
    """How to print."""

    TABLE = "table"
    JSON = "json"


OutputOption = Annotated[Form, typer.Option("--output", "-o", help="table, or json for programs.")]


def says_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn our errors into one sentence and exit code 1 (2 for what you should change)."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except errors.SpecError as exc:
            complain(str(exc))
            raise typer.Exit(2) from exc
        except errors.HomeroomError as exc:
            complain(str(exc))
            raise typer.Exit(1) from exc

    return wrapped


def print_json(value: Any) -> None:
    """Plain JSON on standard output, never coloured or wrapped."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_rows(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table on a terminal; elsewhere tab-separated lines, with the heading first."""
    texts = [["" if cell is None else one_line(str(cell)) for cell in row] for row in rows]
    if not console.is_terminal:
        for line in (columns, *texts):
            typer.echo("\t".join(line))
        return
    table = Table(title=title, title_justify="left", show_edge=False)
    for column in columns:
        table.add_column(column)
    for line in texts:
        # As text: a plain string is taken for markup, and what stands in brackets would be gone.
        table.add_row(*map(Text, line))
    console.print(table)


def say(text: str) -> None:
    """One plain line."""
    console.print(one_line(text), markup=False, highlight=False, soft_wrap=True)


def complain(text: str) -> None:
    """One plain line on standard error."""
    complaints.print(f"homeroom: {one_line(text)}", markup=False, highlight=False, soft_wrap=True)


def one_line(text: str) -> str:
    """One line without control characters: a name must not colour a terminal or start a line of its own.

    White space at the start and between words stays as it is.
    """
    return "".join(mark if mark.isprintable() else " " if mark.isspace() else "\ufffd" for mark in text)
