"""``plans.ModelPort`` to another process: HTTP over the Unix socket of ``homeroom serve``."""

from pathlib import Path
from typing import Any

import httpx

from homeroom.domain import digests, errors
from homeroom.school import plans

TIMEOUT_SECONDS = 10.0
"""Loading a large model takes seconds; a stopped process must not hold the agent for longer."""

_MAX_ROUNDS = 2


class SocketPort:
    """Hands models to whoever listens on ``path``.

    Args:
        path: socket of the serving process.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._http = httpx.AsyncClient(
            transport=httpx.AsyncHTTPTransport(uds=str(path), limits=httpx.Limits(max_connections=1)),
            base_url="http://serve",
            timeout=TIMEOUT_SECONDS,
            trust_env=False,
        )

    async def aclose(self) -> None:
        """End the connection."""
        await self._http.aclose()

    async def serving(self) -> plans.Serving:
        """See ``plans.ModelPort``."""
        return plans.parse_serving(_value(await self._ask("GET", "/serving")))

    async def apply(self, plan: plans.Plan, read: plans.ReadBlob) -> plans.Serving:
        """See ``plans.ModelPort``. Only stages that the other side does not have travel."""
        for _ in range(_MAX_ROUNDS):
            response = await self._ask("PUT", "/plan", json=plan.to_json())
            if response.status_code != httpx.codes.CONFLICT:
                return plans.parse_serving(_value(response))
            for digest in response.json()["missing"]:
                _value(await self._ask("PUT", f"/blobs/{digest}", content=_content(read, digests.parse(digest))))
        raise errors.Unavailable(f"the serving process behind {self._path} goes on asking for stages that it was given")

    async def _ask(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            return await self._http.request(method, path, **request)
        except httpx.HTTPError as exc:
            raise errors.Unavailable(f"nobody serves behind {self._path}: {type(exc).__name__}") from exc


def _content(read: plans.ReadBlob, digest: digests.Digest) -> bytes:
    """The stage, or nothing where it cannot be read: its rung is at fault then, and the others still answer."""
    try:
        return read(digest)
    except (errors.NotReady, errors.Refused):
        return b""


def _value(response: httpx.Response) -> Any:
    if response.is_success:
        return response.json()
    raise errors.Unavailable(f"the serving process answered {response.status_code}: {response.text[:200]}")
