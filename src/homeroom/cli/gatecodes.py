"""Exit codes of `homeroom gate`, and what it prints."""

import functools
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

import typer

from homeroom.cli import output
from homeroom.domain import errors
from homeroom.domain.verdicts import Outcome

P = ParamSpec("P")
R = TypeVar("R")

PASSED, FAILED, BAD_INPUT, NOT_ENOUGH, DEFECT = range(5)
"""Of `gate run`; `gate verify` uses the same numbers: belongs together, does not, bad input, nothing to hold it against, defect."""


def of(outcome: Outcome) -> int:
    """Exit code for the outcome of a report."""
    return {Outcome.PASS: PASSED, Outcome.FAIL: FAILED}.get(outcome, NOT_ENOUGH)


def ends_with_a_code(command: Callable[P, R]) -> Callable[P, R]:
    """Turns every error into one sentence and a code that no finding has: a CI must not take a crash for a failed gate."""

    @functools.wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except typer.Exit:
            raise
        except errors.SpecError as exc:
            output.complain(str(exc))
            raise typer.Exit(BAD_INPUT) from exc
        except errors.HomeroomError as exc:
            output.complain(str(exc))
            raise typer.Exit(DEFECT) from exc
        except Exception as exc:
            output.complain(f"a defect of ours ({type(exc).__name__}: {exc!s:.300}); please report it")
            raise typer.Exit(DEFECT) from exc

    return wrapped


def show(report: Any) -> None:
    """What stands in the way, a line each, and the outcome with the digest of the report."""
    for verdict in report.verdicts:
        if verdict.outcome in (Outcome.FAIL, Outcome.NOT_ENOUGH_EVIDENCE):
            typer.echo(
                f"{verdict.outcome.value}\t{output.one_line(verdict.subject)}\t{output.one_line(verdict.sentence)}"
            )
    typer.echo(f"{report.outcome.value}\treport\t{report.digest}")
