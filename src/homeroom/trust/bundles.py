"""Everything a school needs to believe one assignment, in one message."""

import base64
from dataclasses import dataclass
from typing import Any

from homeroom.domain import assignments, errors


@dataclass(frozen=True, slots=True)
class Bundle:
    """Signed metadata of one site at one version, and the assignment that it signs; all bytes as they were signed.

    A bundle claims; only ``director_client`` decides whether the claim is true.

    Attributes:
        site_id: whom it says it is for.
        version: the assignment version that it says it carries.
        root: the chain of root metadata, oldest first.
        timestamp: signed, names the snapshot.
        snapshot: signed, names the targets metadata.
        targets: signed, names the assignment by length and hash.
        assignment: canonical JSON of the assignment.
    """

    site_id: assignments.SiteId
    version: int
    root: tuple[bytes, ...]
    timestamp: bytes
    snapshot: bytes
    targets: bytes
    assignment: bytes

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, byte fields in base64."""
        return {
            "siteId": self.site_id,
            "version": self.version,
            "root": [_encoded(root) for root in self.root],
            "timestamp": _encoded(self.timestamp),
            "snapshot": _encoded(self.snapshot),
            "targets": _encoded(self.targets),
            "assignment": _encoded(self.assignment),
        }


def parse(value: Any) -> Bundle:
    """The bundle that ``Bundle.to_json`` wrote.

    Raises:
        Refused: it is not of that form; reason ``Unreadable``.
    """
    try:
        return Bundle(
            site_id=assignments.SiteId(str(value["siteId"])),
            version=int(value["version"]),
            root=tuple(_decoded(root) for root in value["root"]),
            timestamp=_decoded(value["timestamp"]),
            snapshot=_decoded(value["snapshot"]),
            targets=_decoded(value["targets"]),
            assignment=_decoded(value["assignment"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise errors.Refused("Unreadable", f"the bundle is not readable: {type(exc).__name__}: {exc}") from exc


def _encoded(content: bytes) -> str:
    return base64.b64encode(content).decode()


def _decoded(text: str) -> bytes:
    return base64.b64decode(text, validate=True)
