"""Serves ASGI apps on loopback ports and Unix sockets until told to end."""

import asyncio
import contextlib
import os
import signal
import socket
from collections.abc import Awaitable, Callable, Generator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from homeroom.domain import errors

GRACE_SECONDS = 2
"""Open requests may finish; with the agent's own clean-up the process is gone within five."""

Task = Callable[[asyncio.Event], Awaitable[None]]
"""Work beside the servers; it returns soon after the event is set, and the process ends when it raises."""


@dataclass(frozen=True, slots=True)
class Listener:
    """One app on one listening socket."""

    app: Any
    socket: socket.socket


def bind_port(host: str, port: int) -> socket.socket:
    """A listening TCP socket.

    Raises:
        SpecError: the port is in use.
    """
    try:
        return socket.create_server((host, port), backlog=512)
    except OSError as exc:
        raise errors.SpecError(f"cannot listen on {host}:{port} ({exc.strerror}): choose another port") from exc


def bind_unix(path: Path) -> socket.socket:
    """A listening Unix socket that only this user can open; what a dead process left there is replaced.

    Raises:
        SpecError: the path is too long or cannot be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    listening = socket.socket(socket.AF_UNIX)
    before = os.umask(0o177)
    try:
        listening.bind(str(path))
    except OSError as exc:
        listening.close()
        raise errors.SpecError(f"cannot listen on {path}: {exc}: a socket's path has at most 107 characters") from exc
    finally:
        os.umask(before)
    listening.listen(64)
    return listening


def run(listeners: Sequence[Listener], tasks: Sequence[Task] = ()) -> None:
    """Serve until SIGTERM or SIGINT; all ends together when one part fails."""
    asyncio.run(_run(listeners, tasks))


async def _run(listeners: Sequence[Listener], tasks: Sequence[Task]) -> None:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    servers = [_Server(_config(listener.app)) for listener in listeners]
    async with asyncio.TaskGroup() as group:
        for server, listener in zip(servers, listeners, strict=True):
            group.create_task(_until_stopped(server.serve([listener.socket]), stop))
        for task in tasks:
            group.create_task(_until_stopped(task(stop), stop))
        await stop.wait()
        for server in servers:
            server.should_exit = True


async def _until_stopped(work: Awaitable[None], stop: asyncio.Event) -> None:
    try:
        await work
    finally:
        stop.set()


class _Server(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Generator[None]:
        """Leave signals to ``run``: uvicorn would take them for each server."""
        yield


def _config(app: Any) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        date_header=False,
        timeout_keep_alive=75,
        timeout_graceful_shutdown=GRACE_SECONDS,
        limit_concurrency=512,
    )
