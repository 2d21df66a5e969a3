"""Files that are either the old ones or the new ones, never half of each."""

import os
import tempfile
from pathlib import Path


def replace(path: Path, content: bytes, *, mode: int = 0o600) -> None:
    """Write ``content`` to ``path`` in one step; durable when this returns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).chmod(mode)
    Path(temporary).replace(path)


def last_lines(path: Path, count: int = 15) -> str:
    """The last lines of a log, for an error message; says so if there are none."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 16_384))
            text = file.read().decode(errors="replace")
    except OSError:
        text = ""
    return "\n".join(text.splitlines()[-count:]) or "(the log is empty)"
