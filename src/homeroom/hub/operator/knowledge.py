"""What the loops of one operator have seen so far; lost with the process, and found out again after a start."""

from dataclasses import dataclass
from datetime import datetime

from homeroom.hub.operator import conditions


@dataclass(slots=True)
class Knowledge:
    """Written by the loop that learns it, read by the one that writes status.

    Attributes:
        last_contact: when the district last answered.
        version_problem: why hub and district do not understand each other.
        problem: what went wrong with the registry or a release, last time.
        limit_bytes: ``spec.cacheMiB``; None until the object was read, and nothing is fetched before.
        checked_at: when the registry was last asked for everything; None when that is due.
    """

    last_contact: datetime | None = None
    version_problem: str = ""
    problem: conditions.Problem | None = None
    limit_bytes: int | None = None
    checked_at: datetime | None = None
