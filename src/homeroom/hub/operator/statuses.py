"""RegionalHub status in the hub's own API server, written when something turned, never as a heartbeat."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from homeroom.domain import conditions, prefetch
from homeroom.kube import conditions as kube_conditions

_MAX_RELEASES = 1000  # as in the schema


def build_status(
    body: Mapping[str, Any],
    found: tuple[conditions.Condition, ...],
    *,
    cached: Iterable[prefetch.Release],
    queued_reports: int,
    last_contact: datetime | None,
    now: datetime,
) -> dict[str, Any]:
    """The whole status as it should be now."""
    generation = int(body["metadata"].get("generation", 0))
    merged = conditions.merged(kube_conditions.parse(body), found, generation=generation, now=now)
    status: dict[str, Any] = {
        "conditions": kube_conditions.to_json(merged),
        "cachedReleases": sorted({release.digest for release in cached})[:_MAX_RELEASES],
        "queuedReports": queued_reports,
    }
    message = next((item.message for item in merged if item.message), "")
    if message:
        status["message"] = message
    if last_contact is not None:
        status["lastContact"] = last_contact.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return status


def has_turned(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    """Whether ``new`` says something that people or programs act on.

    A queue that grows from 12 to 13 has not turned, one that grows from 9 to 10 has: so an outage of a week costs a
    handful of writes, not one a second. The time of the last contact alone never counts.
    """
    return _essence(old) != _essence(new)


def _essence(status: Mapping[str, Any]) -> tuple[Any, ...]:
    said = [
        (item.get("type"), item.get("status"), item.get("reason"), item.get("message"), item.get("observedGeneration"))
        for item in status.get("conditions") or ()
    ]
    queued = int(status.get("queuedReports") or 0)
    magnitude = len(str(queued)) if queued else 0
    return said, list(status.get("cachedReleases") or ()), magnitude, "queuedReports" in status
