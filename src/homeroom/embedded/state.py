"""The state directory: one owner at a time, of one version, removable as a whole."""

import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

from homeroom.domain import errors
from homeroom.embedded import files, locks, supervisor

STATE_VERSION = 1
"""Raised when what lies in a state directory changes so that older or newer code cannot go on with it."""

RUN = "run"
"""Where in a state directory the supervisor keeps its run records."""


class StateDirectory:
    """Holds a state directory exclusively while entered.

    Args:
        path: created (mode 0700) if missing.

    Raises on entry:
        SpecError: another process holds it, another version made it, or it holds files that are not ours.
    """

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()
        self._lock: int | None = None

    def __enter__(self) -> Self:
        self.path.mkdir(mode=0o700, parents=True, exist_ok=True)
        _refuse_foreign(self.path)
        self._lock = locks.acquire(self.path)
        try:
            self._check_version()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _check_version(self) -> None:
        file = self.path / "version"
        if not file.exists():
            files.replace(file, f"{STATE_VERSION}\n".encode())
            return
        text = file.read_text().strip()
        found = int(text) if text.isdigit() else 0
        if found > STATE_VERSION:
            raise errors.SpecError(
                f"{self.path} was made by a newer Homeroom (state version {found}, this one knows {STATE_VERSION}): "
                "update Homeroom, or start over with --reset"
            )
        if found < STATE_VERSION:
            raise errors.SpecError(
                f"{self.path} was made by an older Homeroom (state version {text or 'none'}, this one needs "
                f"{STATE_VERSION}): start over with --reset"
            )


def remove(path: Path) -> bool:
    """End what an earlier run left alive, and remove a state directory whatever its version; False if there was none.

    Raises:
        SpecError: another process holds it, or it is not a state directory.
    """
    if not path.exists():
        return False
    path = path.absolute()
    _refuse_foreign(path)
    handle = locks.acquire(path)
    try:
        if (path / RUN).exists():
            # Else its processes would go on writing into files that nobody can see any more.
            with supervisor.Supervisor(path / RUN):
                pass
        shutil.rmtree(path)
    finally:
        os.close(handle)
    return True


def _refuse_foreign(path: Path) -> None:
    names = {entry.name for entry in path.iterdir()}
    if names and "version" not in names and names != {"lock"}:
        raise errors.SpecError(f"{path} holds files that Homeroom did not make: choose an empty or a new directory")
