"""The Open Inference Protocol v2 over ASGI, without a framework: a school's box pays for every import."""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

import homeroom
from homeroom.domain import errors
from homeroom.school.serving import models, protocol

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
NoteAnswer = Callable[[models.Answer], None]

MAX_BODY_BYTES = 8 << 20
BINARY_HEADER = b"inference-header-content-length"


class Reply(Exception):  # noqa: N818 - a way out of nested calls, not a fault
    """An answer that ends the handling of a request."""

    def __init__(self, status: int, value: dict[str, Any]) -> None:
        super().__init__(status)
        self.status = status
        self.value = value


class InferenceApp:
    """One school's routes under ``/v2``.

    Args:
        answers: the models.
        note: told of each answer, for the spool.
    """

    def __init__(self, answers: models.Models, note: NoteAnswer) -> None:
        self._models = answers
        self._note = note

    async def respond(self, method: str, path: str, scope: Scope, receive: Receive) -> tuple[int, dict[str, Any]]:
        """Status and JSON for a request to ``path``, which starts with ``/v2``."""
        parts = tuple(part for part in path.split("/") if part)[1:]
        try:
            match method:
                case "POST":
                    return 200, await self._post(parts, scope, receive)
                case "GET":
                    return self._get(parts)
                case _:
                    return 405, {"error": f"{method[:20]} is not offered: use GET or POST"}
        except Reply as reply:
            return reply.status, reply.value
        except errors.SpecError as exc:
            return 400, {"error": str(exc)}
        except errors.NotReady as exc:
            return 503, {"error": str(exc)}

    def _get(self, parts: tuple[str, ...]) -> tuple[int, dict[str, Any]]:
        match parts:
            case ():
                return 200, protocol.server_metadata(homeroom.__version__)
            case ("health", "live"):
                return 200, {"live": True}
            case ("health", "ready"):
                ready = any(self._is_ready(purpose, self._models.bands(purpose)) for purpose in self._models.purposes)
                return (200 if ready else 503), {"ready": ready}
            case ("models", purpose, *rest):
                return self._get_model(purpose, tuple(rest))
        raise Reply(404, {"error": "there is no such page: see the Open Inference Protocol v2"})

    def _get_model(self, purpose: str, rest: tuple[str, ...]) -> tuple[int, dict[str, Any]]:
        bands = self._bands(purpose)
        match rest:
            case () | ("ready",):
                pass
            case ("versions", band) | ("versions", band, "ready"):
                bands = (self._known(purpose, band),)
            case _:
                raise Reply(
                    404, {"error": f"there is no such page about {purpose}: see the Open Inference Protocol v2"}
                )
        if rest[-1:] == ("ready",):
            ready = self._is_ready(purpose, bands)
            return (200 if ready else 503), {"name": purpose, "ready": ready}
        return 200, protocol.model_metadata(purpose, bands, self._models.config(purpose, bands[0]))

    async def _post(self, parts: tuple[str, ...], scope: Scope, receive: Receive) -> dict[str, Any]:
        match parts:
            case ("models", purpose, "infer"):
                band = self._only_band(purpose)
            case ("models", purpose, "versions", named, "infer"):
                band = self._known(purpose, named)
            case _:
                raise Reply(404, {"error": "there is no such page: POST to /v2/models/{purpose}/infer"})
        if any(name == BINARY_HEADER for name, _ in scope["headers"]):
            raise errors.SpecError("binary tensors are not offered: send `data` as JSON (binary_data=False)")
        request = protocol.parse_request(await read_body(receive))
        answer = self._models.answer(purpose, band, lambda config: protocol.parse_features(request, config))
        response = protocol.build_response(answer, request)
        self._note(answer)
        return response

    def _is_ready(self, purpose: str, bands: tuple[str, ...]) -> bool:
        return bool(bands) and all(self._models.is_ready(purpose, band) for band in bands)

    def _bands(self, purpose: str) -> tuple[str, ...]:
        bands = self._models.bands(purpose)
        if not bands:
            self._refuse_unknown(purpose)
        return bands

    def _known(self, purpose: str, band: str) -> str:
        bands = self._bands(purpose)
        if band not in bands:
            raise Reply(404, {"error": f"{purpose} is not served for band {band[:20]}: use {', '.join(bands)}"})
        return band

    def _only_band(self, purpose: str) -> str:
        bands = self._bands(purpose)
        if len(bands) > 1:
            raise errors.SpecError(
                f"{purpose} is served for {', '.join(bands)}: say which, with /v2/models/{purpose}/versions/BAND/infer"
            )
        return bands[0]

    def _refuse_unknown(self, purpose: str) -> None:
        purposes = self._models.purposes
        if not purposes:
            raise errors.NotReady("nothing is installed at this school yet: no suggestion, use your usual way")
        raise Reply(404, {"error": f"there is no model {purpose[:40]!r}: this school serves {', '.join(purposes)}"})


async def read_body(receive: Receive, limit: int = MAX_BODY_BYTES) -> bytes:
    """The whole body.

    Raises:
        Reply: 413 when it is larger than ``limit``, 400 when the client went away.
    """
    chunks, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Reply(400, {"error": "the request ended early"})
        chunk = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise Reply(413, {"error": f"the request has more than {limit} bytes: send fewer rows"})
        chunks.append(chunk)
        if not message.get("more_body"):
            return b"".join(chunks)


async def send_json(send: Send, status: int, value: dict[str, Any]) -> None:
    """One JSON response."""
    await send_bytes(send, status, json.dumps(value, separators=(",", ":")).encode(), b"application/json")


async def send_bytes(send: Send, status: int, content: bytes, media_type: bytes) -> None:
    """One response."""
    headers = [(b"content-type", media_type), (b"content-length", str(len(content)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": content})
