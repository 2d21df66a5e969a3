"""REST as people use it: what is written in whose name, and what a mistake is answered with."""

from typing import Any

import pytest
from tests.unit.district.app import worlds
from tests.unit.district.app.conftest import FakeCluster, Http, as_

from homeroom.district.app import ports
from homeroom.district.database import evidence
from homeroom.domain import digests, errors

APPROVE = {"decision": "Approve", "reason": "Read the report; pilots may start."}


def test_without_a_token_nothing_is_answered(http: Http) -> None:
    answer = http.get("/api/v1/status")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"
    assert "Authorization: Bearer" in answer.json()["detail"]
    assert answer.headers["www-authenticate"].startswith("Bearer")


@pytest.mark.parametrize("header", ["Bearer wrong", "Bearer ", "Basic YTpi", "Bearer \xe9\xff"])
def test_a_wrong_token_is_refused_and_not_repeated(http: Http, header: str) -> None:
    answer = http.get("/api/v1/status", headers={"Authorization": header.encode("latin-1")})
    assert answer.status_code == 401
    assert "wrong" not in answer.text


def test_a_release_is_created_in_the_name_of_its_author(http: Http, cluster: FakeCluster) -> None:
    body = {"name": "reading-support-1", "spec": worlds.a_release_spec()}
    answer = http.post("/api/v1/releases", json=body, headers=as_("ada"))
    assert answer.status_code == 201
    assert answer.json()["spec"]["author"] == "ada"
    assert cluster.writers == ["ada"]


def test_what_kubernetes_refuses_is_told_in_its_own_words(http: Http, cluster: FakeCluster) -> None:
    cluster.refusal = errors.Refused("Forbidden", "grace cannot create modelreleases: ask an author")
    answer = http.post("/api/v1/releases", json={"name": "r", "spec": worlds.a_release_spec()}, headers=as_("grace"))
    assert answer.status_code == 403
    assert answer.json()["detail"] == "grace cannot create modelreleases: ask an author"


def test_the_same_name_twice_is_a_conflict(http: Http) -> None:
    body = {"name": "reading-support-1", "spec": worlds.a_release_spec()}
    assert http.post("/api/v1/releases", json=body, headers=as_("ada")).status_code == 201
    answer = http.post("/api/v1/releases", json=body, headers=as_("ada"))
    assert (answer.status_code, answer.json()["title"]) == (409, "Conflict")


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("POST", "/api/v1/releases", b"{"),
        ("POST", "/api/v1/releases", b"[]"),
        ("POST", "/api/v1/releases", b'{"name": "x"}'),
        ("POST", "/api/v1/releases", b'{"name": "Not A Name", "spec": {}}'),
        ("POST", "/api/v1/waves", b'{"name": "x", "spec": {"surprise": 1}}'),
        ("POST", "/api/v1/sites", b'{"name": "\\ud800", "spec": {}}'),
        ("POST", "/api/v1/releases/" + "a" * 300 + "/decisions", b"{}"),
        ("POST", "/api/v1/releases/r/decisions", b'{"decision": "Perhaps", "reason": "because I say so"}'),
        ("PATCH", "/api/v1/waves/w", b'{"paused": "sometimes"}'),
        ("PATCH", "/api/v1/waves/w", b'{"maxFailures": 9}'),
        ("PATCH", "/api/v1/waves/w", b"{}"),
        ("PUT", "/api/v1/policies/p", b'{"spec": 7}'),
        ("GET", "/api/v1/releases/..%2f..%2fsecrets", b""),
        ("GET", "/api/v1/releases/none", b""),
        ("POST", "/api/v1/nothing", b"\xff\xfe"),
        ("DELETE", "/api/v1/releases", b""),
    ],
)
def test_bad_input_is_never_our_fault(http: Http, method: str, path: str, content: bytes) -> None:
    """A caller's mistake is a 4xx problem document that says something."""
    answer = http.request(method, path, content=content, headers=as_("ada") | {"content-type": "application/json"})
    assert 400 <= answer.status_code < 500
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["detail"]


def test_a_body_over_the_cap_is_refused_before_it_is_read(http: Http) -> None:
    answer = http.post("/api/v1/waves", content=b" " * (1 << 20) + b"{}", headers=as_("ivan"))
    assert answer.status_code == 413
    assert "larger than 1048576 bytes" in answer.json()["detail"]


def test_a_body_over_the_cap_that_hides_its_length_is_refused_too(http: Http) -> None:
    pieces = (b" " * 65_536 for _ in range(17))
    assert http.post("/api/v1/waves", content=pieces, headers=as_("ivan")).status_code == 413


