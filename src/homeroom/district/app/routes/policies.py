"""Limits that releases must meet."""

from typing import Any

import fastapi

from homeroom.district.app import access, bodies, objects, ports
from homeroom.resources import gatepolicies
from homeroom.resources import objects as resource_objects

router = fastapi.APIRouter(prefix="/policies", tags=["policies"])


@router.get("", summary="List policies")
async def list_policies(_caller: access.Caller, found: ports.PortsOf) -> dict[str, Any]:
    """Every policy, by name."""
    return objects.listed(await found.clusters.own().list(gatepolicies.KIND))


@router.get("/{name}", summary="Read a policy")
async def read_policy(name: objects.Name, _caller: access.Caller, found: ports.PortsOf) -> dict[str, Any]:
    """One policy."""
    return objects.shown(await objects.get(found.clusters.own(), gatepolicies.KIND, name))


@router.put("/{name}", summary="Set a policy")
async def put_policy(
    name: objects.Name, body: bodies.Policy, caller: access.Caller, found: ports.PortsOf
) -> dict[str, Any]:
    """Create or replace a GatePolicy as yourself; releases that were judged by it are judged again."""
    cluster = found.clusters.of(caller)
    manifest = resource_objects.build(gatepolicies.KIND, name, body.spec)
    return objects.shown(await cluster.apply(gatepolicies.KIND, manifest))
