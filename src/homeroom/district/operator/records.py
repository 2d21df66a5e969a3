"""Outputs of finished steps, on disk by the digest of what went in: the same inputs are never worked on twice."""

import contextlib
import json
import os
import pathlib
import tempfile
from typing import Any

from homeroom.domain import digests


class Records:
    """One small JSON file per finished step.

    A file appears complete or not at all, so a crash leaves either nothing, and the step is done again, or the output.

    Args:
        directory: made with mode 0700 when it is not there.
    """

    def __init__(self, directory: pathlib.Path) -> None:
        self._directory = directory
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def read(self, kind: str, key: digests.Digest) -> dict[str, Any] | None:
        """The output of the step ``kind`` on inputs ``key``; None when there is none that can be read."""
        try:
            value = json.loads(self._path(kind, key).read_bytes())
        except (OSError, ValueError):
            return None
        return value if isinstance(value, dict) else None

    def write(self, kind: str, key: digests.Digest, value: dict[str, Any]) -> None:
        """Keeps ``value``; it is on disk when this returns."""
        write_whole(self._path(kind, key), digests.canonical_json(value))

    def _path(self, kind: str, key: digests.Digest) -> pathlib.Path:
        return self._directory / f"{kind}-{key.removeprefix('sha256:')}.json"


def write_whole(path: pathlib.Path, content: bytes) -> None:
    """Puts ``content`` at ``path`` at once; readers see the old file or the new one, also after a crash."""
    handle, part = tempfile.mkstemp(dir=path.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        pathlib.Path(part).replace(path)
        sync_directory(path.parent)
    except BaseException:
        with contextlib.suppress(OSError):
            pathlib.Path(part).unlink()
        raise


def sync_directory(directory: pathlib.Path) -> None:
    """Makes renames in ``directory`` survive a power cut."""
    handle = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
