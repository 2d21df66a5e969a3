import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from homeroom.domain import errors
from homeroom.embedded import probes, processes, supervisor

FAST = supervisor.Restart(limit=2, first_seconds=0.01, longest_seconds=0.02)


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[supervisor.Supervisor]:
    with supervisor.Supervisor(tmp_path / "run") as running:
        yield running


def a_program(tmp_path: Path, script: str = "exec sleep 60", **overrides: object) -> supervisor.Program:
    """A shell script as a supervised program."""
    fields: dict[str, object] = {"name": "part", "argv": ("sh", "-c", script), "log": tmp_path / "part.log"} | overrides
    return supervisor.Program(**fields)  # type: ignore[arg-type] # overrides are checked by the dataclass's users


def exists(path: Path) -> probes.Probe:
    return path.exists


def test_start_returns_once_the_probe_says_ready(runner: supervisor.Supervisor, tmp_path: Path) -> None:
    script = f"touch {tmp_path}/up; exec sleep 60"
    pid = runner.start(a_program(tmp_path, script, ready=exists(tmp_path / "up")))
    assert (tmp_path / "up").exists()
    assert runner.pid("part") == pid


def test_process_that_dies_before_it_is_ready_shows_the_end_of_its_log(
    runner: supervisor.Supervisor, tmp_path: Path
) -> None:
    with pytest.raises(errors.Unavailable) as failure:
        runner.start(a_program(tmp_path, "echo no such table; exit 3", ready=lambda: False))
    assert "part ended with exit code 3" in str(failure.value)
    assert "no such table" in str(failure.value)


def test_process_that_is_never_ready_is_stopped_at_the_deadline(runner: supervisor.Supervisor, tmp_path: Path) -> None:
    with pytest.raises(errors.Unavailable, match="part was not ready after 0 s"):
        runner.start(a_program(tmp_path, ready=lambda: False, ready_seconds=0.1))
    assert runner.pid("part") is None


def test_missing_executable_is_an_error_of_whoever_asked(runner: supervisor.Supervisor, tmp_path: Path) -> None:
    with pytest.raises(errors.SpecError, match="cannot run /no/such/binary for part"):
        runner.start(a_program(tmp_path, argv=("/no/such/binary",)))


def test_name_that_runs_already_is_a_defect(runner: supervisor.Supervisor, tmp_path: Path) -> None:
    runner.start(a_program(tmp_path))
    with pytest.raises(errors.Defect, match="part runs already"):
        runner.start(a_program(tmp_path))


def test_log_directory_environment_and_working_directory_are_those_asked_for(
    runner: supervisor.Supervisor, tmp_path: Path
) -> None:
    log = tmp_path / "deep" / "part.log"
    script = f"pwd; echo $COLOUR; touch {tmp_path}/up; exec sleep 60"
    environment = {"COLOUR": "green"}
    place = tmp_path.resolve()
    runner.start(
        a_program(tmp_path, script, log=log, directory=place, environment=environment, ready=exists(tmp_path / "up"))
    )
    assert log.read_text().splitlines() == [str(place), "green"]


def test_each_process_leads_a_session_of_its_own(runner: supervisor.Supervisor, tmp_path: Path) -> None:
    """Ctrl-C on the terminal must reach the parent only, which then stops things in order."""
    pid = runner.start(a_program(tmp_path))
    assert os.getsid(pid) == pid != os.getsid(0)


def test_process_that_ignores_sigterm_is_killed(runner: supervisor.Supervisor, tmp_path: Path) -> None:
    script = f"trap '' TERM; touch {tmp_path}/up; while :; do sleep 0.05; done"
    runner.start(a_program(tmp_path, script, ready=exists(tmp_path / "up"), stop_seconds=0.2))
    runner.stop("part")
    assert runner.pid("part") is None


def test_children_of_a_stopped_process_end_with_it(runner: supervisor.Supervisor, tmp_path: Path) -> None:
    script = f"sleep 60 & echo $! > {tmp_path}/child.new; mv {tmp_path}/child.new {tmp_path}/child; wait"
    runner.start(a_program(tmp_path, script, ready=exists(tmp_path / "child")))
    child = int((tmp_path / "child").read_text())
    runner.stop("part")
    assert probes.wait_until(lambda: processes.stat(child) is None, seconds=5)


def test_paused_process_stands_still_until_resumed(runner: supervisor.Supervisor, tmp_path: Path) -> None:
    pid = runner.start(a_program(tmp_path))

    def state() -> str | None:
        found = processes.stat(pid)
        return found.state if found else None

    runner.pause("part")
    assert probes.wait_until(lambda: state() == "T", seconds=5)
    runner.resume("part")
    assert probes.wait_until(lambda: state() == "S", seconds=5)


def test_paused_process_can_end_in_order(runner: supervisor.Supervisor, tmp_path: Path) -> None:
    """A frozen process hears no SIGTERM: it is let go on first, not left to be killed at the deadline."""
    script = f"trap 'echo bye > {tmp_path}/bye; exit' TERM; touch {tmp_path}/up; while :; do sleep 0.05; done"
    runner.start(a_program(tmp_path, script, ready=exists(tmp_path / "up")))
    runner.pause("part")
    runner.stop("part")
    assert (tmp_path / "bye").exists()
    assert runner.down() == []


