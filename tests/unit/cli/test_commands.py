"""The command line: help with examples, one sentence for an error, JSON for programs."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from homeroom.cli import app

RUNNER = CliRunner()
COMMANDS = [
    "demo",
    "status",
    "approve",
    "predict",
    "kubeconfig",
    "wave",
    "calendar",
    "operator",
    "api",
    "relay",
    "agent",
    "serve",
]


@pytest.fixture
def state(tmp_path: Path) -> Path:
    """State directory of a demo that knows two kubeconfigs and one school."""
    context = {
        "server": "http://127.0.0.1:1",
        "tokens": {"viewer": str(tmp_path / "viewer.token")},
        "schools": {"heron-valley": "http://127.0.0.1:1"},
        "kubeconfigs": {"district": "/somewhere/district.yaml"},
        "hub": "cedar",
        "endpoints": [],
    }
    (tmp_path / "context.json").write_text(json.dumps(context))
    (tmp_path / "viewer.token").write_text("secret-token\n")
    return tmp_path


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str) -> None:
    result = RUNNER.invoke(app, [command, "--help"])
    assert result.exit_code == 0
    assert "Usage" in result.output


@pytest.mark.parametrize("command", ["demo", "status", "approve", "predict", "kubeconfig"])
def test_help_of_what_people_use_shows_an_example(command: str) -> None:
    assert "Example" in RUNNER.invoke(app, [command, "--help"]).output


def test_kubeconfig_prints_only_the_path(state: Path) -> None:
    """So that KUBECONFIG=$(homeroom kubeconfig district) works."""
    result = RUNNER.invoke(app, ["--state", str(state), "kubeconfig", "district"])
    assert result.stdout == "/somewhere/district.yaml\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["kubeconfig", "moon"], "choose one of district"),
        (["--as", "nobody", "status"], "the demo knows no 'nobody'"),
        (["predict", "no-school", "--rows", "x.csv"], "the demo has no school"),
        (["--token-file", "/nowhere", "--server", "http://127.0.0.1:1", "status"], "cannot read the token"),
    ],
    ids=["tier", "person", "school", "token"],
)
def test_what_you_should_change_is_one_sentence_and_exit_code_2(
    state: Path, arguments: list[str], message: str
) -> None:
    result = RUNNER.invoke(app, ["--state", str(state), *arguments])
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_without_a_demo_it_says_how_to_start_one(tmp_path: Path) -> None:
    result = RUNNER.invoke(app, ["--state", str(tmp_path), "status"])
    assert result.exit_code == 2
    assert "make run" in result.stderr


def test_a_district_that_does_not_answer_is_exit_code_1(state: Path) -> None:
    result = RUNNER.invoke(app, ["--state", str(state), "status"])
    assert result.exit_code == 1
    assert "does not answer" in result.stderr


def test_console_prints_address_and_token(state: Path) -> None:
    result = RUNNER.invoke(app, ["--state", str(state), "--as", "viewer", "console", "--output", "json"])
    assert json.loads(result.stdout) == {"address": "http://127.0.0.1:1", "token": "secret-token"}


def test_one_decision_at_a_time(state: Path) -> None:
    done = RUNNER.invoke(
        app, ["--state", str(state), "approve", "r", "--reason", "because of it", "--waive", "a", "--override", "a"]
    )
    assert (done.exit_code, "you said Waive and Override" in done.output) == (2, True)
