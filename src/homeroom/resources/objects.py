"""The frame around every kind: metadata, spec and status, read from what the API server sent."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from homeroom.domain import errors
from homeroom.resources import kinds


class Part(BaseModel):
    """Base of every part of a resource: camelCase outside, frozen, unknown fields refused."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        populate_by_name=True,
        extra="forbid",
        frozen=True,
        use_attribute_docstrings=True,
    )

    def to_json(self) -> dict[str, Any]:
        """Plain JSON as the API server takes it; absent values are left out, never null."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)


class Metadata(BaseModel):
    """What we read of an object's metadata; the rest is the API server's."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore", frozen=True)

    name: str
    namespace: str | None = None
    uid: str | None = None
    generation: int = 0
    resource_version: str | None = None
    creation_timestamp: datetime | None = None
    deletion_timestamp: datetime | None = None
    labels: dict[str, str] = Field(default_factory=dict)
    annotations: dict[str, str] = Field(default_factory=dict)


SpecT = TypeVar("SpecT", bound=Part)
StatusT = TypeVar("StatusT", bound=Part)


class Resource(BaseModel, Generic[SpecT, StatusT]):
    """One object of a kind of ours; ``status`` is empty until its operator has looked at it."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    metadata: Metadata
    spec: SpecT
    status: StatusT

    @property
    def name(self) -> str:
        """``metadata.name``."""
        return self.metadata.name


ResourceT = TypeVar("ResourceT", bound=Resource[Any, Any])


def parse(model: type[ResourceT], kind: kinds.Kind, body: Mapping[str, Any]) -> ResourceT:
    """``body`` as ``model``; a missing status reads as an empty one.

    Raises:
        SpecError: it is of another kind or version, or a field does not fit; the message names each such field.
    """
    found = (body.get("apiVersion", kind.api_version), body.get("kind", kind.kind))
    if found != (kind.api_version, kind.kind):
        raise errors.SpecError(f"expected {kind.api_version} {kind.kind}, found {found[0]} {found[1]}")
    try:
        return model.model_validate({**body, "status": body.get("status") or {}})
    except ValidationError as exc:
        raise errors.SpecError(f"{kind.kind} {_name(body)}: {_lines(exc)}") from exc


PartT = TypeVar("PartT", bound=Part)


def part(model: type[PartT], values: Mapping[str, Any]) -> PartT:
    """``values``, under their names in manifests, as one part of a resource.

    Raises:
        SpecError: a value does not fit; the message names each such field.
    """
    try:
        return model.model_validate(dict(values))
    except ValidationError as exc:
        raise errors.SpecError(_lines(exc)) from exc


def build(kind: kinds.Kind, name: str, spec: Part, *, labels: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The manifest of an object with this spec, ready to create or apply; without namespace and status."""
    metadata: dict[str, Any] = {"name": name}
    if labels:
        metadata["labels"] = dict(labels)
    return {"apiVersion": kind.api_version, "kind": kind.kind, "metadata": metadata, "spec": spec.to_json()}


def _name(body: Mapping[str, Any]) -> str:
    metadata = body.get("metadata")
    return str(metadata.get("name", "without a name")) if isinstance(metadata, Mapping) else "without a name"


def _lines(exc: ValidationError) -> str:
    # The input is left out: a message is logged, and an object may hold what a log must not.
    return "; ".join(
        f"{'.'.join(str(part) for part in error['loc'])}: {error['msg']}" for error in exc.errors(include_input=False)
    )
