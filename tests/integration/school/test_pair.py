"""One school as it runs on a box: two real processes, a real line, and the line cut."""

import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from tests import schoolyard
from tests.integration.school import conftest
from typer.testing import CliRunner

from homeroom.cli import app
from homeroom.domain import assignments, closurestatements, reports

pytestmark = pytest.mark.real

POLL = {"HOMEROOM_AGENT_POLL_SECONDS": 0.3, "HOMEROOM_AGENT_STATUS_SECONDS": 0.3, "HOMEROOM_AGENT_USAGE_SECONDS": 0.3}


class Pair:
    def __init__(self, processes: conftest.Processes, place: Path, **extra: object) -> None:
        self._processes = processes
        self._place = place
        self._serve_port, self._agent_port = conftest.free_port(), conftest.free_port()
        self._extra = extra
        self.url = f"http://127.0.0.1:{self._serve_port}/v2/models/support-offer/infer"

    def start(self) -> None:
        shared = {"SPOOL": self._place / "spool"}
        run = self._place / "run"
        self._processes.start(
            "serve",
            "homeroom.school.serving.main",
            HOMEROOM_SERVE_PORT=self._serve_port,
            HOMEROOM_SERVE_SOCKET=run / "serve.sock",
            HOMEROOM_SERVE_SPOOL=shared["SPOOL"],
        )
        self._processes.start(
            "agent",
            "homeroom.school.agent.main",
            HOMEROOM_AGENT_ENROLMENT=self._place / "schools" / "school-1" / "enrolment",
            HOMEROOM_AGENT_STATE=self._place / "state",
            HOMEROOM_AGENT_SPOOL=shared["SPOOL"],
            HOMEROOM_AGENT_SERVE_SOCKET=run / "serve.sock",
            HOMEROOM_AGENT_SOCKET=run / "agent.sock",
            HOMEROOM_AGENT_PORT=self._agent_port,
            **{**POLL, **self._extra},
        )

    def answers_from(self, level: str, seconds: float = 90) -> dict[str, object]:
        """Wait until an answer comes from that level."""
        deadline = time.monotonic() + seconds
        while True:
            answer = conftest.ask(self.url)
            if conftest.level(answer) == level:
                return answer
            assert time.monotonic() < deadline, (answer, self._processes.log("agent")[-3000:])
            time.sleep(0.05)

    def metrics(self) -> str:
        return httpx.get(f"http://127.0.0.1:{self._agent_port}/metrics", trust_env=False).text


@pytest.fixture
def pair(processes: conftest.Processes, tmp_path: Path) -> Pair:
    return Pair(processes, tmp_path)


def test_a_pair_installs_answers_and_survives_everything(
    site: conftest.Site, processes: conftest.Processes, pair: Pair, tmp_path: Path
) -> None:
    """Install over a real line; cut it; kill -9 both; they answer again; on reconnection each report is applied once."""
    world = site.world
    release = schoolyard.a_release()
    world.publish(release)
    world.assign(schoolyard.an_entry(release), endpoints=(site.endpoint,), expires=a_month_from_now())
    pair.start()
    answer = pair.answers_from("full")
    assert answer["model_version"] == release.digest
    site.stop()
    processes.kill("serve", "agent")
    pair.start()
    started = time.monotonic()
    assert pair.answers_from("full")["model_version"] == release.digest
    assert time.monotonic() - started < 60
    conftest.wait_until(lambda: "homeroom_school_online{" in pair.metrics() and waiting(pair.metrics()) >= 5)
    site.start()
    conftest.wait_until(lambda: waiting(pair.metrics()) <= 2)
    for class_ in ("audit", "status", "usage"):
        numbers = sorted(key.seq for key in world.applied if key.report_class == class_)
        assert numbers == list(range(1, len(numbers) + 1)), class_
    assert world.events()[0] == "installed"
    assert "restarted" in world.events()
    assert_no_plaintext(tmp_path, release.blobs)
    assert b"pilot" not in (tmp_path / "agent.log").read_bytes()


