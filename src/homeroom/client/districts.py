"""The district's REST API as a Python client: what the command line and the demo talk through."""

from datetime import timedelta
from types import TracebackType
from typing import Any, Self

import httpx

from homeroom.domain import errors

TIMEOUT = timedelta(seconds=30)
"""Longest wait for one answer; the slowest request, an upload of evaluation rows, takes under two seconds."""


class DistrictClient:
    """One person's connection to the district, by bearer token.

    Every method raises SpecError when the district refuses the request and says what to change, Refused when this
    person may not do it, and Unavailable when the district does not answer.
    """

    def __init__(self, server: str, token: str) -> None:
        self._http = httpx.Client(
            base_url=server.rstrip("/") + "/api/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT.total_seconds(),
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, exc: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """End the connections."""
        self._http.close()

    def status(self) -> dict[str, Any]:
        """Everything the status page shows."""
        return self._call("GET", "/status")

    def get(self, plural: str, name: str) -> dict[str, Any]:
        """One object, such as ``get("releases", "reading-support-1")``."""
        return self._call("GET", f"/{plural}/{name}")

    def find(self, plural: str, name: str) -> dict[str, Any] | None:
        """As ``get``; None if there is no such object."""
        try:
            return self.get(plural, name)
        except errors.SpecError:
            return None

    def create(self, plural: str, body: dict[str, Any]) -> dict[str, Any]:
        """Create an object from ``{"name": ..., "spec": {...}}``."""
        return self._call("POST", f"/{plural}", json=body)

    def put(self, plural: str, name: str, body: dict[str, Any]) -> dict[str, Any]:
        """Create or replace an object."""
        return self._call("PUT", f"/{plural}/{name}", json=body)

    def change_wave(self, name: str, change: dict[str, Any]) -> dict[str, Any]:
        """Pause, resume or roll back a wave: ``{"paused": True}``, ``{"rollback": True}``."""
        return self._call("PATCH", f"/waves/{name}", json=change)

    def close_school(self, name: str, start: str, end: str, reason: str) -> dict[str, Any]:
        """Say that a school is closed from one date to another, such as 2027-02-03, both included."""
        return self._call("POST", f"/sites/{name}/closures", json={"start": start, "end": end, "name": reason})

    def decide(self, release: str, decision: dict[str, Any]) -> dict[str, Any]:
        """Approve, reject or waive: ``{"decision": "Approve", "reason": "..."}``."""
        return self._call("POST", f"/releases/{release}/decisions", json=decision)

    def gate_report(self, release: str) -> dict[str, Any]:
        """The gate report of a release, as the digest was taken over it."""
        return self._call("GET", f"/releases/{release}/gate-report")

    def gate_document(self, release: str, name: str = "") -> bytes:
        """The gate report of a release byte for byte, or what it names: ``evidence`` or ``policy``."""
        return self._answer("GET", f"/releases/{release}/gate-report" + (f"/{name}" if name else "")).content

    def _call(self, method: str, path: str, **request: Any) -> dict[str, Any]:
        return dict(self._answer(method, path, **request).json())

    def _answer(self, method: str, path: str, **request: Any) -> httpx.Response:
        try:
            response = self._http.request(method, path, **request)
        except httpx.HTTPError as exc:
            raise errors.Unavailable(
                f"the district at {self._http.base_url} does not answer ({type(exc).__name__}): is it running?"
            ) from exc
        if response.is_success:
            return response
        raise _error(response)


def _error(response: httpx.Response) -> errors.HomeroomError:
    try:
        problem = response.json()
        message = problem.get("detail") or problem.get("title") or response.reason_phrase
    except ValueError:
        message = response.reason_phrase
    match response.status_code:
        case 401 | 403:
            return errors.Refused("Forbidden", str(message))
        case status if status >= httpx.codes.INTERNAL_SERVER_ERROR:
            return errors.Unavailable(f"the district answered {status}: {message}")
        case _:
            return errors.SpecError(str(message))
