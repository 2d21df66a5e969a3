"""Hubs as the district knows them."""

from typing import Any

import fastapi

from homeroom.district.app import access, objects, ports
from homeroom.resources import regionalhubs

router = fastapi.APIRouter(prefix="/hubs", tags=["hubs"])


@router.get("", summary="List hubs")
async def list_hubs(_caller: access.Caller, found: ports.PortsOf) -> dict[str, Any]:
    """Every hub, by name; when each last spoke is in the status document."""
    return objects.listed(await found.clusters.own().list(regionalhubs.KIND))
