"""One owner per directory, by a lock that the kernel gives back however its owner ends."""

import fcntl
import os
from pathlib import Path

from homeroom.domain import errors


def acquire(directory: Path) -> int:
    """Take the lock of a directory; the handle is given back with ``os.close``.

    Raises:
        SpecError: somebody else has it; the text names their pid.
    """
    # Python opens files non-inheritable: a child that outlives us does not keep the lock.
    handle = os.open(directory / "lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(handle, 32, 0).decode().strip() or "unknown"
        os.close(handle)
        raise errors.SpecError(
            f"{directory} is in use by another Homeroom (pid {holder}): "
            f"stop it (kill {holder}), or choose another state directory"
        ) from None
    os.ftruncate(handle, 0)
    os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
    return handle
