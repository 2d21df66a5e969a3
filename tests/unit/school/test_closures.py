"""What the office says is on the box at once, and reaches the district once, in order, whatever happens to the line."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests import schoolyard

from homeroom.domain import closurestatements, dayspans, errors, reports
from homeroom.school.agent import agents, app, closures, offices
from homeroom.school.serving import models, runners
from homeroom.trust import enrolment

CLOSED = {"closed": True, "from": "2027-02-03", "to": "2027-02-04", "cause": "snow", "note": "no buses"}
OPEN = {"closed": False, "from": "2027-02-04", "to": "2027-02-04"}
AS_SENT = {"event": "school-closed", "from": "2027-02-03", "to": "2027-02-04", "cause": "snow", "note": "no buses"}
OPEN_AS_SENT = {"event": "school-open-after-all", "from": "2027-02-04", "to": "2027-02-04"}
LISTED = {key: value for key, value in CLOSED.items() if key != "closed"}


class Box:
    """A box whose power and line can be cut."""

    def __init__(self, world: schoolyard.District, school: enrolment.Enrolment, place: Path) -> None:
        self.world, self.school, self.place = world, school, place
        self.boot()

    def boot(self) -> None:
        self.agent = agents.Agent(
            self.school,
            self.place / "state",
            links=schoolyard.Links(self.world),
            models=models.Models(runners.Pool(), clock=lambda: schoolyard.NOW, reserve_mib=0),
            clock=lambda: schoolyard.NOW,
            spool=self.place / "spool",
            pace=agents.Pace(status=timedelta(hours=1), resend=timedelta(0)),
        )

    async def reboot(self, **identity: Any) -> None:
        await self.agent.aclose()
        self.school = replace(self.school, **identity)
        self.boot()

    def cut_line(self) -> None:
        def cut(_name: str) -> None:
            raise errors.Unavailable("the line is cut")

        self.world.before = cut

    def mend_line(self) -> None:
        self.world.before = lambda _name: None

    def ask(self, method: str, said: Any = None) -> tuple[int, dict[str, Any]]:
        return offices.answer(self.agent, method, b"" if said is None else json.dumps(said).encode())

    def reached(self) -> list[dict[str, Any]]:
        """Statements that the district has applied, in their order."""
        audits = self.world.payloads(reports.ReportClass.AUDIT)
        return [payload for payload in audits if closurestatements.from_payload(payload) is not None]


@pytest.fixture
async def box(world: schoolyard.District, school: enrolment.Enrolment, tmp_path: Path) -> AsyncIterator[Box]:
    made = Box(world, school, tmp_path)
    yield made
    await made.agent.aclose()


async def test_statement_reaches_the_district_with_the_next_reports(box: Box) -> None:
    assert box.ask("POST", CLOSED) == (201, {"closures": [LISTED], "waiting": 1})
    await box.agent.report()
    assert box.reached() == [AS_SENT]
    assert box.ask("GET") == (200, {"closures": [LISTED], "waiting": 0})


async def test_statements_survive_a_cut_line_and_a_cut_of_power(box: Box) -> None:
    """Said while nobody could be reached, kept through a power cut, applied once and in order when the line is back."""
    box.cut_line()
    box.ask("POST", CLOSED)
    await box.agent.report()
    await box.reboot()
    box.ask("POST", OPEN)
    await box.agent.report()
    assert box.reached() == []
    assert box.ask("GET")[1] == {"closures": [{**LISTED, "to": "2027-02-03"}], "waiting": 2}
    box.mend_line()
    for _ in range(3):
        await box.agent.report()
    assert box.reached() == [AS_SENT, OPEN_AS_SENT]
    assert box.ask("GET")[1]["waiting"] == 0


async def test_receipt_that_is_lost_applies_nothing_twice(box: Box) -> None:
    def lose_receipt(name: str) -> None:
        if name.endswith(".sent"):
            raise errors.Unavailable("the line is cut")

    box.world.before = lose_receipt
    box.ask("POST", CLOSED)
    await box.agent.report()
    assert (box.reached(), box.ask("GET")[1]["waiting"]) == ([AS_SENT], 1)
    box.mend_line()
    await box.agent.report()
    assert (box.reached(), box.ask("GET")[1]["waiting"]) == ([AS_SENT], 0)
    assert box.world.duplicates > 0


async def test_same_thing_said_twice_in_a_row_is_one_statement(box: Box) -> None:
    for said in (CLOSED, CLOSED, OPEN, OPEN, CLOSED):
        assert box.ask("POST", said)[0] == 201
    await box.agent.report()
    assert box.reached() == [AS_SENT, OPEN_AS_SENT, AS_SENT]


async def test_what_is_said_after_a_loss_of_the_store_is_sent_once_numbers_are_known(box: Box) -> None:
    """A fresh store may not number reports before the district has said which it has: the statement waits, without a gap."""
    box.ask("POST", OPEN)
    await box.agent.report()
    await box.agent.aclose()
    path = box.place / "state" / "store.db"
    path.write_bytes(b"damaged" * 1000)
    box.boot()
    box.cut_line()
    box.ask("POST", CLOSED)
    assert box.ask("GET")[1] == {"closures": [LISTED], "waiting": 1}
    box.mend_line()
    for _ in range(3):
        await box.agent.report()
    assert box.reached() == [OPEN_AS_SENT, AS_SENT]
    assert box.ask("GET")[1]["waiting"] == 0


async def test_statement_that_waits_goes_up_under_the_number_of_the_replaced_box(box: Box) -> None:
    """The district takes no report of an earlier epoch any more."""
    box.ask("POST", OPEN)
    await box.agent.report()
    box.cut_line()
    box.ask("POST", CLOSED)
    await box.reboot(epoch=2)
    box.mend_line()
    for _ in range(3):
        await box.agent.report()
    statements = {
        key: report.payload
        for key, report in box.world.applied.items()
        if key.epoch == 2 and closurestatements.from_payload(report.payload) is not None
    }
    assert list(statements.values()) == [AS_SENT]


async def test_what_is_said_last_on_a_replaced_box_holds(box: Box) -> None:
    """The statement with the highest number holds, so what waits gets its new number before anything else is said."""
    box.cut_line()
    box.ask("POST", CLOSED)
    await box.reboot(epoch=2)
    box.ask("POST", OPEN)
    box.mend_line()
    for _ in range(3):
        await box.agent.report()
    statements = {
        key.seq: report.payload
        for key, report in box.world.applied.items()
        if key.epoch == 2 and closurestatements.from_payload(report.payload) is not None
    }
    assert [statements[seq] for seq in sorted(statements)] == [AS_SENT, OPEN_AS_SENT]


async def test_script_that_repeats_itself_is_ended(box: Box) -> None:
    box.cut_line()
    for number in range(closures.MOST_WAITING):
        day = str(date(2027, 2, 3) + timedelta(days=number))
        assert box.ask("POST", {**CLOSED, "from": day, "to": day})[0] == 201
    status, answer = box.ask("POST", OPEN)
    assert (status, answer["error"]) == (
        422,
        "50 statements wait for the line already: they go up as soon as it is back",
    )
    box.mend_line()
    await box.agent.report()
    assert box.ask("POST", OPEN)[0] == 201


async def test_only_the_newest_statements_stay_on_the_box(box: Box) -> None:
    for number in range(closures.KEPT + 5):
        day = date(2027, 2, 3) + timedelta(days=2 * (number % 4))
        cause = closurestatements.Cause.SNOW if number % 2 else None
        box.agent.closures.say(closurestatements.Statement(dayspans.Span(day, day), cause))
        await box.agent.report()
    assert len(json.loads(box.agent._store.fact("closures") or "")) == closures.KEPT
    assert len(box.reached()) == closures.KEPT + 5


@pytest.mark.parametrize(
    ("said", "message"),
    [
        pytest.param([], "no JSON object", id="a list"),
        pytest.param("snow", "no JSON object", id="a word"),
        pytest.param({}, "send closed as true or false", id="nothing"),
        pytest.param({**CLOSED, "closed": "yes"}, "send closed as true or false", id="closed is a word"),
        pytest.param({**CLOSED, "note": 7}, "as text", id="note is a number"),
        pytest.param({**CLOSED, "from": None}, "'' is no date", id="no first day"),
        pytest.param({**CLOSED, "cause": None}, "'' is no cause: choose one of snow", id="no cause"),
        pytest.param({**CLOSED, "to": "2027-02-01"}, "swap them", id="order"),
        pytest.param({**CLOSED, "note": "Tim, born 4.5.2015"}, "no names of people", id="a date of birth"),
    ],
)
async def test_wrong_statement_is_one_sentence_and_leaves_nothing(box: Box, said: Any, message: str) -> None:
    status, answer = box.ask("POST", said)
    assert status == 422
    assert message in answer["error"]
    assert box.ask("GET")[1] == {"closures": [], "waiting": 0}


async def test_full_disk_is_told_to_the_person_and_nothing_is_half_kept(box: Box) -> None:
    connection = box.agent._store._connection
    (pages,) = connection.execute("PRAGMA page_count").fetchone()
    connection.execute(f"PRAGMA max_page_count = {pages}")
    long = [box.ask("POST", {**CLOSED, "note": "x" * 79 + sign}) for sign in "abcdefgh"]
    status, answer = long[-1]
    assert status == 503
    assert "full): free some space on its disk, then say it again" in answer["error"]
    connection.execute(f"PRAGMA max_page_count = {pages + 1000}")
    kept = sum(status == 201 for status, _ in long)
    assert box.ask("GET")[1]["waiting"] == kept
    await box.agent.report()
    assert len(box.reached()) == kept


async def test_words_of_the_office_are_in_no_log(box: Box, capsys: pytest.CaptureFixture[str]) -> None:
    box.ask("POST", CLOSED)
    await box.agent.report()
    assert "no buses" not in "".join(capsys.readouterr())


async def call(box: Box, *, is_private: bool, method: str = "POST", body: bytes = b"") -> int:
    """Status of one request for /closures."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": body}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "path": "/closures", "method": method}
    await app.AgentApp(box.agent, is_private=is_private)(scope, receive, send)
    return int(sent[0]["status"])


