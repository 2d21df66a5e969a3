"""The relay as a process: killed, cut off and hung, it loses nothing and holds nobody up."""

import time

import pytest
from tests import builders
from tests.fakes import control_server
from tests.integration.hub.conftest import HUB, District, Files, Launch, Process, eventually, free_port

from homeroom.domain import reports
from homeroom.transport.control import client, peers
from homeroom.trust import envelopes

pytestmark = pytest.mark.real

SITE = builders.a_site_id("school-01")


def sealed(seq: int) -> envelopes.Envelope:
    return envelopes.Envelope(reports.ReportKey(SITE, 1, "status", seq), b"sealed" * 50, b"signature")


def start_relay(launch: Launch, files: Files, district_url: str, tmp_path: object) -> tuple[Process, str]:
    hub, port = files(peers.hub_uri(HUB)), free_port()
    process = launch(
        "homeroom.hub.relay.main",
        "HOMEROOM_RELAY_",
        hub=HUB,
        database=f"{tmp_path}/hub.sqlite",
        district_url=district_url,
        ca=hub.ca,
        certificate=hub.certificate,
        key=hub.key,
        port=port,
        metrics_port=free_port(),
        batch_records=50,
        retry_longest_seconds=0.5,
    )
    return process, f"https://127.0.0.1:{port}"


async def test_a_relay_killed_in_the_middle_of_forwarding_loses_nothing(
    launch: Launch, files: Files, district: District, district_url: str, tmp_path: object
) -> None:
    """The district has applied the first message, and the relay dies before it hears so."""
    district.open.clear()
    relay, url = start_relay(launch, files, district_url, tmp_path)
    async with client.ControlClient(url, files(peers.site_uri(SITE))) as school:

        async def is_up() -> bool:
            return (await school.send_reports(SITE, [])).stored == {}

        await eventually(is_up)
        for start in range(1, 201, 20):
            receipt = await school.send_reports(SITE, [sealed(seq) for seq in range(start, start + 20)])
        assert receipt.stored == {"status": 200}
        assert receipt.acks == ()

        async def is_forwarding() -> bool:
            return district.asked > 0

        await eventually(is_forwarding)
        relay.kill()
        assert len(district.got) < 200
        district.open.set()
        relay.start()

        async def is_acknowledged() -> bool:
            acks = (await school.send_reports(SITE, [])).acks
            return [ack.acknowledgement.through for ack in acks] == [200]

        await eventually(is_acknowledged)
    assert [key.seq for key in district.got] == list(range(1, 201))
    assert district.duplicates > 0, "the first message had to come again, or the kill proved nothing"
    assert relay.end() == 0


async def test_a_hung_district_holds_no_school_up_and_no_shutdown_either(
    launch: Launch, files: Files, tmp_path: object
) -> None:
    """The district accepts connections and never says a word, as a stopped process does."""
    async with control_server.hanging() as hung:
        relay, url = start_relay(launch, files, hung, tmp_path)
        async with client.ControlClient(url, files(peers.site_uri(SITE))) as school:

            async def is_up() -> bool:
                return (await school.send_reports(SITE, [])).stored == {}

            await eventually(is_up)
            slowest = 0.0
            for seq in range(1, 31):
                began = time.monotonic()
                receipt = await school.send_reports(SITE, [sealed(seq)])
                slowest = max(slowest, time.monotonic() - began)
            assert receipt.stored == {"status": 30}
        assert slowest < 2.5, "under half of the read deadline of a school"
        assert relay.end() == 0
