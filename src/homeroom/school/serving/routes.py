"""Which app of a process a path belongs to."""

from collections.abc import Mapping

from homeroom.school import metrics
from homeroom.school.serving import app


class Routes:
    """ASGI app: ``/healthz``, ``/metrics`` and the schools of this process.

    Args:
        alone: answers ``/v2``; None where a process has several schools.
        schools: by name, under ``/schools/<name>/v2``.
    """

    def __init__(self, alone: app.InferenceApp | None, schools: Mapping[str, app.InferenceApp]) -> None:
        self._alone = alone
        self._schools = schools

    async def __call__(self, scope: app.Scope, receive: app.Receive, send: app.Send) -> None:
        """One request, as ASGI has it."""
        if scope["type"] != "http":
            return
        path: str = scope["path"]
        if path == "/healthz":
            await app.send_json(send, 200, {"status": "ok"})
        elif path == "/metrics":
            await app.send_bytes(send, 200, metrics.exposition(), metrics.MEDIA_TYPE)
        else:
            school, rest = self._find(path)
            if school is None:
                await app.send_json(send, 404, {"error": "there is no such page or school here"})
            else:
                await app.send_json(send, *await school.respond(scope["method"], rest, scope, receive))

    def _find(self, path: str) -> tuple[app.InferenceApp | None, str]:
        if path == "/v2" or path.startswith("/v2/"):
            return self._alone, path
        parts = path.split("/", 3)
        if len(parts) == 4 and parts[1] == "schools" and f"/{parts[3]}/".startswith("/v2/"):  # noqa: PLR2004
            return self._schools.get(parts[2]), "/" + parts[3]
        return None, path
