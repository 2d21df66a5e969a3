"""The stream of events that a watch gives."""

import enum
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import aiohttp

from homeroom.domain import errors
from homeroom.kube import answers

INACTIVITY = timedelta(seconds=90)
"""The API server sends a bookmark about every minute (up to a quarter later), so a longer silence is a dead line."""
SERVER_TIMEOUT = timedelta(seconds=290)
"""After this the server ends a stream on its own, which spreads reconnections; 5 to 10 minutes is usual."""
_MAX_EVENT_BYTES = 4 * 1024 * 1024
"""Above any object that etcd takes (1.5 MiB)."""


class EventType(enum.Enum):
    """What happened."""

    ADDED = "ADDED"
    MODIFIED = "MODIFIED"
    DELETED = "DELETED"
    BOOKMARK = "BOOKMARK"


@dataclass(frozen=True, slots=True)
class Event:
    """One event.

    Attributes:
        type: what happened; a BOOKMARK only says how far the stream has come.
        body: the object as it is now, or as it was when it was deleted.
    """

    type: EventType
    body: dict[str, Any]

    @property
    def name(self) -> str:
        """``metadata.name``; empty for a bookmark."""
        return str(self.body["metadata"].get("name", ""))

    @property
    def resource_version(self) -> str:
        """Where to go on after this event."""
        return str(self.body["metadata"]["resourceVersion"])


async def read(stream: aiohttp.StreamReader, what: str) -> AsyncIterator[Event]:
    """The events in ``stream``, one JSON object a line.

    Raises:
        Gone: the stream says that the version it was asked to go on from is too old.
        Unavailable: a line is no event, or longer than any object can be.
    """
    rest = b""
    async for chunk in stream.iter_any():
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            yield parse(line, what)
        if len(rest) > _MAX_EVENT_BYTES:
            raise errors.Unavailable(f"Kubernetes API: {what}: an event is longer than {_MAX_EVENT_BYTES} bytes")


def parse(line: bytes, what: str) -> Event:
    """The event in ``line``; an ERROR event is raised as what it means."""
    try:
        value = json.loads(line)
        type_, body = value["type"], value["object"]
        if type_ == "ERROR":
            answers.refuse(int(body.get("code") or 500), body, what)
        return Event(EventType(type_), body)
    except (ValueError, KeyError, TypeError) as exc:
        # Its content stays out of the message: an object may hold what a log must not.
        raise errors.Unavailable(f"Kubernetes API: {what}: a line of {len(line)} bytes is no event") from exc
