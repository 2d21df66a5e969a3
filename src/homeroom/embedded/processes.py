"""What /proc says about processes: identity that survives pid reuse, trees, memory, who holds a port."""

import hashlib
import os
import signal
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
MARK = "HOMEROOM_SUPERVISED_BY"
"""Environment variable that every supervised process and its descendants carry; its value names one state directory."""


@dataclass(frozen=True, slots=True)
class Identity:
    """One process, and never another one that got the same pid later.

    Attributes:
        pid: process id.
        start_ticks: when it started, in clock ticks since boot (field 22 of /proc/pid/stat).
        argv_digest: SHA-256 of its command line.
    """

    pid: int
    start_ticks: int
    argv_digest: str


@dataclass(frozen=True, slots=True)
class Stat:
    """The fields of /proc/pid/stat that we read."""

    pid: int
    command: str
    state: str
    parent: int
    group: int
    start_ticks: int


def argv_digest(argv: Sequence[str]) -> str:
    """SHA-256 over the command line as /proc/pid/cmdline shows it."""
    return hashlib.sha256(b"".join(os.fsencode(word) + b"\0" for word in argv)).hexdigest()


def stat(pid: int) -> Stat | None:
    """The process with this pid, or None if there is none; a zombie counts as none."""
    try:
        text = (PROC / str(pid) / "stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return None
    # The command name may hold spaces and parentheses: the fields start after the last one.
    end = text.rindex(")")
    fields = text[end + 2 :].split()
    found = Stat(
        pid=pid,
        command=text[text.index("(") + 1 : end],
        state=fields[0],
        parent=int(fields[1]),
        group=int(fields[2]),
        start_ticks=int(fields[19]),
    )
    return None if found.state in "ZX" else found


def identity(pid: int) -> Identity | None:
    """Who has this pid now; None if nobody has, or it belongs to somebody whom we may not look at."""
    found = stat(pid)
    try:
        cmdline = (PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return None
    return Identity(pid, found.start_ticks, hashlib.sha256(cmdline).hexdigest()) if found else None


def all_processes() -> Iterator[Stat]:
    """Every process that is alive now."""
    for entry in PROC.iterdir():
        if entry.name.isdigit() and (found := stat(int(entry.name))):
            yield found


def marked(mark: str) -> list[int]:
    """Pids whose environment carries ``MARK=mark``, this process excepted.

    A process that wrote over its environment is not seen here; the run records know its pid.
    """
    wanted = os.fsencode(f"{MARK}={mark}")
    return [found.pid for found in all_processes() if found.pid != os.getpid() and wanted in _environment(found.pid)]


def _environment(pid: int) -> list[bytes]:
    try:
        return (PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:  # gone, or not ours
        return []


def tree(root: int, processes: Iterable[Stat] | None = None) -> list[int]:
    """``root`` and all its living descendants, parents first; empty if ``root`` is gone."""
    children: dict[int, list[int]] = {}
    alive = set()
    for process in all_processes() if processes is None else processes:
        children.setdefault(process.parent, []).append(process.pid)
        alive.add(process.pid)
    found = [root] if root in alive else []
    for pid in found:
        found.extend(children.get(pid, ()))
    return found


def pss_bytes(root: int) -> int:
    """Proportional set size of ``root`` and its descendants: memory with shared pages divided among their users.

    0 if the process is gone.
    """
    return sum(_own_pss_bytes(pid) for pid in tree(root))


def _own_pss_bytes(pid: int) -> int:
    try:
        lines = (PROC / str(pid) / "smaps_rollup").read_text().splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def signal_group(group: int, number: signal.Signals) -> None:
    """Send a signal to a process group; nothing happens if it is gone."""
    with suppress(ProcessLookupError):
        os.killpg(group, number)


def port_holder(port: int) -> str | None:
    """Who listens on a TCP port of this machine, such as ``python3 (pid 812)``; None if it cannot be told."""
    inodes = {inode for table in ("tcp", "tcp6") for inode in _listening_inodes(PROC / "net" / table, port)}
    for process in all_processes() if inodes else ():
        if inodes & _socket_inodes(process.pid):
            return f"{process.command} (pid {process.pid})"
    return None


def _listening_inodes(table: Path, port: int) -> Iterator[str]:
    listening = "0A"
    try:
        rows = table.read_text().splitlines()[1:]
    except FileNotFoundError:  # a machine without IPv6
        return
    for row in rows:
        fields = row.split()
        if fields[3] == listening and int(fields[1].rpartition(":")[2], 16) == port:
            yield fields[9]


def _socket_inodes(pid: int) -> set[str]:
    found = set()
    with suppress(OSError):  # gone, or not ours to look into
        for entry in (PROC / str(pid) / "fd").iterdir():
            with suppress(FileNotFoundError):  # closed since it was listed
                found.add(str(entry.readlink()).removeprefix("socket:[").removesuffix("]"))
    return found
