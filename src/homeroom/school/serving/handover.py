"""The agent's way into ``homeroom serve``: a Unix socket that only this user can open.

The agent says what to answer from; what is not loaded here is asked for by digest and brought in the next request.
"""

import asyncio
import json
from typing import Any

from homeroom.domain import digests, errors
from homeroom.school import plans
from homeroom.school.serving import app, models

MAX_BLOB_BYTES = 512 << 20


class HandoverApp:
    """ASGI app on the socket: ``GET /serving``, ``PUT /plan``, ``PUT /blobs/{digest}``.

    Args:
        answers: what the plan is for.
    """

    def __init__(self, answers: models.Models) -> None:
        self._models = answers
        self._inbox: dict[str, bytes] = {}
        self._applying = asyncio.Lock()

    async def __call__(self, scope: app.Scope, receive: app.Receive, send: app.Send) -> None:
        """One request, as ASGI has it."""
        if scope["type"] != "http":
            return
        try:
            status, value = await self._respond(scope["method"], scope["path"], receive)
        except app.Reply as reply:
            status, value = reply.status, reply.value
        except errors.SpecError as exc:
            status, value = 400, {"error": str(exc)}
        await app.send_json(send, status, value)

    async def _respond(self, method: str, path: str, receive: app.Receive) -> tuple[int, dict[str, Any]]:
        match method, path.strip("/").split("/"):
            case "GET", ["serving"]:
                return 200, self._models.state().to_json()
            case "PUT", ["plan"]:
                return await self._apply(await app.read_body(receive))
            case "PUT", ["blobs", digest]:
                return await self._receive(digest, await app.read_body(receive, MAX_BLOB_BYTES))
            case _:
                return 404, {"error": "there is no such page on this socket"}

    async def _apply(self, body: bytes) -> tuple[int, dict[str, Any]]:
        try:
            plan = plans.parse_plan(json.loads(body))
        except ValueError as exc:
            raise errors.SpecError("the plan is no JSON") from exc
        async with self._applying:
            missing = [digest for digest in self._models.missing(plan) if digest not in self._inbox]
            if missing:
                return 409, {"missing": missing}
            # Loading takes time and its thread holds no lock that an answer needs.
            await asyncio.to_thread(self._models.load, plan, self._read)
            self._inbox.clear()
        return 200, self._models.state().to_json()

    async def _receive(self, digest: str, content: bytes) -> tuple[int, dict[str, Any]]:
        # An empty body says that the agent cannot give it: the rung is then at fault, the others are not.
        if content and digests.of_bytes(content) != digests.parse(digest):
            raise errors.SpecError(f"the bytes do not have digest {digest[:80]}")
        self._inbox[digest] = content
        return 200, {}

    def _read(self, digest: digests.Digest) -> bytes:
        content = self._inbox.get(digest)
        if not content:
            raise errors.NotReady(f"stage {digests.short(digest)} was not brought")
        return content
