"""The whole district in one document."""

import fastapi

from homeroom.district.app import access, documents, ports, status

router = fastapi.APIRouter(prefix="/status", tags=["status"])


@router.get("", summary="Read everything that the status page shows")
async def read_status(_caller: access.Caller, found: ports.PortsOf) -> documents.Status:
    """Releases, waves, schools and hubs as they are now; who is offline is computed at this moment."""
    observed = await status.gather_status(found)
    return status.build_status(observed, found.clock(), found.options.offline_after)
