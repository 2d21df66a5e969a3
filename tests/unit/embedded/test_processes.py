import os
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest

from homeroom.embedded import probes, processes


@pytest.fixture
def child() -> Iterator[subprocess.Popen[bytes]]:
    """A process that waits, with a mark of its own."""
    environment = {**os.environ, processes.MARK: "unit-test-mark"}
    with subprocess.Popen(["/bin/sleep", "60"], env=environment) as popen:
        yield popen
        popen.kill()


def test_identity_names_pid_start_and_command_line(child: subprocess.Popen[bytes]) -> None:
    found = processes.identity(child.pid)
    assert found is not None
    assert found.pid == child.pid
    assert found.argv_digest == processes.argv_digest(["/bin/sleep", "60"])
    assert found == processes.identity(child.pid)


def test_identity_of_a_pid_that_nobody_has_is_none(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()
    assert processes.identity(child.pid) is None


def test_zombie_counts_as_gone(child: subprocess.Popen[bytes]) -> None:
    """An ended process that its parent has not waited for holds no port and no file."""
    child.kill()
    assert probes.wait_until(lambda: processes.stat(child.pid) is None, seconds=5)


def test_marked_finds_processes_by_their_environment_and_never_ourselves(
    child: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(processes.MARK, "unit-test-mark")
    assert processes.marked("unit-test-mark") == [child.pid]
    assert processes.marked("unit-test") == []


def test_tree_lists_parents_before_children() -> None:
    def stat(pid: int, parent: int) -> processes.Stat:
        return processes.Stat(pid=pid, command="x", state="S", parent=parent, group=pid, start_ticks=1)

    world = [stat(5, 3), stat(3, 1), stat(9, 5), stat(4, 1), stat(1, 0)]
    assert processes.tree(3, world) == [3, 5, 9]
    assert processes.tree(77, world) == []


def test_memory_of_a_tree_includes_its_children(child: subprocess.Popen[bytes]) -> None:
    alone = processes.pss_bytes(child.pid)
    assert 0 < alone < processes.pss_bytes(os.getpid())


def test_memory_of_a_process_that_is_gone_is_zero(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()
    assert processes.pss_bytes(child.pid) == 0


def test_port_holder_names_the_program_and_its_pid() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        holder = processes.port_holder(port)
    assert holder is not None
    assert holder.endswith(f"(pid {os.getpid()})")
    assert processes.port_holder(port) is None


def test_command_name_with_parentheses_and_spaces_is_read(tmp_path: os.PathLike[str]) -> None:
    """The fields of /proc/pid/stat start after the last closing parenthesis."""
    code = "import pathlib; pathlib.Path('/proc/self/comm').write_text('a) S (b'); print('ok', flush=True); input()"
    argv = [sys.executable, "-c", code]
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as popen:
        assert popen.stdout is not None
        popen.stdout.readline()
        found = processes.stat(popen.pid)
        popen.communicate("\n")
    assert found is not None
    assert (found.command, found.parent) == ("a) S (b", os.getpid())
