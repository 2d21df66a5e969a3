"""`homeroom school`: what the office should change is one sentence, and a box that is down is said to be."""

import http.server
import json
import socketserver
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from homeroom.cli import app

RUNNER = CliRunner()
CLOSED = {"from": "2027-02-03", "to": "2027-02-04", "cause": "snow", "note": ""}


class Box(socketserver.UnixStreamServer):
    """Stands for an agent: notes what it is asked and answers with ``status`` and ``answer``."""

    def __init__(self, path: Path) -> None:
        super().__init__(str(path), _Handler)
        self.asked: list[tuple[str, str, Any]] = []
        self.status = 200
        self.answer: Any = {"closures": [CLOSED], "waiting": 1}


class _Handler(http.server.BaseHTTPRequestHandler):
    server: Box

    def _respond(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.asked.append((self.command, self.path, json.loads(body) if body else None))
        content = json.dumps(self.server.answer).encode()
        self.send_response(self.server.status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    do_GET = do_POST = _respond  # noqa: N815 - names that http.server asks for

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    (tmp_path / "home").mkdir()
    with Box(tmp_path / "home" / "agent.sock") as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)


def run(tmp_path: Path, *arguments: str) -> tuple[int, str]:
    result = RUNNER.invoke(app, ["school", *arguments, "--box", str(tmp_path)])
    assert "Traceback" not in result.output
    return result.exit_code, result.output


def test_single_day_is_closed_with_its_cause(box: Box, tmp_path: Path) -> None:
    code, said = run(tmp_path, "close", "--from", "2027-02-03", "--because", "snow", "--note", "no buses")
    sent = {"closed": True, "from": "2027-02-03", "to": "2027-02-03", "cause": "snow", "note": "no buses"}
    assert (code, box.asked) == (0, [("POST", "/closures", sent)])
    assert "2027-02-03\t2027-02-04\tsnow" in said
    assert "waiting for the line: 1; it goes up by itself, nothing is lost" in said


def test_days_are_opened_again(box: Box, tmp_path: Path) -> None:
    box.answer = {"closures": [], "waiting": 0}
    code, said = run(tmp_path, "open", "--from", "2027-02-03", "--to", "2027-02-04")
    assert (code, box.asked) == (
        0,
        [("POST", "/closures", {"closed": False, "from": "2027-02-03", "to": "2027-02-04"})],
    )
    assert "the district has received all of it" in said


def test_school_of_a_host_is_named_in_the_path_and_cannot_leave_it(box: Box, tmp_path: Path) -> None:
    assert run(tmp_path, "closures", "--school", "heron-valley")[0] == 0
    assert run(tmp_path, "closures", "--school", "../assignment")[0] == 0
    assert [path for _, path, _ in box.asked] == ["/schools/heron-valley/closures", "/schools/..%2Fassignment/closures"]


def test_json_is_what_the_box_says(box: Box, tmp_path: Path) -> None:
    assert json.loads(run(tmp_path, "closures", "--output", "json")[1]) == box.answer


@pytest.mark.parametrize(
    ("status", "answer", "code", "said"),
    [
        pytest.param(
            422, {"error": "50 statements wait"}, 2, "homeroom: 50 statements wait", id="what you should change"
        ),
        pytest.param(503, {"error": "just starting"}, 1, "homeroom: just starting", id="what will come"),
        pytest.param(500, [], 1, "homeroom: the box answered 500", id="a fault"),
    ],
)
def test_box_that_says_no_is_one_sentence(
    box: Box, tmp_path: Path, status: int, answer: Any, code: int, said: str
) -> None:
    box.status, box.answer = status, answer
    assert run(tmp_path, "closures") == (code, f"{said}\n")


def test_box_that_is_down_is_exit_code_1(tmp_path: Path) -> None:
    code, said = run(tmp_path, "close", "--from", "2027-02-03", "--because", "snow")
    assert code == 1
    assert "is its agent running, and are you the user that it runs as?" in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        pytest.param(("close", "--from", "3.2.27", "--because", "snow"), "'3.2.27' is no date", id="date"),
        pytest.param(("close", "--from", "2027-02-03", "--because", "party"), "'party' is not one of", id="cause"),
        pytest.param(("open", "--from", "2027-02-03", "--to", "2027-02-01"), "swap them", id="order"),
        pytest.param(
            ("close", "--from", "2027-02-03", "--because", "other", "--note", "Tim 4b"), "no names of people", id="note"
        ),
    ],
)
def test_mistake_is_told_before_the_box_is_asked(
    box: Box, tmp_path: Path, arguments: tuple[str, ...], said: str
) -> None:
    code, output = run(tmp_path, *arguments)
    assert (code, box.asked) == (2, [])
    assert said in output


def test_without_a_box_it_says_how_to_name_one() -> None:
    result = RUNNER.invoke(app, ["school", "closures"], env={"HOMEROOM_AGENT_SOCKET": ""})
    assert result.exit_code == 2
    assert "say which box: --box" in result.output
