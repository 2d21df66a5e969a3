"""Waves: start, pause, go on, roll back."""

from typing import Any

import fastapi

from homeroom.district.app import access, bodies, objects, ports
from homeroom.domain import errors
from homeroom.resources import objects as resource_objects
from homeroom.resources import rolloutwaves

router = fastapi.APIRouter(prefix="/waves", tags=["waves"])


@router.get("", summary="List waves")
async def list_waves(_caller: access.Caller, found: ports.PortsOf) -> dict[str, Any]:
    """Every wave with its counts, by name."""
    return objects.listed(await found.clusters.own().list(rolloutwaves.KIND))


@router.post("", status_code=201, summary="Start a wave")
async def create_wave(body: bodies.NewWave, caller: access.Caller, found: ports.PortsOf) -> dict[str, Any]:
    """Create a RolloutWave as yourself."""
    cluster = found.clusters.of(caller)
    manifest = resource_objects.build(rolloutwaves.KIND, body.name, body.spec)
    return objects.shown(await cluster.create(rolloutwaves.KIND, manifest))


@router.get("/{name}", summary="Read a wave")
async def read_wave(name: objects.Name, _caller: access.Caller, found: ports.PortsOf) -> dict[str, Any]:
    """One wave; the state of each of its schools is in the status document."""
    return objects.shown(await objects.get(found.clusters.own(), rolloutwaves.KIND, name))


@router.patch("/{name}", summary="Pause, go on or roll back")
async def change_wave(
    name: objects.Name, body: bodies.WaveChange, caller: access.Caller, found: ports.PortsOf
) -> dict[str, Any]:
    """Change what is given and nothing else."""
    change = body.model_dump(exclude_none=True)
    if not change:
        raise errors.SpecError("nothing to change: give paused or rollback")
    cluster = found.clusters.of(caller)
    await objects.get(cluster, rolloutwaves.KIND, name)
    return objects.shown(await cluster.patch_spec(rolloutwaves.KIND, name, change))
