"""A client in a namespace of its own, and a line that can be cut."""

import asyncio
import contextlib
import gc
import json
import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from homeroom.embedded import kubernetes
from homeroom.kube import client


@pytest.fixture
def kubeconfig(control_plane: kubernetes.ControlPlane) -> Path:
    """Credentials that may do everything."""
    return control_plane.kubeconfig("test:admin", ["system:masters"])


@pytest.fixture
async def kube(kubeconfig: Path, fresh_namespace: str) -> AsyncIterator[client.Kubernetes]:
    """An empty namespace."""
    async with client.connect(kubeconfig, fresh_namespace, field_manager="tests") as connected:
        yield connected


class Line:
    """A TCP line to the API server that can be cut, or hung as by SIGSTOP, and mended."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._open = asyncio.Event()
        self._open.set()
        self._writers: set[asyncio.StreamWriter] = set()
        self._ended: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self.refuses = False
        self.connections = 0

    async def carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection, both directions."""
        self.connections += 1
        if self.refuses:
            writer.transport.abort()
            return
        try:
            far_reader, far_writer = await asyncio.open_connection(*self._target)
        except BaseException:
            writer.transport.abort()
            raise
        self._writers |= {writer, far_writer}
        self._ended |= {writer, far_writer}
        both = {
            asyncio.create_task(self._pump(reader, far_writer)),
            asyncio.create_task(self._pump(far_reader, writer)),
        }
        self._tasks |= both

    async def _pump(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(ConnectionError):
            while chunk := await reader.read(65536):
                await self._open.wait()
                writer.write(chunk)
                await writer.drain()
        writer.transport.abort()

    def cut(self) -> None:
        """Resets every connection; new ones still work unless ``refuses``."""
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()

    def hang(self) -> None:
        """Carries nothing, and says nothing."""
        self._open.clear()

    def mend(self) -> None:
        """Carries again."""
        self.refuses = False
        self._open.set()

    async def close(self) -> None:
        """Ends everything."""
        self.mend()
        self.cut()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for writer in self._ended:
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


def sockets_to(port: int) -> list[socket.socket]:
    """This process's open ends of connections to that port."""
    found = [item for item in gc.get_objects() if isinstance(item, socket.socket) and item.fileno() != -1]
    return [item for item in found if _peer(item) == port]


def _peer(item: socket.socket) -> int | None:
    try:
        return int(item.getpeername()[1])
    except (OSError, IndexError):
        return None


@pytest.fixture
async def line(control_plane: kubernetes.ControlPlane) -> AsyncIterator[tuple[Line, int]]:
    """The line and the loopback port of its near end."""
    host, port = control_plane.url.removeprefix("https://").split(":")
    carrier = Line(host, int(port))
    server = await asyncio.start_server(carrier.carry, "127.0.0.1", 0)
    yield carrier, server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    await carrier.close()


@pytest.fixture
def far_kubeconfig(kubeconfig: Path, line: tuple[Line, int], tmp_path: Path) -> Path:
    """The same credentials, for the near end of the line."""
    config = json.loads(kubeconfig.read_text())
    config["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{line[1]}"
    path = tmp_path / "far.yaml"
    path.write_text(json.dumps(config))
    return path


def as_nobody(kubeconfig: Path, directory: Path) -> Path:
    """The same API server, with a token that it does not know."""
    config = json.loads(kubeconfig.read_text())
    config["users"][0]["user"] = {"token": "nobody"}
    path = directory / "nobody.yaml"
    path.write_text(json.dumps(config))
    return path


@pytest.fixture
async def far_kube(far_kubeconfig: Path, fresh_namespace: str) -> AsyncIterator[client.Kubernetes]:
    """The same namespace, through the line."""
    async with client.connect(far_kubeconfig, fresh_namespace, field_manager="tests-far") as connected:
        yield connected
