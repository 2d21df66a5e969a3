"""Writing a status: only when it says something new, and only over the object that was read."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from homeroom.domain import conditions
from homeroom.kube import conditions as kube_conditions
from homeroom.resources import kinds

Body = Mapping[str, Any]


class StatusWriter(Protocol):
    """The one write that a pass makes to Kubernetes; ``kube.client.Kubernetes`` is one."""

    async def write_status(self, kind: kinds.Kind, name: str, status: Mapping[str, Any], resource_version: str) -> Any:
        """Replaces the status; raises Conflict when the object has changed since ``resource_version``."""


async def write_changed(
    kube: StatusWriter,
    kind: kinds.Kind,
    body: Body,
    decided: tuple[conditions.Condition, ...],
    fields: Mapping[str, Any],
    now: datetime,
) -> bool:
    """Writes conditions and ``fields`` as the status of ``body`` unless it says so already; whether it wrote.

    Fields that are None are left out. All other fields of the status go: an object's status has one writer.
    """
    metadata = body["metadata"]
    merged = conditions.merged(
        kube_conditions.parse(body), decided, generation=int(metadata.get("generation", 0)), now=now
    )
    status = {
        "conditions": kube_conditions.to_json(merged),
        **{name: value for name, value in fields.items() if value is not None},
    }
    if status == _comparable(body.get("status") or {}):
        return False
    await kube.write_status(kind, metadata["name"], status, metadata["resourceVersion"])
    return True


def moment(value: datetime) -> str:
    """``value`` as statuses hold it: RFC 3339 in UTC."""
    return value.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _comparable(status: Mapping[str, Any]) -> dict[str, Any]:
    """``status`` as we would write it: the API server keeps times to the second and may drop empty fields."""
    written = kube_conditions.to_json(kube_conditions.parse({"status": status}))
    return {**status, "conditions": written}