def test_a_decision_names_what_the_approver_saw(http: Http, cluster: FakeCluster) -> None:
    cluster.put(worlds.a_ready_release())
    answer = http.post("/api/v1/releases/reading-support-1/decisions", json=APPROVE, headers=as_("grace"))
    assert answer.status_code == 201
    spec = answer.json()["spec"]
    assert (spec["approver"], spec["releaseDigest"], spec["gateReportDigest"]) == ("grace", worlds.GOOD, worlds.REPORT)
    assert "covers" not in spec  # the API server takes an empty list for part of a waiver
    assert cluster.writers == ["grace"]


def test_the_same_decision_twice_is_one_decision(http: Http, cluster: FakeCluster) -> None:
    cluster.put(worlds.a_ready_release())
    answers = [
        http.post("/api/v1/releases/reading-support-1/decisions", json=APPROVE, headers=as_("grace")) for _ in range(2)
    ]
    assert answers[0].json()["name"] == answers[1].json()["name"]
    assert cluster.writers == ["grace"]


def test_a_decision_on_a_report_that_has_changed_is_refused(http: Http, cluster: FakeCluster) -> None:
    cluster.put(worlds.a_ready_release())
    body = {**APPROVE, "gateReportDigest": digests.of_bytes(b"an older report")}
    answer = http.post("/api/v1/releases/reading-support-1/decisions", json=body, headers=as_("grace"))
    assert answer.status_code == 409
    assert "gate report" in answer.json()["detail"]


def test_a_waiver_of_a_finding_that_is_not_there_is_refused_with_those_that_are(
    http: Http, cluster: FakeCluster
) -> None:
    """A waiver that covers nothing must not look like one."""
    cluster.put(worlds.a_ready_release())
    body = {
        **APPROVE,
        "decision": "Waive",
        "covers": ["full: nobody at all"],
        "expires": "2027-06-30T00:00:00Z",
        "dataPlan": "Count again after the autumn term.",
    }
    answer = http.post("/api/v1/releases/reading-support-1/decisions", json=body, headers=as_("grace"))
    assert answer.status_code == 422
    assert "no finding that lacks evidence is called 'full: nobody at all'" in answer.json()["detail"]
    assert cluster.writers == []


def test_a_release_without_a_gate_report_cannot_be_decided_on(http: Http, cluster: FakeCluster) -> None:
    cluster.put(worlds.a_release(message="The model version is being read."))
    answer = http.post("/api/v1/releases/reading-support-1/decisions", json=APPROVE, headers=as_("grace"))
    assert answer.status_code == 409
    assert "has not been judged yet" in answer.json()["detail"]


def test_the_gate_report_comes_back_byte_for_byte(http: Http, cluster: FakeCluster, found: ports.Ports) -> None:
    content = digests.canonical_json({"verdicts": [], "é": 0.1})
    with found.database.write() as connection:
        digest = evidence.put(connection, "gate-report", content)
    cluster.put(worlds.a_release(gateReportDigest=digest))
    answer = http.get("/api/v1/releases/reading-support-1/gate-report", headers=as_("vera"))
    assert answer.content == content
    assert digests.of_bytes(answer.content) == digest


def test_a_wave_is_paused_and_nothing_else_of_it_changes(http: Http, cluster: FakeCluster) -> None:
    cluster.put(worlds.a_wave("pilot", worlds.a_wave_spec()))
    answer = http.request("PATCH", "/api/v1/waves/pilot", json={"paused": True}, headers=as_("ivan"))
    assert answer.json()["spec"] == {**worlds.a_wave_spec(), "paused": True}


def test_a_school_is_closed_for_some_days_once_however_often_it_is_said(http: Http, cluster: FakeCluster) -> None:
    cluster.put(worlds.a_site(1))
    name = worlds.a_site(1)["metadata"]["name"]
    closure = {"start": "2027-02-03", "end": "2027-02-04", "name": "Snow"}
    for _ in range(2):
        answer = http.request("POST", f"/api/v1/sites/{name}/closures", json=closure, headers=as_("ivan"))
        assert answer.status_code == 201
        assert answer.json()["spec"]["closures"] == [closure]
    wrong = http.request(
        "POST", f"/api/v1/sites/{name}/closures", json={**closure, "end": "2027-02-01"}, headers=as_("ivan")
    )
    assert (wrong.status_code, "before it starts" in wrong.text) == (422, True)


def test_the_status_document_has_what_the_command_line_prints(http: Http, cluster: FakeCluster) -> None:
    cluster.put(
        worlds.a_ready_release(), worlds.a_wave("pilot", worlds.a_wave_spec()), worlds.a_site(1), worlds.a_hub()
    )
    document: dict[str, Any] = http.get("/api/v1/status", headers=as_("vera")).json()
    assert {"name", "phase", "message"} <= document["releases"][0].keys()
    assert {"name", "release", "phase", "counts"} <= document["waves"][0].keys()
    assert {"total", "done", "assigned", "soaking", "pending", "failed", "missed"} <= document["waves"][0][
        "counts"
    ].keys()
    school = document["schools"][0]
    assert {"name", "region", "state", "release", "level", "lastHeard", "offlineSince"} <= school.keys()
    assert (school["state"], school["offlineSince"]) == ("NeverHeard", None)


