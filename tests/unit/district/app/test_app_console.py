"""Logging in and out with a browser."""

from datetime import timedelta

import pytest
from tests.unit.district.app import worlds
from tests.unit.district.app.conftest import FakeCluster, Http

from homeroom.district.app import ports, sessions, users


def log_in(http: Http) -> int:
    proof = http.get("/login").text.split('name="proof" value="')[1].split('"')[0]
    return http.post("/login", data={"token": "token-of-vera", "proof": proof}).status_code


def test_without_a_session_the_page_leads_to_the_log_in(http: Http) -> None:
    answer = http.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/login")


def test_a_token_opens_a_session_that_no_script_can_read(http: Http, cluster: FakeCluster) -> None:
    cluster.put(worlds.a_site(1))
    proof = http.get("/login").text.split('name="proof" value="')[1].split('"')[0]
    answer = http.post("/login", data={"token": " token-of-vera\n", "proof": proof})
    cookie = next(line for line in answer.headers.get_list("set-cookie") if line.startswith("homeroom_session="))
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    page = http.get("/")
    assert page.status_code == 200
    assert "vera" in page.text
    assert page.headers["cache-control"] == "no-store"
    assert "script-src" not in page.headers["content-security-policy"]


@pytest.mark.parametrize("token", ["", "wrong", "\ud800", "x" * 5000, "token-of-ver"])
def test_a_wrong_token_is_told_kindly(http: Http, token: str) -> None:
    proof = http.get("/login").text.split('name="proof" value="')[1].split('"')[0]
    answer = http.post("/login", data={"token": token.encode(errors="surrogatepass"), "proof": proof})
    assert 400 <= answer.status_code < 500
    assert "homeroom_session" not in answer.cookies


@pytest.mark.parametrize("proof", ["", "0" * 64, "é"])
def test_a_form_that_another_page_made_does_not_log_in(http: Http, proof: str) -> None:
    http.get("/login")
    answer = http.post("/login", data={"token": "token-of-vera", "proof": proof})
    assert answer.status_code == 403
    assert "homeroom_session" not in answer.cookies


def test_logging_out_needs_our_own_form_and_ends_the_session(http: Http) -> None:
    assert log_in(http) == 303
    http.post("/logout", data={"proof": "0" * 64})
    assert http.get("/").status_code == 200
    proof = http.get("/").text.split('name="proof" value="')[1].split('"')[0]
    http.post("/logout", data={"proof": proof})
    assert http.get("/").status_code == 303


@pytest.mark.parametrize("cookie", ["", "x", "AAAA", "é", "A" * 3000, "====", "e30="])
def test_a_made_up_cookie_is_nobody(found: ports.Ports, cookie: str) -> None:
    assert found.sessions.check(cookie, worlds.NOW) is None


def test_a_session_ends_after_a_working_day_and_with_its_token(found: ports.Ports) -> None:
    user = found.everybody.get("vera")
    assert user is not None
    cookie = found.sessions.issue(user, worlds.NOW)
    assert found.sessions.check(cookie, worlds.NOW + sessions.LIFETIME - timedelta(seconds=1)) == user
    assert found.sessions.check(cookie, worlds.NOW + sessions.LIFETIME) is None
    renewed = users.Users((users.User("vera", user.roles, users.hash_token("another")),))
    assert sessions.Sessions(found.sessions.key, renewed).check(cookie, worlds.NOW) is None
    assert sessions.Sessions(b"z" * 32, found.everybody).check(cookie, worlds.NOW) is None


def test_a_flipped_bit_anywhere_ends_a_session(found: ports.Ports) -> None:
    user = found.everybody.get("vera")
    assert user is not None
    cookie = found.sessions.issue(user, worlds.NOW)
    for index in range(0, len(cookie), 7):
        forged = cookie[:index] + ("A" if cookie[index] != "A" else "B") + cookie[index + 1 :]
        assert found.sessions.check(forged, worlds.NOW) is None


def test_when_kubernetes_does_not_answer_the_page_says_that_schools_go_on(http: Http, cluster: FakeCluster) -> None:
    log_in(http)
    cluster.put({**worlds.a_site(1), "spec": {"siteId": "no uuid"}})
    answer = http.get("/")
    assert answer.status_code == 503
    assert "Schools go on answering by themselves" in answer.text


def test_the_stylesheet_is_served_under_the_address_that_pages_name(http: Http) -> None:
    path = http.get("/login").text.split('rel="stylesheet" href="')[1].split('"')[0]
    answer = http.get(path)
    assert answer.headers["content-type"].startswith("text/css")
    assert b"prefers-color-scheme: dark" in answer.content


def test_a_release_with_waived_evidence_says_who_waived_and_that_only_a_few_schools_may_have_it(
    http: Http, cluster: FakeCluster
) -> None:
    said = "too little data in places, waived by dora until 2027-06-30 16:00 UTC, for pilots only: full: Asian pupils"
    conditions = [
        worlds.a_condition("GatesPassed", "True", "Waived", said),
        worlds.a_condition("Ready", "True", "ReadyForPilots", "ready for pilots"),
    ]
    cluster.put({**(found := worlds.a_ready_release()), "status": {**found["status"], "conditions": conditions}})
    log_in(http)
    page = http.get("/").text
    assert "Ready for a few schools to try" in page
    assert f"T{said[1:]}." in page
    assert "Ready for pilots." in page
