"""What should run is running: started, started again with growing pauses, taken over, and ended."""

import asyncio
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from structlog import testing
from tests import polling

from homeroom.school.runtime import processes, runtimes

WAITS = "import signal; print('started', flush=True); signal.pause()"
ENDS = "print('started', flush=True)"
IS_DEAF = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('started', flush=True); signal.pause()"


class Yard:
    """A runtime in its directory, and the ones before it."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.runtime = processes.LocalProcessRuntime(place)
        self._former: list[processes.LocalProcessRuntime] = []

    async def ensure(self, *programs: runtimes.Program) -> dict[str, runtimes.Running]:
        return await self.runtime.ensure(programs)

    async def ensure_until(
        self, program: runtimes.Program, holds: Callable[[runtimes.Running], bool]
    ) -> runtimes.Running:
        """Look after it again and again, as an operator does, until it is so."""

        async def attempt() -> runtimes.Running | None:
            running = (await self.ensure(program))[program.name]
            return running if holds(running) else None

        return await polling.until(attempt)

    def pid(self, name: str = "serve") -> int:
        return int(json.loads((self.place / f"{name}.process.json").read_bytes())["pid"])

    def restart_operator(self) -> None:
        """A new operator knows nothing of the one before, whose children go on."""
        self._former.append(self.runtime)  # it only reaps what was its child
        self.runtime = processes.LocalProcessRuntime(self.place)

    async def log_says(self, name: str, text: str) -> None:
        async def attempt() -> bool:
            path = self.place / f"{name}.log"
            return path.exists() and text in path.read_text()

        await polling.until(attempt)

    async def end(self) -> None:
        for runtime in (self.runtime, *self._former):
            await runtime.stop()


@pytest.fixture
async def yard(tmp_path: Path) -> AsyncIterator[Yard]:
    made = Yard(tmp_path / "run")
    yield made
    await made.end()


def a_program(code: str = WAITS, name: str = "serve", **environment: str) -> runtimes.Program:
    return runtimes.Program(name, (sys.executable, "-S", "-c", code), environment)


def is_up(running: runtimes.Running) -> bool:
    return running.is_up


def runs(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state not in "ZX"


async def gone(pid: int) -> None:
    async def attempt() -> bool:
        return not runs(pid)

    await polling.until(attempt)


async def test_programs_are_started_once(yard: Yard) -> None:
    both = (a_program(), a_program(name="agent"))
    assert await yard.ensure(*both) == {name: runtimes.Running(is_up=True, restarts=0) for name in ("serve", "agent")}
    first = {name: yard.pid(name) for name in ("serve", "agent")}
    await yard.ensure(*both)
    assert {name: yard.pid(name) for name in ("serve", "agent")} == first
    assert all(runs(pid) for pid in first.values())


async def test_a_program_gets_its_settings_and_nothing_else_of_ours(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOMEROOM_OPERATOR_SECRET", "of the operator")
    code = "import os, signal; print(sorted(k for k in os.environ if k.startswith('HOMEROOM')), flush=True); signal.pause()"
    await yard.ensure(a_program(code, HOMEROOM_SERVE_PORT="1"))
    await yard.log_says("serve", "['HOMEROOM_SERVE_PORT']")


async def test_a_killed_program_is_started_again(yard: Yard) -> None:
    """Down is seen before up: the first look starts the pause, a later one the program."""
    await yard.ensure(a_program())
    killed = yard.pid()
    os.kill(killed, signal.SIGKILL)
    down = await yard.ensure_until(a_program(), lambda running: not running.is_up)
    assert down.restarts == 0
    up = await yard.ensure_until(a_program(), is_up)
    assert up.restarts == 1
    assert yard.pid() != killed


async def test_each_pause_is_longer_than_the_one_before(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    """A program that cannot run must not eat the box; neither may a pause grow for ever."""
    monkeypatch.setattr(processes, "LONGEST_PAUSE_SECONDS", 0.5)
    began = time.monotonic()
    with testing.capture_logs() as logs:
        await yard.ensure_until(a_program(ENDS), lambda running: running.restarts == 4)
    assert pauses(logs) == [0.2, 0.4, 0.5, 0.5]
    assert time.monotonic() - began >= sum(pauses(logs))


async def test_a_program_that_ran_for_a_while_is_soon_back(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pauses grow only for what keeps failing: a crash a week is no crash loop."""
    monkeypatch.setattr(processes, "STEADY_SECONDS", 0.0)
    with testing.capture_logs() as logs:
        for _ in range(3):
            await yard.ensure_until(a_program(), is_up)
            await yard.ensure(a_program())  # it still runs after the steady time
            os.kill(yard.pid(), signal.SIGKILL)
            await yard.ensure_until(a_program(), lambda running: not running.is_up)
    assert pauses(logs) == [0.2, 0.2, 0.2]


def pauses(logs: Sequence[Mapping[str, Any]]) -> list[float]:
    """How long each restart was put off."""
    return [entry["again_in_seconds"] for entry in logs if entry["event"] == "program_ended"]


async def test_what_outlived_its_operator_is_taken_over(yard: Yard) -> None:
    """Two agents on one store would block each other."""
    await yard.ensure(a_program())
    pid = yard.pid()
    yard.restart_operator()
    assert await yard.ensure(a_program()) == {"serve": runtimes.Running(is_up=True, restarts=0)}
    assert yard.pid() == pid
    assert runs(pid)


async def test_what_was_taken_over_is_started_again_too(yard: Yard) -> None:
    await yard.ensure(a_program())
    pid = yard.pid()
    yard.restart_operator()
    await yard.ensure(a_program())
    os.kill(pid, signal.SIGKILL)
    assert (await yard.ensure_until(a_program(), lambda running: running.restarts == 1)).is_up
    assert yard.pid() != pid


async def test_another_process_with_the_same_number_is_no_program_of_ours(yard: Yard) -> None:
    """After a reboot the recorded number may be anybody's; it is neither adopted nor ended."""
    await yard.ensure(a_program(name="agent"))
    somebody = yard.pid("agent")
    yard.restart_operator()
    (yard.place / "serve.process.json").write_text(json.dumps({"pid": somebody, "started": 1}))
    await yard.ensure(a_program())
    assert yard.pid() != somebody
    await yard.runtime.stop()
    assert runs(somebody)


@pytest.mark.parametrize("record", ["", "{", "[]", '{"pid": 1}', '{"pid": "one", "started": null}'])
async def test_an_unreadable_record_is_as_none(yard: Yard, record: str) -> None:
    (yard.place / "serve.process.json").write_text(record)
    assert (await yard.ensure(a_program()))["serve"].is_up
    assert runs(yard.pid())


async def test_stop_ends_own_and_adopted(yard: Yard) -> None:
    await yard.ensure(a_program())
    yard.restart_operator()
    await yard.ensure(a_program(), a_program(name="agent"))
    pids = [yard.pid("serve"), yard.pid("agent")]
    await yard.runtime.stop()
    for pid in pids:
        await gone(pid)
    assert not list(yard.place.glob("*.process.json"))


async def test_stop_kills_what_does_not_listen(yard: Yard, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "STOP_SECONDS", 0.2)
    await yard.ensure(a_program(IS_DEAF))
    await yard.log_says("serve", "started")
    pid = yard.pid()
    async with asyncio.timeout(timedelta(seconds=10).total_seconds()):
        await yard.runtime.stop()
    await gone(pid)
