"""Serves ASGI apps until the process is told to end, with mutual TLS where an identity is given."""

import asyncio
import contextlib
import signal
import socket
import ssl
from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any

import uvicorn

from homeroom.domain import errors
from homeroom.transport import tls
from homeroom.transport.control import peers

Task = Callable[[asyncio.Event], Awaitable[None]]
"""Work beside the servers; returns soon after the event is set. When it raises, the process ends."""

_GRACE_SECONDS = 3  # open requests may finish; the process is gone within five


@dataclass(frozen=True, slots=True)
class Listener:
    """One port.

    Attributes:
        app: ASGI app.
        host: address to bind.
        port: 0 picks a free one.
        files: serve mutual TLS with this identity; None serves plain HTTP, for loopback only.
    """

    app: Any
    host: str
    port: int
    files: tls.TlsFiles | None = None


def run_mtls(app: Any, host: str, port: int, files: tls.TlsFiles) -> None:
    """Serves ``app`` with mutual TLS until SIGTERM or SIGINT, then lets open requests finish and returns within 5 s."""
    run([Listener(app, host, port, files)])


def run(listeners: Sequence[Listener], tasks: Sequence[Task] = ()) -> None:
    """Serves all ``listeners`` beside ``tasks`` in one process until SIGTERM or SIGINT.

    Raises:
        SpecError: a port is in use or a TLS file is unreadable.
    """
    asyncio.run(_run(listeners, tasks))


async def _run(listeners: Sequence[Listener], tasks: Sequence[Task]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await serve(listeners, tasks, stop=stop)


async def serve(listeners: Sequence[Listener], tasks: Sequence[Task] = (), *, stop: asyncio.Event) -> None:
    """Serves until ``stop`` is set; all ends together when one part ends with an error."""
    with contextlib.ExitStack() as sockets:
        servers = [(_server(item), sockets.enter_context(bound(item.host, item.port))) for item in listeners]
        async with asyncio.TaskGroup() as group:
            running = [group.create_task(server.serve([listening])) for server, listening in servers]
            running += [group.create_task(_until_stopped(task, stop)) for task in tasks]
            await stop.wait()
            for server, _ in servers:
                server.should_exit = True
            await _ended(running)


def bound(host: str, port: int) -> socket.socket:
    """A listening socket on that port; 0 picks a free one.

    Raises:
        SpecError: it cannot be had, mostly because another program has it.
    """
    try:
        return socket.create_server((host, port), backlog=512)
    except OSError as exc:
        raise errors.SpecError(
            f"cannot listen on {host} port {port}: {exc.strerror}: end the other program or set another port"
        ) from exc


async def _until_stopped(task: Task, stop: asyncio.Event) -> None:
    try:
        await task(stop)
    finally:
        stop.set()  # a part that ends takes the process with it; a supervisor starts it afresh


async def _ended(running: Sequence[asyncio.Task[None]]) -> None:
    _, late = await asyncio.wait(running, timeout=_GRACE_SECONDS + 1)
    for task in late:
        task.cancel()


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leaves signals to ``run``: uvicorn would take them for each server and raise them again at the end."""
        yield


def _server(listener: Listener) -> uvicorn.Server:
    files = listener.files
    config = uvicorn.Config(
        listener.app,
        http=peers.PeerProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=30,  # longer than the poll interval of a school, so that it keeps its connection
        timeout_graceful_shutdown=_GRACE_SECONDS,
        ssl_context_factory=None if files is None else _context_factory(files),
    )
    return _Server(config)


def _context_factory(files: tls.TlsFiles) -> Callable[..., ssl.SSLContext]:
    return lambda *_: tls.server_context(files)
