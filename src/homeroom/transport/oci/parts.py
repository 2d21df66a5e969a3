"""The file of a download that is not complete yet, and the hash of what it holds."""

import asyncio
import hashlib
import os
from pathlib import Path
from typing import BinaryIO, Self

from homeroom.domain import digests

_READ_BYTES = 1 << 20


class Part:
    """``NAME.part`` beside the destination; it outlives the process, so the next attempt goes on where this one ended.

    Attributes:
        size_bytes: how much of the blob is there.
    """

    def __init__(self, destination: Path) -> None:
        self._destination = destination
        self._path = destination.with_name(destination.name + ".part")
        self._file: BinaryIO | None = None
        self._hash = hashlib.sha256()
        self.size_bytes = 0

    @classmethod
    async def opened(cls, destination: Path, *, limit_bytes: int) -> Self:
        """The part of that destination with what earlier attempts left, hashed; empty if that is over the limit."""
        part = cls(destination)
        await asyncio.to_thread(part._open)
        if part.size_bytes > limit_bytes:
            part.restart()
        return part

    def _open(self) -> None:
        self._destination.parent.mkdir(parents=True, exist_ok=True)
        self._file = self._path.open("a+b")
        self._file.seek(0)
        while chunk := self._file.read(_READ_BYTES):
            self._hash.update(chunk)
            self.size_bytes += len(chunk)

    @property
    def digest(self) -> digests.Digest:
        """Digest of what is there."""
        return digests.Digest("sha256:" + self._hash.hexdigest())

    def append(self, chunk: bytes) -> None:
        """Adds the next bytes."""
        self._opened_file().write(chunk)
        self._hash.update(chunk)
        self.size_bytes += len(chunk)

    def restart(self) -> None:
        """Forgets what is there."""
        file = self._opened_file()
        file.truncate(0)
        file.seek(0)
        self._hash = hashlib.sha256()
        self.size_bytes = 0

    async def finish(self) -> None:
        """Makes it durable under the destination's own name; a crash leaves either the part or the whole file."""
        await asyncio.to_thread(self._finish)

    def _finish(self) -> None:
        file = self._opened_file()
        file.flush()
        os.fsync(file.fileno())
        file.close()
        self._path.replace(self._destination)
        directory = os.open(self._destination.parent, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)

    def close(self) -> None:
        """Lets go of the file; what is there stays for the next attempt."""
        if self._file is not None:
            self._file.close()

    def discard(self) -> None:
        """Removes it."""
        self.close()
        self._path.unlink(missing_ok=True)

    def _opened_file(self) -> BinaryIO:
        if self._file is None:
            self._open()
        if self._file is None:
            raise RuntimeError(self._path)
        return self._file
