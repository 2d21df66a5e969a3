"""Statements that the demo checks on its way; one that is false makes it exit 1."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from homeroom.domain import errors

T = TypeVar("T")

POLL = timedelta(milliseconds=250)


@dataclass(frozen=True, slots=True)
class Check:
    """One statement and whether it held."""

    statement: str
    held: bool
    detail: str = ""


@dataclass(slots=True)
class Ledger:
    """Every statement that was checked, in order."""

    checks: list[Check] = field(default_factory=list)
    on_check: Callable[[Check], None] = lambda _check: None

    def check(self, statement: str, held: bool, detail: str = "") -> None:  # noqa: FBT001 - reads as a sentence
        """Record whether ``statement`` held; the demo goes on and fails at the end."""
        check = Check(statement, held, detail)
        self.checks.append(check)
        self.on_check(check)

    @property
    def all_held(self) -> bool:
        """Whether every statement held, and there was at least one."""
        return bool(self.checks) and all(check.held for check in self.checks)


def wait_for(
    what: str,
    look: Callable[[], T | None],
    *,
    within: timedelta,
    progress: Callable[[str], None] | None = None,
    describe: Callable[[], str] = lambda: "",
) -> T:
    """The first value of ``look`` that is neither None nor False.

    Args:
        what: for the error, such as ``every school to be healthy``.
        look: called until it gives something; errors.Unavailable counts as nothing yet.
        within: the deadline.
        progress: told how long it has been, on every look.
        describe: what is there now, for the progress line and the error.

    Raises:
        Unavailable: the deadline passed.
    """
    started = time.monotonic()
    while True:
        try:
            found = look()
        except errors.Unavailable:
            found = None
        if found is not None and found is not False:
            return found
        waited = timedelta(seconds=time.monotonic() - started)
        if waited > within:
            raise errors.Unavailable(f"waited {within.total_seconds():.0f} s for {what}; {describe()}")
        if progress is not None:
            progress(f"{what}: {describe()} ({waited.total_seconds():.0f} s)")
        time.sleep(POLL.total_seconds())
