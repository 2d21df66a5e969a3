"""Schools as the district knows them."""

from typing import Any

import fastapi

from homeroom.district.app import access, bodies, closures, objects, ports
from homeroom.resources import objects as resource_objects
from homeroom.resources import schoolsites

router = fastapi.APIRouter(prefix="/sites", tags=["schools"])


@router.get("", summary="List schools")
async def list_sites(_caller: access.Caller, found: ports.PortsOf) -> dict[str, Any]:
    """Every school, by name; what each runs now is in the status document."""
    return objects.listed(await found.clusters.own().list(schoolsites.KIND))


@router.post("", status_code=201, summary="Add a school")
async def create_site(body: bodies.NewSite, caller: access.Caller, found: ports.PortsOf) -> dict[str, Any]:
    """Create a SchoolSite as yourself."""
    cluster = found.clusters.of(caller)
    manifest = resource_objects.build(schoolsites.KIND, body.name, body.spec)
    return objects.shown(await cluster.create(schoolsites.KIND, manifest))


@router.get("/{name}", summary="Read a school")
async def read_site(name: objects.Name, _caller: access.Caller, found: ports.PortsOf) -> dict[str, Any]:
    """One school."""
    return objects.shown(await objects.get(found.clusters.own(), schoolsites.KIND, name))


@router.post("/{name}/closures", status_code=201, summary="Close a school for some days")
async def close_site(
    name: objects.Name, body: schoolsites.Closure, caller: access.Caller, found: ports.PortsOf
) -> dict[str, Any]:
    """Add an unplanned closure, as yourself; saying the same again changes nothing."""
    return objects.shown(await closures.close(found.clusters.of(caller), name, body))
