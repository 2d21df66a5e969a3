"""A parent that died by kill -9 while real parts were running."""

import subprocess
import sys
from pathlib import Path

import pytest

from homeroom.embedded import kubernetes, ports, processes, state, supervisor, toolchain

pytestmark = pytest.mark.real

PARENT = """
import os, pathlib, signal
from homeroom.embedded import kubernetes, ports, state, supervisor, toolchain

with state.StateDirectory(pathlib.Path({path!r})) as directory, supervisor.Supervisor(directory.path / "run") as runner:
    plane = kubernetes.ControlPlane(
        "district",
        directory=directory.path / "district",
        tools=toolchain.ensure_tools(print),
        runner=runner,
        book=ports.PortBook(directory.path / "ports.json"),
    )
    plane.start()
    plane.apply([{{"apiVersion": "v1", "kind": "Namespace", "metadata": {{"name": "kept"}}}}])
    os.kill(os.getpid(), signal.SIGKILL)
"""


def test_next_start_ends_the_orphans_and_goes_on_with_their_data(tmp_path: Path, tools: toolchain.Tools) -> None:
    """Neither the lock nor the port nor the database stays in the hands of what nobody watches any more."""
    path = tmp_path / "demo"
    killed = subprocess.run([sys.executable, "-c", PARENT.format(path=str(path))], check=False, timeout=120)
    assert killed.returncode == -9

    book = ports.PortBook(path / "ports.json")
    (sentence,) = book.taken()
    assert "is held by kube-apiserver" in sentence

    with state.StateDirectory(path) as directory, supervisor.Supervisor(directory.path / "run") as runner:
        assert [orphan.name for orphan in runner.reaped] == ["district-apiserver", "district-kine"]
        assert not any(processes.stat(orphan.pid) for orphan in runner.reaped)
        plane = kubernetes.ControlPlane(
            "district", directory=directory.path / "district", tools=tools, runner=runner, book=book
        )
        plane.start()
        assert plane.admin.run("get", "namespace", "kept", "-o", "name") == "namespace/kept\n"
