"""Many schools in one process on one box: what is shared is the interpreter, and nothing of a school."""

import sys
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from tests import schoolyard
from tests.integration.school import conftest
from typer.testing import CliRunner

from homeroom.cli import app
from homeroom.domain import assignments, digests, errors
from homeroom.embedded import processes as proc
from homeroom.school.store import blobs, database, sealing
from homeroom.trust import authority, district, enrolment

pytestmark = pytest.mark.real

COUNT = 38
"""Half of the district's hosted schools, as one host process has them."""
MOST_BYTES = 4 << 20
"""Memory (PSS) of the process for each hosted school."""
INSTALL_SECONDS = 90.0


class Host:
    """A district with many schools, all run by one ``homeroom host``."""

    def __init__(self, site: conftest.Site, releases: dict[str, digests.Digest], schools: Path) -> None:
        self.site = site
        self.releases = releases
        self.schools = schools
        self.port = conftest.free_port()
        self.socket = schools.parent / "host.sock"

    def start(self, processes: conftest.Processes) -> int:
        """Its process id."""
        settings = {"SCHOOLS": self.schools, "PORT": self.port, "SOCKET": self.socket}
        pace = {"POLL_SECONDS": 1, "STATUS_SECONDS": 5, "USAGE_SECONDS": 5}
        command = (str(Path(sys.executable).with_name("homeroom")), "host")
        variables = {f"HOMEROOM_HOST_{key}": value for key, value in (settings | pace).items()}
        return processes.run("host", command, **variables).pid

    def url(self, school: str) -> str:
        return f"http://127.0.0.1:{self.port}/schools/{school}/v2/models/support-offer/infer"

    def wait_for_full(self) -> dict[str, str]:
        """Once every school answers from its full model: the release that each answer names."""
        left, seen = list(self.releases), {}
        deadline = time.monotonic() + INSTALL_SECONDS
        while left:
            answer = conftest.ask(self.url(left[0]))
            if conftest.level(answer) == "full":
                seen[left.pop(0)] = str(answer["model_version"])
            else:
                assert time.monotonic() < deadline, (left, answer)
                time.sleep(0.05)
        return seen


@pytest.fixture
def host(trust: district.DistrictTrust, tmp_path: Path) -> Iterator[Host]:
    port = conftest.free_port()
    url = f"https://127.0.0.1:{port}"
    endpoints = (assignments.Endpoint("district", url, url),)
    worlds, releases = [], {}
    for number in range(1, COUNT + 1):
        name = f"school-{number}"
        school = enrolment.write_enrolment(
            tmp_path / "schools" / name / "enrolment",
            trust=trust,
            site_id=str(uuid.uuid4()),
            epoch=1,
            name=name,
            bands=(schoolyard.BAND,),
            endpoints=endpoints,
        )
        world = schoolyard.District(trust, school)
        release = schoolyard.a_release(float(number))  # another model for each, so that no session is shared
        world.publish(release)
        expires = datetime.now(UTC) + timedelta(days=30)
        world.assign(schoolyard.an_entry(release), endpoints=endpoints, expires=expires)
        worlds.append(world)
        releases[name] = release.digest
    issued = trust.authority.issue("district", ips=("127.0.0.1",), server=True)
    certificate, key = authority.CertificateAuthority.write(issued, tmp_path / "server", "server")
    site = conftest.Site(worlds, authority.TlsFiles(school.tls.ca, certificate, key), port)
    site.start()
    yield Host(site, releases, tmp_path / "schools")
    site.stop()


def test_one_process_answers_for_thirty_eight_schools(host: Host, processes: conftest.Processes) -> None:
    """Each at its own route from its own release and its own sealed store, for less than 4 MiB a school."""
    assert len(set(host.releases.values())) == COUNT
    pid = host.start(processes)
    assert host.wait_for_full() == host.releases
    assert_unknown_school_is_not_found(host)
    share = proc.pss_bytes(pid) / COUNT
    assert 0 < share < MOST_BYTES, f"{share / (1 << 20):.2f} MiB for each of {COUNT} schools"
    conftest.wait_until(lambda: all(world.events() == ["installed"] for world in host.site.worlds.values()), 30)
    assert_office_closes_its_own_school_only(host)
    processes.running["host"].terminate()
    assert processes.running["host"].wait(10) == 0
    assert_stores_are_separate(host)


def assert_unknown_school_is_not_found(host: Host) -> None:
    response = httpx.post(host.url("school-0"), json=schoolyard.a_request(0.5), timeout=2, trust_env=False)
    assert response.status_code == 404


def assert_office_closes_its_own_school_only(host: Host) -> None:
    def office(school: str) -> int:
        command = ("school", "close", "--from", "2027-02-03", "--because", "flood")
        return CliRunner().invoke(app, [*command, "--socket", str(host.socket), "--school", school]).exit_code

    assert (office("school-7"), office("school-0")) == (0, 2)
    assert oct(host.socket.stat().st_mode & 0o777) == "0o600"

    def closed() -> list[str]:
        worlds = host.site.worlds.values()
        return [world.school.name for world in worlds if "school-closed" in world.events()]

    conftest.wait_until(lambda: closed() == ["school-7"])


def assert_stores_are_separate(host: Host) -> None:
    """Own files and own keys; one school's key opens its own release and no other school's."""
    homes = [host.schools / name for name in host.releases]
    for part in ("enrolment/kek", "enrolment/site.key", "enrolment/tls.key", "state/dek.wrapped"):
        assert len({(home / part).read_bytes() for home in homes}) == COUNT, part
    assert len({(home / "state" / "store.db").stat().st_ino for home in homes}) == COUNT
    first = enrolment.load(homes[0] / "enrolment")
    release, other = list(host.releases.values())[:2]
    assert digests.of_bytes(read(homes[0], first, release)) == release
    with pytest.raises(errors.NotReady):
        read(homes[0], first, other)
    with pytest.raises(errors.SpecError, match="kek"):
        read(homes[1], first, other)


def read(home: Path, identity: enrolment.Enrolment, release: digests.Digest) -> bytes:
    """A release's manifest from the store of ``home``, opened as the school ``identity``."""
    store = database.Database.open(home / "state" / "store.db")
    try:
        sealer = sealing.Sealer.open(home / "state", identity.site_id, identity.kek)
        return blobs.Blobs(home / "state" / "blobs", store, sealer).read(release)
    finally:
        store.close()
