"""The service as its own process, on a real API server, a real MLflow, real keys and certificates."""

import concurrent.futures
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.unit.district.app import worlds

from homeroom.district.app import users
from homeroom.district.database import Database, closures, sites
from homeroom.district.database import assignments as published
from homeroom.domain import closurestatements, digests, errors, reports, schoolclosures
from homeroom.embedded import kubernetes, mlflow, ports, probes, supervisor
from homeroom.transport import tls
from homeroom.transport.control import client as control
from homeroom.trust import director, district, envelopes, keys
from homeroom.versions import client as versions

pytestmark = pytest.mark.real

PEOPLE = {
    "ada": (["author"], "token-of-ada"),
    "grace": (["approver"], "token-of-grace"),
    "eve": (["author", "approver"], "token-of-eve"),
    "ivan": (["it"], "token-of-ivan"),
    "dora": (["dpo"], "token-of-dora"),
    "vera": (["viewer"], "token-of-vera"),
}
NUMBER = 1
SITE = worlds.site_id(NUMBER)


@dataclass(frozen=True, slots=True)
class Service:
    """A running service and what belongs to it."""

    url: str
    control_url: str
    directory: Path
    trust: district.DistrictTrust
    plane: kubernetes.ControlPlane

    @property
    def database_url(self) -> str:
        return f"sqlite:///{self.directory / 'district.db'}"

    def call(self, who: str, method: str, path: str, **more: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer token-of-{who}"}
        return httpx.request(method, self.url + path, headers=headers, timeout=30, **more)

    def identity(self, name: str, uri: str) -> tls.TlsFiles:
        issued = self.trust.authority.issue(name, uris=(uri,), client=True)
        certificate, key = self.trust.authority.write(issued, self.directory, name)
        return tls.TlsFiles(self.directory / "trust" / "ca.crt", certificate, key)


@pytest.fixture(scope="module")
def running(
    control_plane: kubernetes.ControlPlane,
    mlflow_server: mlflow.MlflowServer,
    runner: supervisor.Supervisor,
    port_book: ports.PortBook,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Service]:
    """Started once; each test uses names of its own."""
    directory = tmp_path_factory.mktemp("service")
    trust = district.DistrictTrust.create(directory / "trust")
    issued = trust.authority.issue(
        "api", ips=("127.0.0.1",), uris=("homeroom://district/api",), server=True, client=True
    )
    certificate, key = trust.authority.write(issued, directory, "api")
    (directory / "users.json").write_text(json.dumps(users.build_document(PEOPLE)))
    rest, channel = port_book.claim("test-api"), port_book.claim("test-control")
    found = Service(f"http://127.0.0.1:{rest}", f"https://127.0.0.1:{channel}", directory, trust, control_plane)
    environment = {
        "LISTEN_PORT": rest,
        "CONTROL_PORT": channel,
        "CONTROL_TLS_CA": directory / "trust" / "ca.crt",
        "CONTROL_TLS_CERTIFICATE": certificate,
        "CONTROL_TLS_KEY": key,
        "TRUST_DIRECTORY": directory / "trust",
        "DATABASE_URL": found.database_url,
        "KUBECONFIG": control_plane.kubeconfig("homeroom:api", ["homeroom:api"]),
        "USERS_FILE": directory / "users.json",
        "EVALUATIONS_DIRECTORY": directory / "rows",
        "MLFLOW_URL": mlflow_server.url,
        "STATUS_INTERVAL_SECONDS": 2,
    }
    program = supervisor.Program(
        name="test-api",
        argv=(sys.executable, "-c", "from homeroom.district.app import main; main.run()"),
        environment={f"HOMEROOM_API_{name}": str(value) for name, value in environment.items()},
        log=directory / "api.log",
        ready=probes.http_ok(rest, "/healthz"),
    )
    runner.start(program)
    yield found
    runner.stop("test-api")
    assert "request_failed" not in (directory / "api.log").read_text()


@pytest.fixture
def enrolled(running: Service) -> Iterator[keys.SigningKey]:
    """One school that the district knows; gives the key that signs its reports."""
    path = running.directory / "site.key"
    key = keys.SigningKey.load(path) if path.exists() else keys.SigningKey.create(path)
    database = Database.open(running.database_url)
    with database.write() as connection:
        sites.upsert(
            connection, sites.SiteRow(SITE, "school-01", 1, key.public.base64, "north-hub", "south", ("K-2", "3-5"))
        )
    yield key
    database.close()


def a_report(seq: int, kind: str = "status") -> reports.Report:
    payload = {"assignmentVersion": 1, "serving": [], "answers": seq, "agentVersion": "0.1.0", "refused": None}
    return reports.Report(reports.ReportKey(SITE, 1, kind, seq), datetime.now(UTC), payload)


def sealed(running: Service, report: reports.Report, key: keys.SigningKey) -> envelopes.Envelope:
    return envelopes.seal(report, signing_key=key, district_seal_key_public=running.trust.seal_key.public)


def test_people_may_do_what_their_role_is_for_and_nothing_else(running: Service) -> None:
    """Roles are the API server's: a viewer, approver or IT person cannot submit, an author cannot start a wave."""
    spec = worlds.a_release_spec()
    body = {"name": "roles-1", "spec": spec}
    for who in ("vera", "grace", "ivan", "dora"):
        refused = running.call(who, "POST", "/api/v1/releases", json={**body, "spec": {**spec, "author": who}})
        assert refused.status_code == 403, refused.text
        assert f'User "{who}" cannot create' in refused.json()["detail"]
    assert running.call("ada", "POST", "/api/v1/releases", json=body).status_code == 201
    wave = {"name": "roles-wave", "spec": worlds.a_wave_spec(releaseRef={"name": "roles-1"})}
    assert running.call("ada", "POST", "/api/v1/waves", json=wave).status_code == 403
    assert running.call("ivan", "POST", "/api/v1/waves", json=wave).status_code == 201
    paused = running.call("ivan", "PATCH", "/api/v1/waves/roles-wave", json={"paused": True})
    assert paused.json()["spec"]["paused"] is True
    assert (
        running.call(
            "ivan", "POST", "/api/v1/sites", json={"name": "school-80", "spec": worlds.a_site_spec(80)}
        ).status_code
        == 201
    )


def test_closures_that_many_say_at_once_are_all_kept(running: Service) -> None:
    """Twelve people close one school for another day each while somebody else goes on changing the same object."""
    assert (
        running.call(
            "ivan", "POST", "/api/v1/sites", json={"name": "school-78", "spec": worlds.a_site_spec(78)}
        ).status_code
        == 201
    )
    days = [f"2027-02-{day:02}" for day in range(1, 13)]

    def close(day: str) -> int:
        closure = {"start": day, "end": day, "name": f"Snow {day}"}
        return running.call("ivan", "POST", "/api/v1/sites/school-78/closures", json=closure).status_code

    with concurrent.futures.ThreadPoolExecutor(len(days)) as pool:
        assert list(pool.map(close, days)) == [201] * len(days)
    found = running.call("vera", "GET", "/api/v1/sites/school-78").json()["spec"]["closures"]
    assert sorted(closure["start"] for closure in found) == days
    assert close(days[0]) == 201
    assert running.call("vera", "GET", "/api/v1/sites/school-78").json()["spec"]["closures"] == found


def test_nobody_submits_in_another_name(running: Service) -> None:
    body = {"name": "forged", "spec": worlds.a_release_spec(author="grace")}
    answer = running.call("ada", "POST", "/api/v1/releases", json=body)
    assert answer.status_code == 403
    assert "write author: ada" in answer.json()["detail"]


def test_an_author_cannot_approve_their_own_release(running: Service) -> None:
    """Refused by the API server, because the service impersonates the person who calls."""
    made = running.call(
        "eve", "POST", "/api/v1/releases", json={"name": "own", "spec": worlds.a_release_spec(author="eve")}
    )
    assert made.status_code == 201, made.text
    status = {"releaseDigest": worlds.GOOD, "gateReportDigest": worlds.REPORT, "authors": ["eve"]}
    patch = json.dumps({"status": status})
    running.plane.admin.run(
        "-n", "homeroom", "patch", "modelrelease", "own", "--subresource=status", "--type=merge", "-p", patch
    )
    body = {"decision": "Approve", "reason": "It is mine and it is good."}
    answer = running.call("eve", "POST", "/api/v1/releases/own/decisions", json=body)
    assert answer.status_code == 403
    assert "eve is an author of release own" in answer.json()["detail"]
    approved = running.call(
        "grace", "POST", "/api/v1/releases/own/decisions", json={**body, "reason": "Read the report."}
    )
    assert approved.status_code == 201, approved.text
    assert approved.json()["spec"]["approver"] == "grace"


def test_a_spec_that_the_api_server_refuses_is_told_in_its_words(running: Service) -> None:
    assert (
        running.call(
            "ada", "POST", "/api/v1/releases", json={"name": "twice", "spec": worlds.a_release_spec()}
        ).status_code
        == 201
    )
    again = running.call("ada", "POST", "/api/v1/releases", json={"name": "twice", "spec": worlds.a_release_spec()})
    assert (again.status_code, again.headers["content-type"]) == (409, "application/problem+json")
    missing = running.call("ivan", "PATCH", "/api/v1/waves/none", json={"paused": True})
    assert missing.status_code == 404


def test_the_ordinary_mlflow_client_works_through_the_proxy(
    running: Service, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mlflow_server: mlflow.MlflowServer
) -> None:
    """Run with metrics, files and a registered version; the creator is the token's user whatever the client says."""
    for name, value in {
        "MLFLOW_TRACKING_TOKEN": "token-of-ada",
        "MLFLOW_DISABLE_TELEMETRY": "true",
        "DO_NOT_TRACK": "true",
        "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
    }.items():
        monkeypatch.setenv(name, value)
    ordinary = pytest.importorskip("mlflow")
    uri = running.url + "/mlflow"
    people = ordinary.MlflowClient(tracking_uri=uri, registry_uri=uri)
    run = people.create_run(people.create_experiment("through-the-proxy"), run_name="one")
    people.log_batch(
        run.info.run_id, metrics=[ordinary.entities.Metric("auc", 0.8, 1, 0)], tags=[ordinary.entities.RunTag("a", "b")]
    )
    people.log_param(run.info.run_id, "seed", 7)
    content = os.urandom(3 << 20)
    (tmp_path / "full.onnx").write_bytes(content)
    people.log_artifact(run.info.run_id, str(tmp_path / "full.onnx"), "release")
    people.set_terminated(run.info.run_id)
    people.create_registered_model("proxied")
    source = people.get_run(run.info.run_id).info.artifact_uri + "/release"
    tags = {"homeroom.creator": "grace", "planted": "no"}
    version = people.create_model_version("proxied", source, run.info.run_id, tags=tags)
    assert people.get_model_version("proxied", version.version).tags == {"homeroom.creator": "ada", "planted": "no"}
    with pytest.raises(ordinary.exceptions.MlflowException, match="set by the district alone"):
        people.set_model_version_tag("proxied", version.version, "homeroom.creator", "grace")
    with pytest.raises(ordinary.exceptions.MlflowException):
        people.delete_model_version("proxied", version.version)
    assert people.search_model_versions("name='proxied'")[0].version == version.version
    assert [file.path for file in people.list_artifacts(run.info.run_id, "release")] == ["release/full.onnx"]
    copy = people.download_artifacts(run.info.run_id, "release/full.onnx", str(tmp_path))
    assert Path(copy).read_bytes() == content


def test_evaluation_rows_go_in_and_never_come_out(running: Service) -> None:
    import gzip  # noqa: PLC0415 - one test only

    header = "site_id,year_group,band,outcome,score_full,score_core,score_fallback"
    table = gzip.compress(f"{header}\ns,K,K-2,1,0.5,0.5,0.5\n".encode(), mtime=0)
    answer = running.call("ada", "POST", "/api/v1/evaluations", content=table)
    assert (answer.status_code, answer.json()) == (201, {"digest": digests.of_bytes(table)})
    stored = list((running.directory / "rows").iterdir())
    assert [path.read_bytes() for path in stored] == [table]
    assert (running.directory / "rows").stat().st_mode & 0o777 == 0o700
    assert stored[0].stat().st_mode & 0o777 == 0o600
    assert running.call("grace", "POST", "/api/v1/evaluations", content=table).status_code == 403
    assert running.call("ada", "GET", f"/api/v1/evaluations/{answer.json()['digest']}").status_code == 404


async def test_a_school_gets_its_assignment_and_its_reports_count_once(
    running: Service, enrolled: keys.SigningKey
) -> None:
    """Straight to the district, with mutual TLS: down the signed bundle, up sealed reports, back signed receipts."""
    assignment = worlds.an_assignment(NUMBER)
    bundle = director.sign_assignment(running.trust.director, assignment, datetime(2036, 1, 1, tzinfo=UTC))
    database = Database.open(running.database_url)
    with database.write() as connection:
        if published.latest(connection, SITE) is None:
            assert published.reserve(connection, SITE, 1) == 1
            published.publish(connection, bundle, assignment, lease_epoch=1, now=datetime.now(UTC))
    async with control.ControlClient(
        running.control_url, running.identity("school", f"homeroom://site/{SITE}")
    ) as school:
        assert await school.assignment(SITE, 0) == bundle
        assert await school.assignment(SITE, 1) is None
        records = [sealed(running, a_report(seq), enrolled) for seq in (1, 2, 4)]
        first = await school.send_reports(SITE, records)
        again = await school.send_reports(SITE, [*records, sealed(running, a_report(3), enrolled)])
    key = running.trust.ack_key.public
    # A receipt names every class of which the district has something, and other tests sent some for this school.
    acks = [[envelopes.verify_ack(ack, key) for ack in receipt.acks] for receipt in (first, again)]
    through = [{ack.report_class: ack.through for ack in found}[reports.ReportClass.STATUS] for found in acks]
    assert through == [2, 4]
    document = running.call("vera", "GET", "/api/v1/status").json()
    assert document["reportsApplied"] >= 4
    database.close()


async def test_closures_of_a_school_hold_once_whichever_way_and_however_often_they_come(
    running: Service, enrolled: keys.SigningKey
) -> None:
    """Through its hub and straight, the later one first, each of them twice: one row each, and the later one holds."""
    said = [
        closurestatements.read("2027-02-03", "2027-02-04", "snow", "hill road"),
        closurestatements.read("2027-02-04", "2027-02-04", None),
    ]
    closed, opened = (
        sealed(
            running, reports.Report(reports.ReportKey(SITE, 1, "audit", number), datetime.now(UTC), payload), enrolled
        )
        for number, payload in enumerate(map(closurestatements.to_payload, said), start=501)
    )
    hub = running.identity("hub", "homeroom://hub/north-hub")
    school = running.identity("school", f"homeroom://site/{SITE}")
    async with (
        control.ControlClient(running.control_url, hub) as through,
        control.ControlClient(running.control_url, school) as straight,
    ):
        await through.hub_reports("north-hub", [opened])
        await straight.send_reports(SITE, [closed, opened])
        await through.hub_reports("north-hub", [opened, closed])
    database = Database.open(running.database_url)
    with database.read() as connection:
        rows = [row for row in closures.since(connection, date(2027, 1, 1))[SITE] if row.seq > 500]
    database.close()
    assert [(row.seq, row.statement) for row in rows] == [(501, said[0]), (502, said[1])]
    received = [schoolclosures.Received((row.epoch, row.seq), row.statement, date(2027, 2, 3)) for row in rows]
    (held,) = schoolclosures.decide(received, schoolclosures.Limits())
    assert (held.days.start, held.days.end) == (date(2027, 2, 3), date(2027, 2, 3))
    assert "hill road" not in (running.directory / "api.log").read_text()


async def test_what_is_forged_altered_or_of_another_epoch_is_refused_with_its_reason(
    running: Service, enrolled: keys.SigningKey
) -> None:
    stranger = keys.SigningKey.create(running.directory / "stranger.key")
    old = reports.Report(reports.ReportKey(SITE, 7, "audit", 1), datetime.now(UTC), {})
    unknown = reports.Report(reports.ReportKey(worlds.site_id(999), 1, "audit", 1), datetime.now(UTC), {})
    naive = reports.Report(reports.ReportKey(SITE, 1, "audit", 2), datetime(2026, 1, 1), {})  # noqa: DTZ001 - the defect
    huge = reports.Report(reports.ReportKey(SITE, 1, "audit", 2**70), datetime.now(UTC), {})
    nul = reports.Report(reports.ReportKey(SITE, 1, "audit", 3), datetime.now(UTC), {"text": "\0"})
    records = [
        sealed(running, a_report(1, "usage"), stranger),
        *(sealed(running, report, enrolled) for report in (old, unknown, naive, huge, nul)),
        sealed(running, a_report(1, "audit"), enrolled),
    ]
    async with control.ControlClient(running.control_url, running.identity("hub", "homeroom://hub/north-hub")) as hub:
        receipt = await hub.hub_reports("north-hub", records)
        page = await hub.hub_assignments("north-hub", 0)
        assert page.cursor >= len(page.bundles)
        with pytest.raises(errors.Refused, match="may only speak for itself"):
            await hub.hub_assignments("south-hub", 0)
    assert [refusal.reason for refusal in receipt.refused] == [
        "Altered",
        "WrongEpoch",
        "NotEnrolled",
        "Unreadable",
        "Unreadable",
        "Unreadable",
    ]
    through = {ack.acknowledgement.report_class.value: ack.acknowledgement.through for ack in receipt.acks}
    assert through["audit"] == 1
    assert 'report_refusals_total{reason="Altered"}' in httpx.get(running.url + "/metrics").text  # noqa: ASYNC210 - nothing else runs here


def test_the_status_page_shows_what_is_there(running: Service) -> None:
    with httpx.Client(base_url=running.url, follow_redirects=True, timeout=30) as browser:
        login = browser.get("/")
        proof = login.text.split('name="proof" value="')[1].split('"')[0]
        page = browser.post("/login", data={"token": "token-of-vera", "proof": proof})
        assert page.status_code == 200
        assert "Is everything working?" in page.text
        assert page.headers["content-security-policy"].startswith("default-src 'none'")


def test_the_service_never_loads_the_heavy_parts(running: Service, runner: supervisor.Supervisor) -> None:
    """mlflow, evidently, fairlearn, pandas and torch stay out: memory, and code that runs what it loads."""
    maps = Path(f"/proc/{runner.pid('test-api')}/maps").read_text()
    assert not [
        name for name in ("pandas", "mlflow", "evidently", "fairlearn", "torch", "onnxruntime") if f"/{name}/" in maps
    ]


async def test_the_versions_client_reads_what_was_registered(
    running: Service, mlflow_server: mlflow.MlflowServer, tmp_path: Path
) -> None:
    async with versions.VersionsClient(mlflow_server.url) as registry:
        with pytest.raises(versions.ModelNotFound, match=r"correct spec\.model"):
            await registry.model_version("never-registered", "1")
