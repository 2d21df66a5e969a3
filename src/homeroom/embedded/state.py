"""The state directory: one owner at a time, of one version, removable as a whole."""

import fcntl
import os
import shutil
from pathlib import Path
from types import TracebackType
from typing import Self

from homeroom.domain import errors
from homeroom.embedded import files

STATE_VERSION = 1
"""Raised when what lies in a state directory changes so that older or newer code cannot go on with it."""


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
        self._refuse_foreign()
        self._lock = _lock(self.path)
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

    def _refuse_foreign(self) -> None:
        names = {entry.name for entry in self.path.iterdir()}
        if names and "version" not in names and names != {"lock"}:
            raise errors.SpecError(
                f"{self.path} holds files that Homeroom did not make: choose an empty or a new directory"
            )

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
    """Remove a state directory whatever its version; False if there was none.

    Reap the processes of an earlier run first (``Supervisor`` does): they would write into a removed directory.

    Raises:
        SpecError: another process holds it, or it is not a state directory.
    """
    if not path.exists():
        return False
    state = StateDirectory(path)
    state._refuse_foreign()  # noqa: SLF001 - same class, before the lock file is made
    handle = _lock(state.path)
    try:
        shutil.rmtree(state.path)
    finally:
        os.close(handle)
    return True


def _lock(directory: Path) -> int:
    """Take the lock of a directory; the kernel gives it back when we end, however we end."""
    # Python opens files non-inheritable: a child that outlives us does not keep the lock.
    handle = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(handle, 32, 0).decode().strip() or "unknown"
        os.close(handle)
        raise errors.SpecError(
            f"{directory} is in use by another Homeroom (pid {holder}): stop it (kill {holder}), or choose another state directory"
        ) from None
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return handle
