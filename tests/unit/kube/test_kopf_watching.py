"""Kopf is run in one way by every tier."""

import base64
import itertools
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from homeroom.domain import errors
from homeroom.kube import kopf_watching


def a_kubeconfig(**changes: Any) -> dict[str, Any]:
    secret = base64.b64encode(b"pem").decode()
    return {
        "current-context": "here",
        "contexts": [
            {"name": "there", "context": {"cluster": "two", "user": "them"}},
            {"name": "here", "context": {"cluster": "one", "user": "us"}},
        ],
        "clusters": [
            {"name": "two", "cluster": {"server": "https://two"}},
            {"name": "one", "cluster": {"server": "https://one", "certificate-authority-data": secret}},
        ],
        "users": [
            {"name": "them", "user": {"token": "theirs"}},
            {"name": "us", "user": {"client-certificate-data": secret, "client-key": "us.key"}},
        ],
        **changes,
    }


def write(place: Path, value: object) -> Path:
    path = place / "kubeconfig"
    path.write_text(json.dumps(value))
    return path


def test_the_watch_timeout_is_a_whole_number() -> None:
    """The API server answers 400 to ``timeoutSeconds=290.0``, and Kopf sends what it was given."""
    timeout: object = kopf_watching.build_settings(threading.Event()).watching.server_timeout
    assert type(timeout) is int
    assert f"{timeout}".isdigit()


def test_no_wait_is_without_a_deadline() -> None:
    settings = kopf_watching.build_settings(threading.Event())
    for limit in (
        settings.watching.server_timeout,
        settings.watching.inactivity_timeout,
        settings.watching.connect_timeout,
        settings.networking.request_timeout,
        settings.networking.connect_timeout,
    ):
        assert limit is not None
        assert limit > 0


def test_kopf_never_kills_the_process_nor_writes_events() -> None:
    settings = kopf_watching.build_settings(threading.Event())
    assert settings.process.ultimate_exiting_timeout is None
    assert not settings.posting.enabled


def test_the_connection_is_that_of_the_current_context(tmp_path: Path) -> None:
    connection = kopf_watching.read_connection(write(tmp_path, a_kubeconfig()))
    assert (connection.server, connection.ca_data) == ("https://one", b"pem")
    assert (connection.certificate_data, connection.private_key_path) == (b"pem", "us.key")
    assert connection.token is None


@pytest.mark.parametrize(
    "value",
    [
        pytest.param([], id="a-list"),
        pytest.param({}, id="empty"),
        pytest.param(a_kubeconfig(**{"current-context": "nowhere"}), id="no-such-context"),
        pytest.param(a_kubeconfig(users=[]), id="no-such-user"),
        pytest.param(
            a_kubeconfig(clusters=[{"name": "one", "cluster": {"server": "x", "certificate-authority-data": "?"}}]),
            id="no-base64",
        ),
    ],
)
def test_what_is_no_kubeconfig_is_refused_with_its_name(tmp_path: Path, value: object) -> None:
    with pytest.raises(errors.SpecError, match="kubeconfig is no usable kubeconfig"):
        kopf_watching.read_connection(write(tmp_path, value))


def test_a_missing_kubeconfig_is_refused(tmp_path: Path) -> None:
    with pytest.raises(errors.SpecError, match="no usable kubeconfig"):
        kopf_watching.read_connection(tmp_path / "none")


def test_the_client_alone_does_not_import_kopf() -> None:
    """The API process talks to an API server and watches nothing with Kopf."""
    code = "import sys, homeroom.kube.client, homeroom.kube.cache, homeroom.kube.leases; print('kopf' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert found.stdout.strip() == "False"


def test_attempts_go_on_until_the_operator_ends() -> None:
    """A Kopf that gave up stays blind without a word; one that goes on after its end holds up the process."""
    ended = threading.Event()
    pauses = iter(kopf_watching.Pauses(ended))
    first = list(itertools.islice(pauses, 1000))
    assert first == sorted(first)
    assert first[-1] == 1
    ended.set()
    assert list(pauses) == []
