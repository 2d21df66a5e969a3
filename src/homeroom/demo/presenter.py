"""What the demo prints: stages with progress on a terminal, plain lines anywhere else."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.markup import escape
from rich.status import Status

from homeroom.demo import checks

QUIET_SECONDS = 5.0
"""Without a terminal, one progress line at most this often."""


class Presenter:
    """Prints one line per stage and per statement, and keeps the seconds of each stage."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None
        self._title = ""
        self._last_line = 0.0
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, key: str, title: str) -> Iterator[None]:
        """Show ``title`` while the block runs, then how long it took; the time lands in ``seconds[key]``."""
        started = time.monotonic()
        self._title = title
        if self._console.is_terminal:
            self._status = self._console.status(f"[bold]{escape(title)}[/]")
            self._status.start()
        else:
            self._console.print(f"== {title}", markup=False, highlight=False)
        try:
            yield
        finally:
            if self._status is not None:
                self._status.stop()
                self._status = None
            self.seconds[key] = self.seconds.get(key, 0.0) + time.monotonic() - started
        if self._console.is_terminal:
            self._console.print(f"[bold green]✓[/] [bold]{escape(title)}[/] [dim]{self.seconds[key]:.1f} s[/]")
        else:
            self._console.print(f"   done in {self.seconds[key]:.1f} s", markup=False, highlight=False)

    def progress(self, text: str) -> None:
        """Say how a long wait is going; replaces the line on a terminal, rarely prints elsewhere."""
        if self._status is not None:
            self._status.update(f"[bold]{escape(self._title)}[/] [dim]{escape(text)}[/]")
        elif time.monotonic() - self._last_line > QUIET_SECONDS:
            self._last_line = time.monotonic()
            self._console.print(f"   ... {text}", markup=False, highlight=False, soft_wrap=True)

    def say(self, text: str) -> None:
        """One line of its own."""
        self._console.print(f"   {text}", markup=False, highlight=False, soft_wrap=True)

    def check(self, check: checks.Check) -> None:
        """One statement and whether it held."""
        mark, style = ("ok", "green") if check.held else ("NOT TRUE", "bold red")
        detail = f" ({check.detail})" if check.detail else ""
        self._console.print(
            f"   [{style}]{mark}[/] {escape(check.statement)}[dim]{escape(detail)}[/]", highlight=False, soft_wrap=True
        )
