"""Around every request: a cap on its body, headers that keep browsers from guessing, and counting."""

import time
from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from starlette import exceptions, types

from homeroom.district.app import metrics, problems

JSON_BYTES: Final = 1 << 20
"""Body cap of ordinary requests; the largest is a wave that names 1,000 schools, about 70 kB."""

_HEADERS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)


class Guard:
    """ASGI middleware; ``cap`` gives the body cap of a path."""

    def __init__(self, app: types.ASGIApp, cap: Callable[[str], int], counters: metrics.Counters) -> None:
        self._app = app
        self._cap = cap
        self._counters = counters

    async def __call__(self, scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        """Pass the request on, counted and capped."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = time.perf_counter(), HTTPStatus.INTERNAL_SERVER_ERROR.value

        async def sending(message: types.Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message = {**message, "headers": [*message.get("headers", ()), *_HEADERS]}
            await send(message)

        try:
            await self._capped(scope, receive, sending)
        finally:
            route = _route(scope)
            self._counters.requests.labels(scope["method"], route, str(status)).inc()
            self._counters.seconds.labels(route).observe(time.perf_counter() - started)

    async def _capped(self, scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        cap, received = self._cap(scope["path"]), 0
        detail = f"the body is larger than {cap} bytes, which is all that this address takes"

        async def receiving() -> types.Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > cap:
                # The one kind of exception that the framework lets through while it reads a body.
                raise exceptions.HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, {"connection": "close"})
            return message

        if _declared_bytes(scope) > cap:
            refusal = problems.build(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, detail, {"connection": "close"})
            await refusal(scope, receive, send)
        else:
            await self._app(scope, receiving, send)


def _declared_bytes(scope: types.Scope) -> int:
    text = dict(scope["headers"]).get(b"content-length", b"0")
    return int(text) if text.isdigit() else 0


def _route(scope: types.Scope) -> str:
    """The route's pattern, never the path: names in it would make a new series each."""
    return getattr(scope.get("route"), "path", "unmatched")
