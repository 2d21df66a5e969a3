"""The scenario of ``make run``, as a person starts it, on the real parts."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from homeroom.embedded import probes, processes

pytestmark = [pytest.mark.e2e, pytest.mark.real, pytest.mark.timeout(1200), pytest.mark.xdist_group("demo")]

LIMIT_SECONDS = 900


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """State directory of one demo, used by the tests of this module in their order."""
    return tmp_path_factory.mktemp("demo") / "state"


def demo(state: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(state, *arguments), capture_output=True, text=True, timeout=LIMIT_SECONDS, check=False
    )


def command(state: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "homeroom", "--state", str(state), *arguments]


@contextmanager
def running_demo(state: Path) -> Iterator[subprocess.Popen[str]]:
    """A demo that stays up, once the command line can reach it."""
    with subprocess.Popen(
        command(state, "demo", "--report", str(state.parent / "second.json")), stdout=subprocess.PIPE, text=True
    ) as started:
        try:
            assert started.stdout is not None
            for line in started.stdout:
                if line.startswith("Console"):
                    break
            yield started
        finally:
            started.send_signal(signal.SIGTERM)
            started.wait(timeout=120)


@pytest.fixture(scope="module")
def report(state: Path) -> dict[str, Any]:
    """What a first ``homeroom demo --exit`` wrote."""
    path = state.parent / "report.json"
    done = demo(state, "demo", "--exit", "--report", str(path))
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_every_statement_of_the_demo_holds(report: dict[str, Any]) -> None:
    """Exit code 0 says so, and the report names each."""
    assert len(report["checks"]) >= 18
    assert all(check["held"] for check in report["checks"])


def test_waived_evidence_held_the_regions_until_a_second_person_decided(report: dict[str, Any]) -> None:
    said = [check["statement"] for check in report["checks"]]
    assert [statement for statement in said if statement.endswith("evidence was waived, and that is for pilots only")]
    assert "the API server refuses an override by who has waived" in said
    assert "somebody other than who waived has let it go to all schools" in said


def test_no_request_failed_while_the_line_was_cut(report: dict[str, Any]) -> None:
    assert report["answers"]["failedRequests"] == 0
    assert report["answers"]["offline"] > 100


def test_a_thousand_reports_queued_and_each_was_applied_once(report: dict[str, Any]) -> None:
    assert report["reports"]["compared"] >= 1000
    assert report["reports"]["missing"] == report["reports"]["different"] == 0


def test_all_79_schools_serve_the_full_model(report: dict[str, Any]) -> None:
    assert report["schools"] == {"Serving": 79}


def test_the_whole_district_fits_into_six_gibibytes(report: dict[str, Any]) -> None:
    assert report["memory"]["totalMiB"] < 6 * 1024
    assert report["memory"]["perHostedSchoolMiB"] < 4


def test_the_gate_report_holds_no_small_count(report: dict[str, Any]) -> None:
    """Nothing under the minimum cell of the policy may be read from what people see."""
    verdicts = [verdict for gates in report["gates"].values() for verdict in gates["verdicts"]]
    assert verdicts
    assert all(verdict["rows"] == 0 or verdict["rows"] >= 10 for verdict in verdicts)


def test_nothing_of_the_demo_is_left_running(report: dict[str, Any], state: Path) -> None:
    """Every process that the demo started, at any depth, carries the mark of its state directory."""
    assert processes.marked((state / "run" / "mark").read_text()) == []


def test_a_second_run_goes_on_where_the_first_ended_and_people_can_use_it(report: dict[str, Any], state: Path) -> None:
    """The command line finds it; releases, waves and schools are as they were."""
    with running_demo(state):
        status = json.loads(demo(state, "status", "--output", "json").stdout)
        assert {release["name"]: release["ready"] for release in status["releases"]} == {
            "reading-support-1": True,
            "reading-support-planted-1": False,
        }
        assert all(wave["complete"] for wave in status["waves"])
        assert probes.wait_until(lambda: _all_online(state), seconds=60, poll_seconds=1)
        kubeconfig = demo(state, "kubeconfig", "district").stdout.strip()
        assert Path(kubeconfig).is_file()
        answer = demo(
            state, "predict", "heron-valley", "--rows", "examples/reading-support/made-up-pupils.csv", "-o", "json"
        )
        assert json.loads(answer.stdout)["parameters"]["level"] == "full"


def _all_online(state: Path) -> bool:
    summary = json.loads(demo(state, "status", "--output", "json").stdout)["summary"]
    return bool(summary["online"] == 79)