def test_reading_with_a_session_works_and_writing_does_not(
    http: Http, found: ports.Ports, cluster: FakeCluster
) -> None:
    """A browser sends cookies with what other pages ask for, so a cookie alone must change nothing."""
    user = found.everybody.get("ivan")
    assert user is not None
    http.cookies.set("homeroom_session", found.sessions.issue(user, worlds.NOW))
    assert http.get("/api/v1/waves").status_code == 200
    answer = http.post("/api/v1/waves", json={"name": "w", "spec": worlds.a_wave_spec()})
    assert answer.status_code == 401
    assert cluster.writers == []


def test_the_description_is_complete_and_needs_no_token(http: Http) -> None:
    document = http.get("/api/v1/openapi.json").json()
    operations = [op for path in document["paths"].values() for op in path.values()]
    assert len(operations) >= 16
    assert all(op.get("summary") and op.get("description") and op.get("tags") for op in operations)


def test_metrics_count_requests_by_route_and_not_by_name(http: Http) -> None:
    http.get("/api/v1/releases/some-secret-name", headers=as_("vera"))
    text = http.get("/metrics").text
    assert 'route="/releases/{name}",status="404"' in text
    assert "some-secret-name" not in text
    assert http.get("/healthz").text == "ok\n"


def test_evidentlys_page_is_a_download_without_an_origin(http: Http, cluster: FakeCluster, found: ports.Ports) -> None:
    """It brings scripts that are not ours: opened from here they must not reach the session."""
    with found.database.write() as connection:
        digest = evidence.put(connection, evidence.GATE_REPORT, b"{}")
        evidence.put(connection, evidence.EVIDENTLY_PAGE, b"<html>other</html>", about=digests.of_bytes(b"another"))
        evidence.put(connection, evidence.EVIDENTLY_PAGE, b"<html>page</html>", about=digest)
    cluster.put(worlds.a_release(gateReportDigest=digest))
    answer = http.get("/api/v1/releases/reading-support-1/gate-report/evidently", headers=as_("vera"))
    assert answer.content == b"<html>page</html>"
    assert answer.headers["content-disposition"].startswith("attachment")
    assert answer.headers["content-security-policy"] == "sandbox allow-scripts"


def test_our_page_of_a_gate_report_opens_and_can_load_nothing(
    http: Http, cluster: FakeCluster, found: ports.Ports
) -> None:
    with found.database.write() as connection:
        digest = evidence.put(connection, evidence.GATE_REPORT, b"{}")
        evidence.put(connection, evidence.GATE_PAGE, b"<html>ours</html>", about=digest)
    cluster.put(worlds.a_release(gateReportDigest=digest))
    answer = http.get("/api/v1/releases/reading-support-1/gate-report/page", headers=as_("vera"))
    assert answer.content == b"<html>ours</html>"
    assert "content-disposition" not in answer.headers
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("name", ["evidence", "policy"])
def test_what_a_gate_report_names_is_read_by_its_digest(
    http: Http, cluster: FakeCluster, found: ports.Ports, name: str
) -> None:
    with found.database.write() as connection:
        named = evidence.put(connection, f"gate-{name}", b'{"schemaVersion":2}')
        digest = evidence.put(connection, evidence.GATE_REPORT, digests.canonical_json({name: named}))
    cluster.put(worlds.a_release(gateReportDigest=digest))
    answer = http.get(f"/api/v1/releases/reading-support-1/gate-report/{name}", headers=as_("vera"))
    assert (answer.content, answer.headers["etag"]) == (b'{"schemaVersion":2}', f'"{named}"')
    assert http.get(f"/api/v1/releases/reading-support-1/gate-report/{name}").status_code == 401


def test_report_of_an_earlier_version_has_no_evidence_document(
    http: Http, cluster: FakeCluster, found: ports.Ports
) -> None:
    with found.database.write() as connection:
        digest = evidence.put(connection, evidence.GATE_REPORT, b"{}")
    cluster.put(worlds.a_release(gateReportDigest=digest))
    answer = http.get("/api/v1/releases/reading-support-1/gate-report/evidence", headers=as_("vera"))
    assert (answer.status_code, "judge it again" in answer.json()["detail"]) == (404, True)


def test_without_a_gate_report_there_is_no_page(http: Http, cluster: FakeCluster) -> None:
    cluster.put(worlds.a_release())
    answer = http.get("/api/v1/releases/reading-support-1/gate-report/page", headers=as_("vera"))
    assert answer.status_code == 404
