"""Kubernetes objects as REST shows them, and the words when one is missing."""

from collections.abc import Mapping
from typing import Annotated, Any

import fastapi

from homeroom.district.app import ports, problems
from homeroom.resources import kinds

Name = Annotated[str, fastapi.Path(pattern="^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$", examples=["reading-support-1"])]
"""Name of an object in a path; anything else, such as dots that climb, never reaches the API server."""


def shown(body: Mapping[str, Any]) -> dict[str, Any]:
    """``body`` without the bookkeeping of the API server."""
    metadata = body["metadata"]
    return {
        "name": metadata["name"],
        "createdAt": metadata.get("creationTimestamp"),
        "generation": metadata.get("generation"),
        "spec": body["spec"],
        "status": body.get("status") or {},
    }


def listed(bodies: list[dict[str, Any]]) -> dict[str, Any]:
    """Several objects by name."""
    return {"items": sorted((shown(body) for body in bodies), key=lambda item: str(item["name"]))}


async def get(cluster: ports.Cluster, kind: kinds.Kind, name: str) -> dict[str, Any]:
    """That object.

    Raises:
        NotFound: there is none of that name.
    """
    body = await cluster.get(kind, name)
    if body is None:
        raise problems.NotFound(f"there is no {kind.kind} {name!r}: list {kind.plural} to see which there are")
    return body
