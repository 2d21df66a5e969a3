"""Run records: what the next start needs to know to end the processes of a parent that died without cleaning up."""

import json
import os
import secrets
import signal
from dataclasses import asdict, dataclass
from pathlib import Path

from homeroom.embedded import files, probes, processes

REAP_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Orphan:
    """A process of an earlier run that was still alive.

    Attributes:
        name: what it was started as; ``descendant`` for a process that one of ours had started.
        pid: its process id.
    """

    name: str
    pid: int


class RunRecords:
    """One JSON file per running process in ``directory``, and the mark that all of them carry.

    Args:
        directory: belongs to one supervisor at a time; the lock of the state directory sees to that.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        mark = directory / "mark"
        if not mark.exists():
            files.replace(mark, secrets.token_hex(16).encode())
        self.mark = mark.read_text()

    def write(self, name: str, identity: processes.Identity) -> None:
        """Remember that ``name`` runs as this process."""
        files.replace(self._directory / f"{name}.json", json.dumps(asdict(identity)).encode())

    def remove(self, name: str) -> None:
        """Forget ``name``: its process has ended."""
        (self._directory / f"{name}.json").unlink(missing_ok=True)

    def kill_group(self, group: int) -> None:
        """Kill the members of a process group that carry our mark.

        Not with killpg: once its last member is gone, the number may belong to a stranger.
        """
        for pid in processes.marked(self.mark):
            if (found := processes.stat(pid)) and found.group == group:
                _kill(pid)

    def reap(self) -> list[Orphan]:
        """Kill what an earlier run left alive, and forget it.

        A record only counts if pid, start time and command line all match: a stranger who got the pid since is left
        alone. Processes without a record (started by one of ours, or in the instant before the parent died) are known
        by the random mark in their environment.
        """
        orphans = [*self._recorded(), *(Orphan("descendant", pid) for pid in processes.marked(self.mark))]
        found = list({orphan.pid: orphan for orphan in reversed(orphans)}.values())
        for orphan in found:
            _kill(orphan.pid)
        pids = {orphan.pid for orphan in found}
        probes.wait_until(lambda: not any(map(processes.stat, pids)), seconds=REAP_SECONDS)
        for path in self._directory.glob("*.json"):
            path.unlink()
        return sorted(found, key=lambda orphan: orphan.name)

    def _recorded(self) -> list[Orphan]:
        found = []
        for path in self._directory.glob("*.json"):
            recorded = _parse(path.read_text())
            if recorded and processes.identity(recorded.pid) == recorded:
                found.append(Orphan(path.stem, recorded.pid))
        return found


def _parse(text: str) -> processes.Identity | None:
    try:
        return processes.Identity(**json.loads(text))
    except (ValueError, TypeError):  # spoiled by hand or by a full disk: the mark still finds its process
        return None


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return
