"""What one school is told to run: the only target of its signed metadata (decision 1 and 2 of the design)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NewType

from homeroom.domain import digests, errors

SiteId = NewType("SiteId", str)
"""Our own immutable UUID of a school, lower case with hyphens. ``metadata.uid`` never leaves its cluster."""

SCHEMA_VERSION = 1


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One place to talk to, tried in order.

    Attributes:
        name: for people and logs, such as ``hub`` or ``district``.
        control: base URL of the control channel, without a slash at the end.
        bulk: base URL of the OCI registry, without a slash at the end.
    """

    name: str
    control: str
    bulk: str


@dataclass(frozen=True, slots=True)
class Parameter:
    """One knob that educators may turn at their school, within bounds that the release sets."""

    name: str
    value: float
    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True)
class Entry:
    """What to run for one purpose and band.

    Attributes:
        purpose: such as ``support-offer``.
        band: year-group band, such as ``K-2``.
        release: digest of the release's OCI manifest.
        repository: where the release lies in every registry, such as ``releases/reading-support``.
        previous: release to fall back to, None at first.
        parameters: settings with bounds.
        start_by: the slot of a wave is held until this moment.
        wave: name of the wave that asked for it.
    """

    purpose: str
    band: str
    release: digests.Digest
    repository: str
    start_by: datetime
    wave: str
    previous: digests.Digest | None = None
    parameters: tuple[Parameter, ...] = ()

    @property
    def key(self) -> tuple[str, str]:
        """Two entries conflict only when this is equal."""
        return (self.purpose, self.band)


@dataclass(frozen=True, slots=True)
class Assignment:
    """The list of entries of one school; ``version`` only rises, releases have no order (decision 3)."""

    site_id: SiteId
    version: int
    entries: tuple[Entry, ...]
    endpoints: tuple[Endpoint, ...]
    min_agent: str
    schema_version: int = SCHEMA_VERSION

    def entry(self, purpose: str, band: str) -> Entry | None:
        """The entry for that key, if there is one."""
        return next((entry for entry in self.entries if entry.key == (purpose, band)), None)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; ``digests.canonical_json`` of it is what gets signed."""
        return {
            "schemaVersion": self.schema_version,
            "siteId": self.site_id,
            "version": self.version,
            "minAgent": self.min_agent,
            "endpoints": [{"name": e.name, "control": e.control, "bulk": e.bulk} for e in self.endpoints],
            "entries": [_entry_to_json(entry) for entry in self.entries],
        }


def parse(value: Any) -> Assignment:
    """The assignment in ``value``, as ``Assignment.to_json`` wrote it.

    Raises:
        SpecError: a field is missing or of the wrong type, or the schema is newer than this agent.
    """
    try:
        if value["schemaVersion"] > SCHEMA_VERSION:
            raise errors.SpecError(
                f"assignment schema {value['schemaVersion']} is newer than {SCHEMA_VERSION}: update the agent"
            )
        return Assignment(
            site_id=SiteId(value["siteId"]),
            version=int(value["version"]),
            min_agent=value["minAgent"],
            schema_version=value["schemaVersion"],
            endpoints=tuple(Endpoint(**endpoint) for endpoint in value["endpoints"]),
            entries=tuple(_entry_from_json(entry) for entry in value["entries"]),
        )
    except (KeyError, TypeError, ValueError) as exc:
        raise errors.SpecError(f"assignment is not readable: {type(exc).__name__}: {exc}") from exc


def _entry_to_json(entry: Entry) -> dict[str, Any]:
    return {
        "purpose": entry.purpose,
        "band": entry.band,
        "release": entry.release,
        "repository": entry.repository,
        "previous": entry.previous,
        "startBy": entry.start_by.astimezone(UTC).isoformat(),
        "wave": entry.wave,
        "parameters": [
            {"name": p.name, "value": p.value, "minimum": p.minimum, "maximum": p.maximum} for p in entry.parameters
        ],
    }


def _entry_from_json(value: dict[str, Any]) -> Entry:
    return Entry(
        purpose=value["purpose"],
        band=value["band"],
        release=digests.parse(value["release"]),
        repository=value["repository"],
        previous=None if value["previous"] is None else digests.parse(value["previous"]),
        start_by=datetime.fromisoformat(value["startBy"]),
        wave=value["wave"],
        parameters=tuple(Parameter(**parameter) for parameter in value["parameters"]),
    )
