"""``Runtime`` on one machine: ordinary child processes, found again after the operator itself was killed."""

import asyncio
import contextlib
import json
import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path

import structlog

from homeroom.school.runtime import runtimes
from homeroom.trust import durable

FIRST_PAUSE_SECONDS = 0.2
LONGEST_PAUSE_SECONDS = 30.0
STEADY_SECONDS = 10.0
"""A program that ran this long has recovered: the next restart is quick again."""

STOP_SECONDS = 3.0

_LOG = structlog.get_logger()
_INHERITED = (
    *("PATH", "LANG", "TZ", "TMPDIR", "VIRTUAL_ENV", "PYTHONPATH", "COVERAGE_PROCESS_START"),
    "HOMEROOM_SUPERVISED_BY",  # by which ``embedded`` finds what outlived it
)


@dataclass(slots=True)
class _Slot:
    """One program as it is kept running.

    Attributes:
        pid: of the living process, None without one.
        process: our own child; None for one that an earlier operator started.
        began: monotonic time of the last start.
        pause: seconds before the next start.
        not_before: monotonic time of it.
        restarts: starts after the first.
    """

    pid: int | None = None
    process: asyncio.subprocess.Process | None = None
    began: float = 0.0
    pause: float = FIRST_PAUSE_SECONDS
    not_before: float = 0.0
    restarts: int = -1


class LocalProcessRuntime:
    """See ``runtimes.Runtime``.

    Args:
        directory: holds a file for each process, so that one that outlived its operator is taken over, and the logs.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._slots: dict[str, _Slot] = {}
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)

    async def ensure(self, programs: tuple[runtimes.Program, ...]) -> dict[str, runtimes.Running]:
        """See ``runtimes.Runtime``."""
        return {program.name: await self._ensure_one(program) for program in programs}

    async def stop(self) -> None:
        """See ``runtimes.Runtime``. A program that does not end in three seconds is killed."""
        living = [slot for slot in self._slots.values() if slot.pid is not None]
        for slot in living:
            _signal(slot, signal.SIGTERM)
        deadline = time.monotonic() + STOP_SECONDS
        while any(_is_alive(slot) for slot in living) and time.monotonic() < deadline:  # noqa: ASYNC110 - not all are our children
            await asyncio.sleep(0.05)
        for slot in living:
            _signal(slot, signal.SIGKILL)
            if slot.process is not None:
                await slot.process.wait()
        for name in self._slots:
            self._record(name).unlink(missing_ok=True)

    async def _ensure_one(self, program: runtimes.Program) -> runtimes.Running:
        slot = self._slots.setdefault(program.name, _Slot())
        if slot.pid is None and slot.restarts < 0:
            self._take_over(program.name, slot)
        if _is_alive(slot):
            if time.monotonic() - slot.began >= STEADY_SECONDS:
                slot.pause = FIRST_PAUSE_SECONDS
            return runtimes.Running(is_up=True, restarts=max(slot.restarts, 0))
        if slot.pid is not None:
            self._note_end(program.name, slot)
        if time.monotonic() >= slot.not_before:
            await self._start(program, slot)
        return runtimes.Running(is_up=_is_alive(slot), restarts=max(slot.restarts, 0))

    async def _start(self, program: runtimes.Program, slot: _Slot) -> None:
        inherited = {name: os.environ[name] for name in _INHERITED if name in os.environ}
        with (self._directory / f"{program.name}.log").open("ab") as log:
            slot.process = await asyncio.create_subprocess_exec(
                *program.command,
                env={**inherited, **program.environment},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a Ctrl-C for the operator is not one for the school's answers
            )
        slot.pid, slot.began = slot.process.pid, time.monotonic()
        slot.restarts += 1
        record = {"pid": slot.pid, "started": _started(slot.pid)}
        durable.write(self._record(program.name), json.dumps(record).encode())
        _LOG.info("program_started", program=program.name, pid=slot.pid, restarts=slot.restarts)

    def _note_end(self, name: str, slot: _Slot) -> None:
        slot.pid, slot.process = None, None
        slot.not_before = time.monotonic() + slot.pause
        _LOG.warning("program_ended", program=name, again_in_seconds=slot.pause)
        slot.pause = min(2 * slot.pause, LONGEST_PAUSE_SECONDS)

    def _take_over(self, name: str, slot: _Slot) -> None:
        """Find the process that an operator before us started: two agents on one store would block each other."""
        with contextlib.suppress(OSError, ValueError, KeyError, TypeError):
            record = json.loads(self._record(name).read_bytes())
            if record["started"] is not None and _started(record["pid"]) == record["started"]:
                slot.pid, slot.began, slot.restarts = record["pid"], time.monotonic(), 0
                _LOG.info("program_taken_over", program=name, pid=slot.pid)

    def _record(self, name: str) -> Path:
        return self._directory / f"{name}.process.json"


def _is_alive(slot: _Slot) -> bool:
    if slot.process is not None:
        return slot.process.returncode is None
    return slot.pid is not None and _started(slot.pid) is not None


def _started(pid: int) -> int | None:
    """When that process began, in clock ticks; tells it from a later one with its number. None for none or a zombie."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else int(fields[19])


def _signal(slot: _Slot, number: signal.Signals) -> None:
    if slot.pid is not None and _is_alive(slot):
        with contextlib.suppress(ProcessLookupError):
            os.kill(slot.pid, number)