def test_a_stopped_hub_delays_no_answer(
    site: conftest.Site, processes: conftest.Processes, pair: Pair, tmp_path: Path
) -> None:
    """A SIGSTOPped process takes connections and says nothing, for ever: the worst kind of neighbour."""
    world = site.world
    release = schoolyard.a_release()
    world.publish(release)
    code = "import socket,time\ns=socket.create_server(('127.0.0.1', 0))\nprint(s.getsockname()[1], flush=True)\ntime.sleep(600)"
    stopped = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    try:
        assert stopped.stdout is not None
        port = int(stopped.stdout.readline())
        os.kill(stopped.pid, signal.SIGSTOP)
        url = f"https://127.0.0.1:{port}"
        hub = assignments.Endpoint("hub", url, url)
        world.assign(schoolyard.an_entry(release), endpoints=(site.endpoint,), expires=a_month_from_now())
        pair.start()
        pair.answers_from("full")
        second = schoolyard.a_release(2.0)
        world.publish(second)
        world.assign(
            schoolyard.an_entry(second, previous=release.digest),
            version=2,
            endpoints=(hub, site.endpoint),
            expires=a_month_from_now(),
        )
        slowest, failures, deadline = 0.0, 0, time.monotonic() + 90
        seen = None
        while seen != second.digest or time.monotonic() < deadline - 82:
            assert time.monotonic() < deadline, processes.log("agent")[-3000:]
            started = time.monotonic()
            answer = conftest.ask(pair.url)
            slowest = max(slowest, time.monotonic() - started)
            failures += answer["status"] != 200
            seen = answer.get("model_version")
        assert failures == 0
        assert slowest < 1.0
    finally:
        stopped.send_signal(signal.SIGCONT)
        stopped.kill()
        stopped.wait(5)
        if stopped.stdout is not None:
            stopped.stdout.close()


def test_sigterm_ends_both_within_five_seconds(site: conftest.Site, processes: conftest.Processes, pair: Pair) -> None:
    release = schoolyard.a_release()
    site.world.publish(release)
    site.world.assign(schoolyard.an_entry(release), endpoints=(site.endpoint,), expires=a_month_from_now())
    pair.start()
    pair.answers_from("full")
    started = time.monotonic()
    for process in processes.running.values():
        process.terminate()
    codes = [process.wait(6) for process in processes.running.values()]
    assert time.monotonic() - started < 5
    assert codes == [0, 0]


def test_bad_settings_are_named_together(processes: conftest.Processes) -> None:
    process = processes.start("agent", "homeroom.school.agent.main", HOMEROOM_AGENT_PORT="many")
    assert process.wait(20) != 0
    text = processes.log("agent")
    for name in ("ENROLMENT", "STATE", "SPOOL", "SERVE_SOCKET", "SOCKET", "PORT"):
        assert f"HOMEROOM_AGENT_{name}" in text


def a_month_from_now() -> datetime:
    return datetime.now(UTC) + timedelta(days=30)


def waiting(metrics: str) -> float:
    (line,) = [line for line in metrics.splitlines() if line.startswith("homeroom_school_queued_reports{")]
    return float(line.split()[-1])


def assert_no_plaintext(place: Path, contents: tuple[bytes, ...]) -> None:
    """Nothing of a model lies readable in the school's state."""
    for path in (place / "state").rglob("*"):
        if path.is_file():
            stored = path.read_bytes()
            assert not any(content in stored for content in contents), path


def test_the_sockets_are_for_their_user_only(
    site: conftest.Site, processes: conftest.Processes, pair: Pair, tmp_path: Path
) -> None:
    pair.start()
    conftest.wait_until((tmp_path / "run" / "agent.sock").exists)
    for name in ("agent.sock", "serve.sock"):
        mode = (tmp_path / "run" / name).stat().st_mode
        assert oct(mode & 0o777) == "0o600"


def test_office_closes_its_school_while_the_line_is_cut(
    site: conftest.Site, processes: conftest.Processes, pair: Pair, tmp_path: Path
) -> None:
    """Said on the box with no line, kept through kill -9, applied once and in order when the line is back."""
    socket = str(tmp_path / "run" / "agent.sock")
    site.stop()
    pair.start()
    conftest.wait_until(Path(socket).exists)
    closed = ("--from", "2027-02-03", "--to", "2027-02-04", "--because", "snow", "--note", "roads blocked")
    assert "waiting for the line: 1" in office("close", *closed, "--socket", socket)
    processes.kill("serve", "agent")
    Path(socket).unlink()
    pair.start()
    conftest.wait_until(Path(socket).exists)
    assert "2027-02-03\t2027-02-04\tsnow\troads blocked" in office("closures", "--socket", socket)
    assert "waiting for the line: 2" in office("open", "--from", "2027-02-04", "--socket", socket)
    site.start()
    conftest.wait_until(lambda: "has received all of it" in office("closures", "--socket", socket))
    said = [payload for payload in site.world.payloads(reports.ReportClass.AUDIT) if "from" in payload]
    assert [closurestatements.from_payload(payload) for payload in said] == [
        closurestatements.read("2027-02-03", "2027-02-04", "snow", "roads blocked"),
        closurestatements.read("2027-02-04", "2027-02-04", None),
    ]
    assert b"roads blocked" not in (tmp_path / "agent.log").read_bytes()


def office(command: str, *arguments: str) -> str:
    """What `homeroom school` prints."""
    result = CliRunner().invoke(app, ["school", command, *arguments])
    assert result.exit_code == 0, result.output
    return result.output
