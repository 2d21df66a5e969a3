"""What /proc says about processes: identity that survives pid reuse, trees, memory, who holds a port."""

import hashlib
import ipaddress
import os
import signal
import sys
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
    """The process with this pid, or None if there is none.

    A zombie counts as none once its other threads are gone too: until then they hold its files and ports.
    """
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
    threads = int(fields[17])
    return None if found.state == "X" or (found.state == "Z" and threads <= 1) else found


def identity(pid: int) -> Identity | None:
    """Who has this pid now.

    None if nobody has, if it belongs to somebody whom we may not look at, or if it has no command line: the kernel
    shows none for an instant while a program is being loaded.
    """
    found = stat(pid)
    try:
        cmdline = (PROC / str(pid) / "cmdline").read_bytes()
    except OSError:
        return None
    return Identity(pid, found.start_ticks, hashlib.sha256(cmdline).hexdigest()) if found and cmdline else None


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
    inodes = {inode for inode, address in _listening().items() if address.endswith(f":{port}")}
    for process in all_processes() if inodes else ():
        if inodes & _socket_inodes(process.pid):
            return f"{process.command} (pid {process.pid})"
    return None


def listening_addresses(pid: int) -> list[str]:
    """Where a process listens for TCP, such as ``127.0.0.1:6443``; the wildcard address is ``0.0.0.0`` or ``::``."""
    own = _socket_inodes(pid)
    return sorted(address for inode, address in _listening().items() if inode in own)


def _listening() -> dict[str, str]:
    """Address by socket inode of every listening TCP socket."""
    state = "0A"
    rows = [row.split() for table in ("tcp", "tcp6") for row in _rows(PROC / "net" / table)]
    return {fields[9]: _address(fields[1]) for fields in rows if fields[3] == state}


def _rows(table: Path) -> list[str]:
    try:
        return table.read_text().splitlines()[1:]
    except FileNotFoundError:  # a machine without IPv6
        return []


def _address(text: str) -> str:
    """``0100007F:1F90`` is ``127.0.0.1:8080``: the host as 32-bit words in the order of this machine."""
    host, _, port = text.partition(":")
    words = (int(host[start : start + 8], 16) for start in range(0, len(host), 8))
    packed = b"".join(word.to_bytes(4, sys.byteorder) for word in words)
    return f"{ipaddress.ip_address(packed)}:{int(port, 16)}"


def _socket_inodes(pid: int) -> set[str]:
    found = set()
    with suppress(OSError):  # gone, or not ours to look into
        for entry in (PROC / str(pid) / "fd").iterdir():
            with suppress(FileNotFoundError):  # closed since it was listed
                found.add(str(entry.readlink()).removeprefix("socket:[").removesuffix("]"))
    return found
