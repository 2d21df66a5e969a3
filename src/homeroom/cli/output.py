"""Tables on a terminal, plain lines elsewhere, JSON when asked; errors as one sentence."""

import enum
import functools
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any, ParamSpec, TypeVar

import typer
from rich.console import Console
from rich.table import Table

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
            complaints.print(f"homeroom: {exc}", markup=False, highlight=False, soft_wrap=True)
            raise typer.Exit(2) from exc
        except errors.HomeroomError as exc:
            complaints.print(f"homeroom: {exc}", markup=False, highlight=False, soft_wrap=True)
            raise typer.Exit(1) from exc

    return wrapped


def print_json(value: Any) -> None:
    """Plain JSON on standard output, never coloured or wrapped."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False))


def print_rows(title: str, columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """A table on a terminal; elsewhere tab-separated lines, with the heading first."""
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if not console.is_terminal:
        for line in (columns, *texts):
            typer.echo("\t".join(line))
        return
    table = Table(title=title, title_justify="left", show_edge=False)
    for column in columns:
        table.add_column(column)
    for line in texts:
        table.add_row(*line)
    console.print(table)


def say(text: str) -> None:
    """One plain line."""
    console.print(text, markup=False, highlight=False, soft_wrap=True)
