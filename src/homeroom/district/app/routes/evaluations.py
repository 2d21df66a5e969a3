"""Evaluation rows come in here, and go out nowhere."""

import fastapi
import pydantic

from homeroom.district.app import access, ports
from homeroom.domain import digests

router = fastapi.APIRouter(prefix="/evaluations", tags=["evaluations"])


class Stored(pydantic.BaseModel):
    """A table that is kept."""

    digest: digests.Digest = pydantic.Field(examples=["sha256:" + "0" * 64])
    """What ``spec.evaluation.digest`` of a release names it by."""


@router.post(
    "",
    status_code=201,
    summary="Upload evaluation rows",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/gzip": {"schema": {"type": "string", "format": "binary"}}},
        }
    },
)
async def put_evaluation(request: fastapi.Request, _author: access.Author, found: ports.PortsOf) -> Stored:
    """Store a gzip-compressed CSV table in the district's private directory; there is no way to read it back here."""
    return Stored(digest=await found.evaluations.put(request.stream()))
