"""Connections that are gone when they are closed.

aiohttp waits for the end of those TLS connections that it still knows when it is closed. One that was given back in
the middle of an answer, which is how every watch ends, it has forgotten: that one waits for a goodbye of the server,
and is left open when the loop ends first (https://docs.aiohttp.org/en/stable/client_advanced.html#graceful-shutdown).
"""

import asyncio
import contextlib
import socket
import ssl
import weakref

import aiohttp

_DEADLINE_SECONDS = 2.0
_LOOK_SECONDS = 0.005


class Connector(aiohttp.TCPConnector):
    """Opens connections, and has closed every one of them when ``close`` returns.

    Args:
        tls: what the server must prove, and what we show it.
        limit: connections at the same time; 0 for any number.
    """

    def __init__(self, tls: ssl.SSLContext, limit: int = 0) -> None:
        self._sockets: weakref.WeakSet[socket.socket] = weakref.WeakSet()
        super().__init__(ssl=tls, limit=limit, socket_factory=self._open)

    async def close(self, *, abort_ssl: bool = False) -> None:
        """Closes all; those that wait for a goodbye of the server wait no longer."""
        await super().close(abort_ssl=abort_ssl)
        for left in self._left():
            with contextlib.suppress(OSError):  # not connected yet, or closed by the server in this moment
                left.shutdown(socket.SHUT_RDWR)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_DEADLINE_SECONDS):
                while self._left():  # noqa: ASYNC110 - a transport tells nobody but its protocol that it is closed
                    await asyncio.sleep(_LOOK_SECONDS)

    def _open(self, address: aiohttp.AddrInfoType) -> socket.socket:
        family, kind, protocol, *_ = address
        opened = socket.socket(family=family, type=kind, proto=protocol)
        self._sockets.add(opened)
        return opened

    def _left(self) -> list[socket.socket]:
        return [known for known in self._sockets if known.fileno() != -1]
