"""Server side of the control channel: two routers over two small ports.

Which app serves them decides nothing here: the relay implements ``SitePort`` over its store, the district implements
both over its database.
"""

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Protocol

import fastapi
import pydantic
from fastapi import routing
from starlette import requests, responses

from homeroom.domain import assignments, errors
from homeroom.transport.control import bodies, messages, peers, problems
from homeroom.trust import bundles, envelopes

PREFIX = "/control/v1"
_BODY_SECONDS = 10.0  # a body in drops would hold the connection for ever

_Handler = Callable[[requests.Request], Coroutine[Any, Any, responses.Response]]


class SitePort(Protocol):
    """What schools may ask; raises ``NotReady`` or ``Unavailable`` when it cannot answer now."""

    async def bundle(self, site_id: assignments.SiteId, have: int) -> bundles.Bundle | None:
        """The site's newest bundle if its version is above ``have``."""

    async def take(self, site_id: assignments.SiteId, records: Sequence[envelopes.Envelope]) -> messages.Receipt:
        """Holds ``records`` durably before it returns; raises ``QueueFull`` when there is no room."""


class HubPort(Protocol):
    """What hubs may ask of the district."""

    async def bundles(self, hub: str, after: int) -> tuple[int, Sequence[bundles.Bundle]]:
        """A new cursor, and the newest bundle of each of the hub's sites that changed after ``after``."""

    async def take(self, hub: str, records: Sequence[envelopes.Envelope]) -> messages.Receipt:
        """Applies ``records`` of the hub's sites, each once, and acknowledges what has been applied."""


class _ControlRoute(routing.APIRoute):
    """Turns our errors into problem documents, so that the routers bring their error handling with them."""

    def get_route_handler(self) -> _Handler:
        handler = super().get_route_handler()

        async def guarded(request: requests.Request) -> responses.Response:
            try:
                return await handler(request)
            except errors.HomeroomError as exc:
                return problems.to_response(exc)

        return guarded


def site_router(port: SitePort) -> fastapi.APIRouter:
    """Routes for schools; each may only speak for the siteId in its certificate."""
    router = fastapi.APIRouter(prefix=f"{PREFIX}/sites/{{site_id}}", route_class=_ControlRoute, tags=["control"])

    @router.get("/assignment")
    async def read_assignment(request: fastapi.Request, site_id: str, have: int = 0) -> responses.Response:
        site = _check_site(request, site_id)
        bundle = await port.bundle(site, have)
        if bundle is None:
            return responses.Response(status_code=204)
        return _answer(messages.AssignmentMessage(bundle=bundle))

    @router.post("/reports")
    async def take_reports(request: fastapi.Request, site_id: str) -> responses.Response:
        site = _check_site(request, site_id)
        message = await _read_reports(request)
        for envelope in message.envelopes:
            if envelope.key.site_id != site:
                raise errors.Refused("WrongPeer", f"a record of another school is among those of {site}")
        return _answer(messages.build_receipt(await port.take(site, message.envelopes)))

    return router


def hub_router(port: HubPort) -> fastapi.APIRouter:
    """Routes for hubs; each may only speak for the name in its certificate."""
    router = fastapi.APIRouter(prefix=f"{PREFIX}/hubs/{{hub}}", route_class=_ControlRoute, tags=["control"])

    @router.get("/assignments")
    async def read_assignments(request: fastapi.Request, hub: str, after: int = 0) -> responses.Response:
        peers.check(request, peers.hub_uri(hub))
        _check_query_protocol(request)
        cursor, found = await port.bundles(hub, after)
        return _answer(messages.HubAssignmentsMessage(cursor=cursor, bundles=tuple(found)))

    @router.post("/reports")
    async def take_reports(request: fastapi.Request, hub: str) -> responses.Response:
        peers.check(request, peers.hub_uri(hub))
        message = await _read_reports(request)
        return _answer(messages.build_receipt(await port.take(hub, message.envelopes)))

    return router


def _check_site(request: requests.Request, site_id: str) -> assignments.SiteId:
    site = assignments.SiteId(site_id)
    peers.check(request, peers.site_uri(site))
    if request.method == "GET":
        _check_query_protocol(request)
    return site


def _check_query_protocol(request: requests.Request) -> None:
    text = request.query_params.get("protocolVersion", "")
    messages.check_protocol(int(text) if text.isascii() and text.isdigit() else None, they_are="the caller")


async def _read_reports(request: requests.Request) -> messages.ReportsMessage:
    try:
        async with asyncio.timeout(_BODY_SECONDS):
            content = await bodies.collect(request.stream())
    except (TimeoutError, requests.ClientDisconnect) as exc:
        raise errors.SpecError(f"the body did not arrive within {_BODY_SECONDS} s") from exc
    value = bodies.decode(content, request.headers.get("content-encoding"))
    # The version comes first: a newer message may have another form, and the sender should hear the real reason.
    messages.check_protocol(value.get("protocolVersion") if isinstance(value, dict) else None, they_are="the caller")
    try:
        return messages.ReportsMessage.model_validate(value)
    except pydantic.ValidationError as exc:
        raise errors.SpecError(f"the message is not readable: {exc}") from exc


def _answer(message: messages.Message) -> responses.Response:
    content, headers = bodies.encode(message.model_dump(mode="json", by_alias=True))
    return responses.Response(content, headers=headers)
