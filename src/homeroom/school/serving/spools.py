"""What serving notes about its answers, for the agent to take in: counts, never what was asked or answered."""

import json
import os
from datetime import datetime
from pathlib import Path

from homeroom.trust import durable

MAX_FILE_BYTES = 256 * 1024
_SUFFIX = ".jsonl"


class SpoolWriter:
    """Appends one line for each answer.

    A line is in the kernel when ``note`` returns, so it outlives a killed process; ``sync`` puts it on disk and is
    called every second, so a power cut loses at most a second of counts.

    Args:
        directory: made if missing; the agent reads there.
    """

    def __init__(self, directory: Path) -> None:
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._directory = directory
        self._number = max((_number(path) for path in files(directory)), default=0)
        self._handle = self._open_next()
        self._dirty = False

    def note(self, at: datetime, purpose: str, level: str) -> None:
        """One answer for that purpose came from that level."""
        if os.fstat(self._handle).st_size >= MAX_FILE_BYTES:
            self.close()
            self._handle = self._open_next()
        line = json.dumps({"at": at.isoformat(timespec="seconds"), "purpose": purpose, "level": level})
        os.write(self._handle, line.encode() + b"\n")
        self._dirty = True

    def sync(self) -> None:
        """Put what was noted on disk; cheap when there is nothing new. Safe from another thread."""
        if self._dirty:
            self._dirty = False
            os.fsync(self._handle)

    def close(self) -> None:
        """Sync and end."""
        self.sync()
        os.close(self._handle)

    def _open_next(self) -> int:
        # A new file at every start: a line that a crash cut in two is then always the last of its file.
        self._number += 1
        path = self._directory / f"{self._number:010d}{_SUFFIX}"
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_EXCL, 0o600)
        durable.sync_directory(self._directory)
        return handle


def files(directory: Path) -> list[Path]:
    """The spool's files, oldest first."""
    return sorted(directory.glob(f"*{_SUFFIX}"))


def _number(path: Path) -> int:
    return int(path.name.removesuffix(_SUFFIX))
