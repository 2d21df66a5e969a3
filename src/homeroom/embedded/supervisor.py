"""Starts, watches, pauses and ends the processes of one state directory."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from homeroom.domain import errors
from homeroom.embedded import files, locks, probes, processes, records

WATCH_SECONDS = 0.2
RECORD_SECONDS = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    """When a process that ended by itself is started again.

    Attributes:
        limit: restarts in a row before it is left down; a run longer than ``healthy_seconds`` starts the count anew.
        first_seconds: pause before the first restart; doubled each time, up to ``longest_seconds``.
        longest_seconds: the longest pause.
        healthy_seconds: how long a run must last to count as healthy.
    """

    limit: int = 5
    first_seconds: float = 0.25
    longest_seconds: float = 8.0
    healthy_seconds: float = 30.0

    def pause_seconds(self, failures: int) -> float:
        """Pause before restart number ``failures`` (1 is the first). Example: 1, 2, 3 give 0.25, 0.5, 1.0."""
        return float(min(self.first_seconds * 2 ** (failures - 1), self.longest_seconds))


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """What to run, and when it counts as running.

    Attributes:
        name: unique in the supervisor; also the name of log and run record.
        argv: command line; the first word is a path or is looked up on PATH.
        log: both output streams are appended here.
        environment: added to ours.
        directory: working directory; ours if None.
        ready: probe; ready as soon as it has started if None.
        ready_seconds: how long it may take to get ready.
        stop_seconds: how long it may take to end after SIGTERM before it is killed.
        restart: None leaves it down when it ends by itself.
    """

    name: str
    argv: tuple[str, ...]
    log: Path
    environment: Mapping[str, str] = field(default_factory=dict)
    directory: Path | None = None
    ready: probes.Probe | None = None
    ready_seconds: float = 60.0
    stop_seconds: float = 10.0
    restart: Restart | None = None


@dataclass(slots=True)
class _Child:
    program: Program
    popen: subprocess.Popen[bytes]
    started: float
    wanted: bool = True
    failures: int = 0
    restart_at: float | None = None


class Supervisor:
    """Owns the processes started through it; all of them end when it is left.

    Each process leads its own session and process group, so Ctrl-C on the terminal reaches only us.

    Args:
        directory: for run records. Entering reaps what an earlier owner of it left behind: see ``reaped``.

    Raises on entry:
        SpecError: another supervisor owns the directory, and its processes are alive on purpose.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._lock_handle = -1
        self._records = records.RunRecords(directory)
        self._children: dict[str, _Child] = {}
        self._lock = threading.RLock()
        self._closing = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="supervisor", daemon=True)
        self.reaped: list[records.Orphan] = []

    def __enter__(self) -> Self:
        self._lock_handle = locks.acquire(self._directory)
        self.reaped = self._records.reap()
        self._watcher.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._watcher.join()
        try:
            self.stop_all()
        finally:  # an impatient second Ctrl-C leaves nothing behind either
            self._records.reap()
            os.close(self._lock_handle)

    def start(self, program: Program) -> int:
        """Start a program and wait until it is ready.

        Returns:
            Its pid.

        Raises:
            Defect: a process of that name runs already.
            SpecError: the program cannot be executed.
            Unavailable: it ended, or was not ready in time; the text ends with the last lines of its log.
        """
        with self._lock:
            if (known := self._children.get(program.name)) and known.popen.poll() is None:
                raise errors.Defect(f"{program.name} runs already as pid {known.popen.pid}")
            child = _Child(program, self._spawn(program), time.monotonic())
            # Out and in again: the order of starting decides the order of stopping.
            self._children.pop(program.name, None)
            self._children[program.name] = child
        try:
            _await_ready(program, child.popen)
        except BaseException:
            self.stop(program.name)
            raise
        return child.popen.pid

    def restart(self, name: str) -> int:
        """Start a process again that was stopped, was killed or gave up; its pid."""
        return self.start(self._child(name).program)

    def pause(self, name: str) -> None:
        """Freeze a process with SIGSTOP: its sockets stay open and answer nothing."""
        processes.signal_group(self._running(name).pid, signal.SIGSTOP)

    def resume(self, name: str) -> None:
        """Let a paused process go on."""
        processes.signal_group(self._running(name).pid, signal.SIGCONT)

    def kill(self, name: str) -> None:
        """End a process at once with SIGKILL, as a power cut would; its restart policy then applies."""
        popen = self._running(name)
        processes.signal_group(popen.pid, signal.SIGKILL)
        popen.wait(timeout=records.REAP_SECONDS)

    def stop(self, name: str) -> None:
        """End a process: SIGTERM, its ``stop_seconds``, SIGKILL. One that has ended already is fine."""
        with self._lock:
            child = self._child(name)
            child.wanted = False
        _end(child.popen, child.program.stop_seconds)
        self._records.kill_group(child.popen.pid)
        self._records.remove(name)

    def stop_together(self, names: Collection[str]) -> None:
        """End several processes that do not need each other to end well; takes as long as the slowest."""
        with ThreadPoolExecutor(max_workers=max(len(names), 1), thread_name_prefix="stop") as pool:
            for stopped in [pool.submit(self.stop, name) for name in names]:
                stopped.result()

    def stop_all(self) -> None:
        """End everything, the last started first."""
        for name in reversed(self.names()):
            self.stop(name)

    def names(self) -> list[str]:
        """All processes started so far, in the order of starting, whether they run or not."""
        with self._lock:
            return list(self._children)

    def pid(self, name: str) -> int | None:
        """Pid of a process; None if it does not run now."""
        with self._lock:
            child = self._children.get(name)
        return child.popen.pid if child and child.popen.poll() is None else None

    def down(self) -> list[str]:
        """One sentence for each process that should run and does not."""
        with self._lock:
            children = list(self._children.values())
        return [_why_down(child) for child in children if child.wanted and child.popen.poll() is not None]

    def pss_bytes(self) -> dict[str, int]:
        """Memory by name: proportional set size of each process with its descendants; 0 if it does not run."""
        return {name: processes.pss_bytes(pid) if (pid := self.pid(name)) else 0 for name in self.names()}

    def _child(self, name: str) -> _Child:
        with self._lock:
            if name not in self._children:
                raise errors.Defect(f"no process named {name} was started here")
            return self._children[name]

    def _running(self, name: str) -> subprocess.Popen[bytes]:
        popen = self._child(name).popen
        if popen.poll() is not None:
            raise errors.Unavailable(_why_down(self._child(name)))
        return popen

    def _spawn(self, program: Program) -> subprocess.Popen[bytes]:
        program.log.parent.mkdir(parents=True, exist_ok=True)
        with program.log.open("ab") as log:
            try:
                popen = subprocess.Popen(
                    program.argv,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd=program.directory,
                    env={**os.environ, **program.environment, processes.MARK: self._records.mark},
                    start_new_session=True,
                )
            except OSError as exc:
                raise errors.SpecError(f"cannot run {program.argv[0]} for {program.name}: {exc}") from exc
        probes.wait_until(lambda: self._record(program.name, popen), seconds=RECORD_SECONDS, poll_seconds=0.002)
        return popen

    def _record(self, name: str, popen: subprocess.Popen[bytes]) -> bool:
        """Whether nothing is left to be recorded: done, or ended already."""
        if popen.poll() is None and (found := processes.identity(popen.pid)):
            self._records.write(name, found)
            return True
        return popen.returncode is not None

    def _watch(self) -> None:
        while not self._closing.wait(WATCH_SECONDS):
            with self._lock:
                for child in self._children.values():
                    self._restart_if_due(child)

    def _restart_if_due(self, child: _Child) -> None:
        policy, now = child.program.restart, time.monotonic()
        if policy is None or not child.wanted or child.popen.poll() is None:
            return
        if child.restart_at is None:
            child.failures = 1 if now - child.started > policy.healthy_seconds else child.failures + 1
            child.restart_at = now + policy.pause_seconds(child.failures)
        elif child.failures <= policy.limit and now >= child.restart_at:
            try:
                child.popen, child.started, child.restart_at = self._spawn(child.program), now, None
            except errors.SpecError:  # its executable is gone for now: counts like one more crash
                child.failures += 1
                child.restart_at = now + policy.pause_seconds(child.failures)


def _await_ready(program: Program, popen: subprocess.Popen[bytes]) -> None:
    def settled() -> bool:
        return popen.poll() is not None or program.ready is None or program.ready()

    in_time = probes.wait_until(settled, seconds=program.ready_seconds)
    if popen.poll() is None and in_time:
        return
    what = f"was not ready after {program.ready_seconds:.0f} s" if popen.poll() is None else _ended(popen)
    raise errors.Unavailable(
        f"{program.name} {what}. The end of its log, {program.log}:\n{files.last_lines(program.log)}"
    )


def _end(popen: subprocess.Popen[bytes], seconds: float) -> None:
    if popen.poll() is None:
        # Only the leader gets SIGTERM: it may have children of its own to end in order.
        popen.terminate()
        # A paused process cannot hear SIGTERM.
        processes.signal_group(popen.pid, signal.SIGCONT)
        try:
            popen.wait(timeout=seconds)
        except subprocess.TimeoutExpired:
            popen.kill()
            popen.wait(timeout=records.REAP_SECONDS)


def _ended(popen: subprocess.Popen[bytes]) -> str:
    code = popen.returncode
    return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"


def _why_down(child: _Child) -> str:
    return f"{child.program.name} {_ended(child.popen)}; its log is {child.program.log}"