def test_killed_process_with_a_restart_policy_comes_back(runner: supervisor.Supervisor, tmp_path: Path) -> None:
    first = runner.start(a_program(tmp_path, restart=FAST))
    runner.kill("part")
    assert probes.wait_until(lambda: runner.pid("part") not in {None, first}, seconds=5)


def test_killed_process_without_a_policy_stays_down_and_is_reported(
    runner: supervisor.Supervisor, tmp_path: Path
) -> None:
    runner.start(a_program(tmp_path))
    runner.kill("part")
    assert runner.down() == [f"part was ended by SIGKILL; its log is {tmp_path}/part.log"]
    with pytest.raises(errors.Unavailable, match="SIGKILL"):
        runner.pause("part")


def test_killed_process_can_be_started_again(runner: supervisor.Supervisor, tmp_path: Path) -> None:
    first = runner.start(a_program(tmp_path))
    runner.kill("part")
    assert runner.restart("part") not in {None, first}
    assert runner.down() == []


def test_crashing_process_is_left_down_after_the_limit(runner: supervisor.Supervisor, tmp_path: Path) -> None:
    script = f"echo start >> {tmp_path}/starts; test $(wc -l < {tmp_path}/starts) -gt 1 || sleep 60; exit 1"
    runner.start(a_program(tmp_path, script, restart=FAST, ready=exists(tmp_path / "starts")))
    runner.kill("part")

    def starts() -> int:
        return len((tmp_path / "starts").read_text().splitlines())

    assert probes.wait_until(lambda: starts() == 1 + FAST.limit and bool(runner.down()), seconds=10)
    # Three looks of the watcher later it is still down.
    assert not probes.wait_until(lambda: starts() > 1 + FAST.limit, seconds=3 * supervisor.WATCH_SECONDS)


def test_stop_all_ends_the_last_started_first(runner: supervisor.Supervisor, tmp_path: Path) -> None:
    for name in ("datastore", "api", "operator"):
        up = tmp_path / f"{name}.up"
        script = f"trap 'echo {name} >> {tmp_path}/ended; exit' TERM; touch {up}; while :; do sleep 0.05; done"
        runner.start(a_program(tmp_path, script, name=name, ready=exists(up)))
    runner.stop_all()
    assert (tmp_path / "ended").read_text().split() == ["operator", "api", "datastore"]


def test_second_supervisor_of_a_directory_is_refused_and_reaps_nothing(
    runner: supervisor.Supervisor, tmp_path: Path
) -> None:
    """It would take the living processes of the first for orphans."""
    pid = runner.start(a_program(tmp_path))
    with (
        pytest.raises(errors.SpecError, match=f"in use by another Homeroom .pid {os.getpid()}."),
        supervisor.Supervisor(tmp_path / "run"),
    ):
        pass
    assert runner.pid("part") == pid


def test_leaving_the_supervisor_ends_everything(tmp_path: Path) -> None:
    with supervisor.Supervisor(tmp_path / "run") as runner:
        pid = runner.start(a_program(tmp_path))
    assert processes.stat(pid) is None
    assert list((tmp_path / "run").glob("*.json")) == []


def test_memory_is_told_by_name(runner: supervisor.Supervisor, tmp_path: Path) -> None:
    runner.start(a_program(tmp_path, name="up"))
    runner.start(a_program(tmp_path, name="gone"))
    runner.stop("gone")
    memory = runner.pss_bytes()
    assert memory["up"] > 0
    assert memory["gone"] == 0


@pytest.mark.parametrize(("failures", "seconds"), [(1, 0.25), (2, 0.5), (3, 1.0), (6, 8.0), (7, 8.0), (40, 8.0)])
def test_pause_before_a_restart_doubles_up_to_a_limit(failures: int, seconds: float) -> None:
    assert supervisor.Restart().pause_seconds(failures) == seconds


def test_orphans_of_a_parent_killed_with_9_are_reaped_at_the_next_start(tmp_path: Path) -> None:
    """The parent cannot clean up; the next owner of the directory does, grandchildren included."""
    code = f"""
import os, pathlib, signal
from homeroom.embedded import supervisor
script = "setsid sleep 60 & echo $! > {tmp_path}/grandchild.new; mv {tmp_path}/grandchild.new {tmp_path}/grandchild; wait"
up = pathlib.Path("{tmp_path}/grandchild")
with supervisor.Supervisor(pathlib.Path("{tmp_path}/run")) as runner:
    pid = runner.start(supervisor.Program(name="part", argv=("sh", "-c", script), log=pathlib.Path("{tmp_path}/log"), ready=up.exists))
    pathlib.Path("{tmp_path}/child").write_text(str(pid))
    os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    child, grandchild = (int((tmp_path / name).read_text()) for name in ("child", "grandchild"))
    assert processes.stat(child)
    assert processes.stat(grandchild)

    with supervisor.Supervisor(tmp_path / "run") as runner:
        assert {(orphan.name, orphan.pid) for orphan in runner.reaped} == {("part", child), ("descendant", grandchild)}
    assert processes.stat(child) is None
    assert processes.stat(grandchild) is None
