"""Client of the control channel: school to hub or district, hub to district."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx
import pydantic

from homeroom.domain import assignments, errors
from homeroom.transport import tls
from homeroom.transport.control import bodies, messages, problems
from homeroom.trust import bundles, envelopes

_Message = TypeVar("_Message", bound=messages.Message)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long a call may take, each with the reason for its default.

    Attributes:
        connect: a host that is there answers within one round trip, satellite links included.
        read: longest silence within an answer; a stopped process is silent for ever.
        whole: the call as a whole, so that an answer in drops cannot hold a school.
    """

    connect: timedelta = timedelta(seconds=3)
    read: timedelta = timedelta(seconds=5)
    whole: timedelta = timedelta(seconds=15)


class ControlClient:
    """Speaks to one server of the control channel; close it, or use it as an async context.

    Every method raises ``Unavailable`` when the server cannot be reached, hangs or faults, ``NotReady`` when it says
    when to come back, ``Refused`` when it says no or speaks another protocol version, ``SpecError`` when it cannot
    read what we sent or we cannot read its answer.

    Args:
        base_url: such as ``https://hub.example:8443``, without a slash at the end.
        files: this end's identity.
        deadlines: how long a call may take.
        max_answer_bytes: larger answers are refused.
    """

    def __init__(
        self,
        base_url: str,
        files: tls.TlsFiles,
        *,
        deadlines: Deadlines | None = None,
        max_answer_bytes: int = bodies.MAX_BYTES,
    ) -> None:
        deadlines = deadlines or Deadlines()
        self._whole_seconds = deadlines.whole.total_seconds()
        self._max_answer_bytes = max_answer_bytes
        self._http = httpx.AsyncClient(
            base_url=base_url,
            verify=tls.client_context(files),
            timeout=httpx.Timeout(deadlines.read.total_seconds(), connect=deadlines.connect.total_seconds()),
            headers={"accept-encoding": bodies.ENCODING, "user-agent": "homeroom"},
            limits=httpx.Limits(max_connections=4, max_keepalive_connections=1),
            follow_redirects=False,
            trust_env=False,  # no proxy of the environment may stand between the tiers
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """Ends the open connections."""
        await self._http.aclose()

    async def assignment(self, site_id: assignments.SiteId, have: int) -> bundles.Bundle | None:
        """The site's newest bundle if its version is above ``have`` (0: none yet), else None. Nothing is verified."""
        answer = await self._call(
            "GET",
            f"/control/v1/sites/{site_id}/assignment",
            messages.AssignmentMessage,
            params={"have": have, "protocolVersion": messages.PROTOCOL_VERSION},
        )
        return None if answer is None else answer.bundle

    async def send_reports(
        self, site_id: assignments.SiteId, records: Sequence[envelopes.Envelope]
    ) -> messages.Receipt:
        """Hands over records of one site; with none it asks for acknowledgements only."""
        return await self._send(f"/control/v1/sites/{site_id}/reports", records)

    async def hub_assignments(self, hub: str, after: int) -> messages.HubAssignments:
        """What changed for the hub's schools after that cursor (0: from the beginning)."""
        answer = await self._call(
            "GET",
            f"/control/v1/hubs/{hub}/assignments",
            messages.HubAssignmentsMessage,
            params={"after": after, "protocolVersion": messages.PROTOCOL_VERSION},
        )
        if answer is None:
            return messages.HubAssignments(after, ())
        return messages.HubAssignments(answer.cursor, answer.bundles)

    async def hub_reports(self, hub: str, records: Sequence[envelopes.Envelope]) -> messages.Receipt:
        """Hands the district records of several sites."""
        return await self._send(f"/control/v1/hubs/{hub}/reports", records)

    async def _send(self, path: str, records: Sequence[envelopes.Envelope]) -> messages.Receipt:
        message = messages.ReportsMessage(envelopes=tuple(records))
        content, headers = bodies.encode(message.model_dump(mode="json", by_alias=True))
        answer = await self._call("POST", path, messages.ReceiptMessage, content=content, headers=headers)
        return messages.Receipt() if answer is None else messages.parse_receipt(answer)

    async def _call(self, method: str, path: str, message: type[_Message], **request: Any) -> _Message | None:
        try:
            async with asyncio.timeout(self._whole_seconds), self._http.stream(method, path, **request) as response:
                raw = await bodies.collect(response.aiter_raw(), max_bytes=self._max_answer_bytes)
        except TimeoutError as exc:
            raise errors.Unavailable(f"{self._http.base_url}: no whole answer in {self._whole_seconds} s") from exc
        except httpx.HTTPError as exc:
            raise errors.Unavailable(f"{self._http.base_url}: {type(exc).__name__}: {exc}") from exc
        if response.status_code == HTTPStatus.NO_CONTENT:
            return None
        problems.raise_for(response, raw)
        return self._parse(response, raw, message)

    def _parse(self, response: httpx.Response, raw: bytes, message: type[_Message]) -> _Message:
        value = bodies.decode(raw, response.headers.get("content-encoding"), max_bytes=self._max_answer_bytes)
        if not isinstance(value, dict):
            raise errors.SpecError(f"{self._http.base_url}: the answer is no JSON object")
        messages.check_protocol(value.get("protocolVersion"), they_are=f"the server at {self._http.base_url}")
        try:
            return message.model_validate(value)
        except pydantic.ValidationError as exc:
            raise errors.SpecError(f"{self._http.base_url}: the answer is not readable: {exc}") from exc
