"""Servers of the control channel inside a test: the real one on a free port, and ones that hang or babble."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

from homeroom.transport import tls
from homeroom.transport.control import serve


@contextlib.asynccontextmanager
async def serving(app: Any, files: tls.TlsFiles | None) -> AsyncIterator[str]:
    """The real server in this event loop; yields its base URL."""
    with serve.bound("127.0.0.1", 0) as probe:
        port = probe.getsockname()[1]
    stop = asyncio.Event()
    running = asyncio.create_task(serve.serve([serve.Listener(app, "127.0.0.1", port, files)], stop=stop))
    await _reachable(port, running)
    try:
        yield f"http{'' if files is None else 's'}://127.0.0.1:{port}"
    finally:
        stop.set()
        await running


@contextlib.asynccontextmanager
async def hanging() -> AsyncIterator[str]:
    """Takes connections and never says a word, as a stopped process does; yields its base URL."""
    writers: list[asyncio.StreamWriter] = []

    async def hang(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)

    server = await asyncio.start_server(hang, "127.0.0.1", 0)
    try:
        yield f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await server.wait_closed()


async def _reachable(port: int, running: "asyncio.Task[None]") -> None:
    async with asyncio.timeout(10):
        while not running.done():
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except OSError:
                await asyncio.sleep(0.01)
                continue
            writer.transport.abort()
            return
    await running
