"""The control channel over real sockets and mutual TLS, with small ports behind the server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import fastapi
import httpx
import pytest
from tests import builders
from tests.fakes import control_server

from homeroom.domain import assignments, errors, reports
from homeroom.transport import tls
from homeroom.transport.control import bodies, client, messages, peers, server
from homeroom.trust import authority, bundles, envelopes

SITE, OTHER = builders.a_site_id("school-01"), builders.a_site_id("school-02")
QUICK = client.Deadlines(timedelta(seconds=1), timedelta(seconds=0.5), timedelta(seconds=2))

Identities = Callable[[str], authority.TlsFiles]
Start = Callable[..., contextlib.AbstractAsyncContextManager[str]]


def a_bundle(version: int = 3, site: assignments.SiteId = SITE) -> bundles.Bundle:
    return bundles.Bundle(site, version, (b"root",), b"timestamp", b"snapshot", b"targets", b"assignment")


def an_envelope(seq: int = 1, site: assignments.SiteId = SITE, **overrides: Any) -> envelopes.Envelope:
    key = reports.ReportKey(site, 1, overrides.get("report_class", "status"), seq)
    return envelopes.Envelope(key, overrides.get("sealed", b"sealed"), b"signature")


ACK = envelopes.SignedAck(reports.Acknowledgement(SITE, 1, reports.ReportClass.STATUS, 7), b"signature")


@dataclass
class Port:
    """Both ports; what it was given, and what it says."""

    taken: list[envelopes.Envelope] = field(default_factory=list)
    error: errors.HomeroomError | None = None

    async def bundle(self, _: assignments.SiteId, have: int) -> bundles.Bundle | None:
        return a_bundle() if have < 3 else None

    async def bundles(self, _: str, after: int) -> tuple[int, Sequence[bundles.Bundle]]:
        return after + 7, [a_bundle(), a_bundle(4, OTHER)]

    async def take(self, _: str, records: Sequence[envelopes.Envelope]) -> messages.Receipt:
        if self.error is not None:
            raise self.error
        self.taken += records
        refused = (messages.Refusal(an_envelope(9).key, "Altered"),)
        return messages.Receipt(stored={"status": 7}, acks=(ACK,), refused=refused)


@pytest.fixture
def port() -> Port:
    return Port()


@pytest.fixture
async def url(port: Port, start: Start) -> AsyncIterator[str]:
    app = fastapi.FastAPI()
    app.include_router(server.site_router(port))
    app.include_router(server.hub_router(port))
    async with start(app) as running:
        yield running


@pytest.fixture
async def school(url: str, identities: Identities) -> AsyncIterator[client.ControlClient]:
    async with client.ControlClient(url, identities(peers.site_uri(SITE)), deadlines=QUICK) as opened:
        yield opened


@pytest.fixture
async def hub(url: str, identities: Identities) -> AsyncIterator[client.ControlClient]:
    async with client.ControlClient(url, identities(peers.hub_uri("north")), deadlines=QUICK) as opened:
        yield opened


async def test_a_school_gets_its_bundle_byte_for_byte_and_nothing_when_it_has_it(school: client.ControlClient) -> None:
    assert await school.assignment(SITE, 0) == a_bundle()
    assert await school.assignment(SITE, 3) is None


async def test_records_and_receipts_cross_unchanged(school: client.ControlClient, port: Port) -> None:
    records = [an_envelope(seq, sealed=b"x" * 2000) for seq in range(1, 40)]  # enough to be compressed
    receipt = await school.send_reports(SITE, records)
    assert port.taken == records
    assert receipt == messages.Receipt({"status": 7}, (ACK,), (messages.Refusal(an_envelope(9).key, "Altered"),))


async def test_a_hub_gets_a_cursor_and_bundles_and_hands_over_records_of_several_sites(
    hub: client.ControlClient, port: Port
) -> None:
    assert await hub.hub_assignments("north", 2) == messages.HubAssignments(9, (a_bundle(), a_bundle(4, OTHER)))
    await hub.hub_reports("north", [an_envelope(1), an_envelope(1, OTHER)])
    assert [record.key.site_id for record in port.taken] == [SITE, OTHER]


async def test_a_site_may_only_speak_for_itself(school: client.ControlClient, port: Port) -> None:
    """The certificate decides, not the URL."""
    for call in (school.assignment(OTHER, 0), school.send_reports(OTHER, [])):
        with pytest.raises(errors.Refused) as refused:
            await call
        assert refused.value.reason == "WrongPeer"


async def test_a_site_cannot_hand_over_records_of_another(school: client.ControlClient, port: Port) -> None:
    with pytest.raises(errors.Refused, match="another school"):
        await school.send_reports(SITE, [an_envelope(1), an_envelope(1, OTHER)])
    assert port.taken == []


async def test_a_site_is_no_hub_and_a_hub_no_site(school: client.ControlClient, hub: client.ControlClient) -> None:
    for call in (school.hub_assignments("north", 0), hub.assignment(SITE, 0), hub.hub_reports("south", [])):
        with pytest.raises(errors.Refused):
            await call


async def test_without_a_certificate_of_the_authority_there_is_no_connection(
    url: str, identities: Identities, tmp_path: Any
) -> None:
    foreign = authority.CertificateAuthority.create(tmp_path, "foreign")
    issued = foreign.issue("me", uris=(peers.site_uri(SITE),), client=True)
    files = authority.TlsFiles(identities("server").ca, *foreign.write(issued, tmp_path, "me"))
    async with client.ControlClient(url, files, deadlines=QUICK) as stranger:
        with pytest.raises(errors.Unavailable):
            await stranger.assignment(SITE, 0)


@pytest.mark.parametrize(
    ("spoken", "sentence"), [(0, "the caller is older, update it"), (2, "this side is older, update it")]
)
async def test_another_protocol_version_is_answered_with_426_and_who_is_older(
    url: str, identities: Identities, spoken: int, sentence: str
) -> None:
    """Also when the message has a form that this version could not read."""
    context = tls.client_context(identities(peers.site_uri(SITE)))
    async with httpx.AsyncClient(verify=context, base_url=url) as http:
        read = await http.get(f"/control/v1/sites/{SITE}/assignment?have=0&protocolVersion={spoken}")
        sent = await http.post(f"/control/v1/sites/{SITE}/reports", json={"protocolVersion": spoken, "records": "new"})
    for answer in (read, sent):
        assert answer.status_code == 426
        assert sentence in answer.json()["detail"]
        assert answer.headers["upgrade"] == "homeroom-control/1"


async def test_a_newer_server_is_refused_by_the_client_with_the_same_sentence(
    identities: Identities, start: Start
) -> None:
    app = fastapi.FastAPI()

    @app.get("/control/v1/sites/{site}/assignment")
    async def newer(site: str) -> dict[str, Any]:
        return {"protocolVersion": 2, "something": "else"}

    async with start(app) as url, client.ControlClient(url, identities(peers.site_uri(SITE))) as school:
        with pytest.raises(errors.Refused, match="this side is older") as refused:
            await school.assignment(SITE, 0)
        assert refused.value.reason == "ProtocolMismatch"


async def test_a_full_queue_says_when_to_come_back(school: client.ControlClient, port: Port) -> None:
    port.error = messages.QueueFull("full", retry_after=timedelta(seconds=17))
    with pytest.raises(messages.QueueFull) as full:
        await school.send_reports(SITE, [an_envelope()])
    assert full.value.retry_after == timedelta(seconds=17)


async def test_a_dependency_that_is_away_is_unavailable_here_too(school: client.ControlClient, port: Port) -> None:
    port.error = errors.Unavailable("the database is away")
    with pytest.raises(errors.Unavailable, match="the database is away"):
        await school.send_reports(SITE, [an_envelope()])


async def test_a_body_that_swells_is_refused_before_it_fills_the_memory(url: str, identities: Identities) -> None:
    """A few kilobytes of zstd can hold gigabytes."""
    content, headers = bodies.encode({"protocolVersion": 1, "envelopes": [], "padding": "0" * (bodies.MAX_BYTES + 1)})
    assert len(content) < 10_000
    async with httpx.AsyncClient(verify=tls.client_context(identities(peers.site_uri(SITE))), base_url=url) as http:
        answer = await http.post(f"/control/v1/sites/{SITE}/reports", content=content, headers=headers)
    assert answer.status_code == 422
    assert "larger than" in answer.json()["detail"]


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b'{"protocolVersion": 1}', b'{"protocolVersion": 1, "envelopes": [{}]}']
)
async def test_an_unreadable_message_is_the_senders_matter(url: str, identities: Identities, content: bytes) -> None:
    async with httpx.AsyncClient(verify=tls.client_context(identities(peers.site_uri(SITE))), base_url=url) as http:
        answer = await http.post(f"/control/v1/sites/{SITE}/reports", content=content)
    assert answer.status_code == 422


async def test_a_hung_server_costs_the_deadline_and_no_more(identities: Identities) -> None:
    files = identities(peers.site_uri(SITE))
    async with control_server.hanging() as url, client.ControlClient(url, files, deadlines=QUICK) as school:
        with pytest.raises(errors.Unavailable):
            await school.assignment(SITE, 0)


async def test_an_answer_in_drops_costs_the_whole_deadline_and_no_more(identities: Identities, start: Start) -> None:
    """Each drop is within the read deadline; together they would hold a school for ever."""

    async def dripping(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        await send({"type": "http.response.start", "status": 200, "headers": []})
        with contextlib.suppress(OSError):
            while not await _disconnected(receive):
                await send({"type": "http.response.body", "body": b" ", "more_body": True})

    async with start(dripping) as url, client.ControlClient(url, identities("server"), deadlines=QUICK) as school:
        with pytest.raises(errors.Unavailable, match="no whole answer"):
            await school.assignment(SITE, 0)


async def _disconnected(receive: Any) -> bool:
    try:
        message = await asyncio.wait_for(receive(), 0.05)
    except TimeoutError:
        return False
    return bool(message["type"] == "http.disconnect")
