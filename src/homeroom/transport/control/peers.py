"""Who is at the other end: the URI names in the client's certificate, which TLS has checked against our authority."""

import asyncio
from typing import Any

from starlette import requests
from uvicorn.protocols.http import h11_impl

from homeroom.domain import assignments, errors

EXTENSION = "homeroom.peer"
"""Key in the ASGI scope's ``extensions``; its value is ``{"uris": frozenset[str]}``."""

_FIRST_REQUEST_SECONDS = 10.0


def site_uri(site_id: assignments.SiteId) -> str:
    """Name of a school in its certificate."""
    return f"homeroom://site/{site_id}"


def hub_uri(name: str) -> str:
    """Name of a hub in its certificate."""
    return f"homeroom://hub/{name}"


def district_uri(component: str) -> str:
    """Name of a part of the district in its certificate."""
    return f"homeroom://district/{component}"


def uris(request: requests.Request) -> frozenset[str]:
    """URI names of the peer's certificate; empty where the connection has none."""
    peer = request.scope.get("extensions", {}).get(EXTENSION, {})
    found = peer.get("uris", frozenset())
    return found if isinstance(found, frozenset) else frozenset()


def check(request: requests.Request, uri: str) -> None:
    """Passes when the peer's certificate carries ``uri``.

    Raises:
        Refused: reason ``WrongPeer``.
    """
    if uri not in uris(request):
        raise errors.Refused("WrongPeer", f"your certificate does not carry {uri}: a peer may only speak for itself")


class PeerProtocol(h11_impl.H11Protocol):
    """HTTP/1.1 protocol that tells the app who the peer is.

    uvicorn keeps the certificate to itself (it implements no ASGI TLS extension), so the app of each connection is
    wrapped once its handshake is done. A peer that opens a connection and says nothing is closed after a while:
    uvicorn's own keep-alive limit starts only after the first answer.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Reads the certificate of a fresh connection."""
        super().connection_made(transport)
        self.app = _with_peer(self.app, _certificate_uris(transport))
        self.loop.call_later(_FIRST_REQUEST_SECONDS, self._close_if_silent)

    def shutdown(self) -> None:
        """Ends the connection, at once when nothing is under way.

        A TLS close waits for the other end to say goodbye, and a school that keeps its connection idle does not.
        """
        if self.transport.is_closing():
            return  # its end is under way, and asyncio forgets a TLS transport that is closed a second time
        super().shutdown()
        cycle = vars(self).get("cycle")
        if (cycle is None or cycle.response_complete) and self.transport.get_write_buffer_size() == 0:
            self.transport.abort()

    def _close_if_silent(self) -> None:
        # uvicorn declares `cycle` as always set; it is None until the first request line has been read
        if vars(self).get("cycle") is None and not self.transport.is_closing():
            self.transport.close()


def _certificate_uris(transport: asyncio.Transport) -> frozenset[str]:
    tls_object = transport.get_extra_info("ssl_object")
    if tls_object is None:
        return frozenset()
    certificate = tls_object.getpeercert() or {}
    return frozenset(value for kind, value in certificate.get("subjectAltName", ()) if kind == "URI")


def _with_peer(app: Any, names: frozenset[str]) -> Any:
    async def wrapped(scope: Any, receive: Any, send: Any) -> None:
        extensions = {**scope.get("extensions", {}), EXTENSION: {"uris": names}}
        await app({**scope, "extensions": extensions}, receive, send)

    return wrapped