async def test_nobody_but_the_user_of_the_socket_may_close_the_school(box: Box) -> None:
    body = json.dumps(CLOSED).encode()
    assert await call(box, is_private=False, body=body) == 404
    assert box.agent.closures.listed() == ()
    assert await call(box, is_private=True, body=body) == 201
    assert await call(box, is_private=True, method="DELETE") == 405
    assert await call(box, is_private=True, body=b"x" * 5000) == 413


async def test_offices_of_several_schools_are_told_apart() -> None:
    """Several schools in one process: each path reaches its own agent, and an unknown one nobody."""
    asked: list[tuple[str, str, bytes]] = []
    sent: list[Any] = []

    async def ask(school: str, method: str, body: bytes) -> offices.Answer:
        asked.append((school, method, body))
        if school == "late":
            raise errors.NotReady("just starting")
        return 200, {}

    async def receive() -> Any:
        return {"type": "http.request", "body": b"{}"}

    async def send(message: Any) -> None:
        sent.append(message)

    every = offices.OfficesApp({"oak", "late"}, ask)
    for path in ("/schools/oak/closures", "/schools/elm/closures", "/closures", "/schools/late/closures"):
        await every({"type": "http", "path": path, "method": "POST"}, receive, send)
    assert [message["status"] for message in sent if "status" in message] == [200, 404, 404, 503]
    assert asked == [("oak", "POST", b"{}"), ("late", "POST", b"{}")]
