import dataclasses
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from homeroom.embedded import processes, records


@pytest.fixture
def stranger() -> Iterator[subprocess.Popen[bytes]]:
    """A process that no record is about."""
    with subprocess.Popen(["/bin/sleep", "60"]) as popen:
        yield popen
        popen.kill()


def _identity(popen: subprocess.Popen[bytes]) -> processes.Identity:
    found = processes.identity(popen.pid)
    assert found is not None
    return found


def test_recorded_process_is_killed_and_named(tmp_path: Path, stranger: subprocess.Popen[bytes]) -> None:
    records.RunRecords(tmp_path).write("api", _identity(stranger))
    assert records.RunRecords(tmp_path).reap() == [records.Orphan("api", stranger.pid)]
    assert stranger.wait(timeout=5) == -9


@pytest.mark.parametrize("changed", [{"start_ticks": 1}, {"argv_digest": "0" * 64}], ids=["start time", "command line"])
def test_stranger_with_a_recorded_pid_is_left_alone(
    tmp_path: Path, stranger: subprocess.Popen[bytes], changed: dict[str, Any]
) -> None:
    """Pids are given away again: only pid, start time and command line together are the process we started."""
    kept = records.RunRecords(tmp_path)
    kept.write("api", dataclasses.replace(_identity(stranger), **changed))
    assert kept.reap() == []
    assert stranger.poll() is None


def test_marked_process_without_a_record_is_killed(tmp_path: Path) -> None:
    """A grandchild, or one started in the instant before the parent died, has no record."""
    kept = records.RunRecords(tmp_path)
    with subprocess.Popen(["/bin/sleep", "60"], env={**os.environ, processes.MARK: kept.mark}) as popen:
        assert records.RunRecords(tmp_path).reap() == [records.Orphan("descendant", popen.pid)]
        assert popen.wait(timeout=5) == -9


def test_mark_belongs_to_one_directory(tmp_path: Path) -> None:
    first, second = records.RunRecords(tmp_path / "a"), records.RunRecords(tmp_path / "b")
    assert first.mark != second.mark
    assert records.RunRecords(tmp_path / "a").mark == first.mark


def test_reaping_twice_finds_nothing_the_second_time(tmp_path: Path, stranger: subprocess.Popen[bytes]) -> None:
    kept = records.RunRecords(tmp_path)
    kept.write("api", _identity(stranger))
    assert kept.reap()
    assert kept.reap() == []


def test_forgotten_process_is_not_reaped(tmp_path: Path, stranger: subprocess.Popen[bytes]) -> None:
    kept = records.RunRecords(tmp_path)
    kept.write("api", _identity(stranger))
    kept.remove("api")
    assert kept.reap() == []


def test_half_a_record_is_skipped(tmp_path: Path) -> None:
    """A record is replaced in one step, but a full disk or a person with an editor can still spoil one."""
    kept = records.RunRecords(tmp_path)
    (tmp_path / "api.json").write_text('{"pid": 1')
    assert kept.reap() == []
    assert not (tmp_path / "api.json").exists()
