"""The embedded Kubernetes API on real processes."""

import concurrent.futures
import contextlib
import json
import socket
import ssl
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from homeroom.domain import errors
from homeroom.embedded import audit, kubectl, kubernetes, ports, probes, processes, supervisor, toolchain
from homeroom.trust import authority

pytestmark = pytest.mark.real


@pytest.fixture(scope="module")
def own(
    tmp_path_factory: pytest.TempPathFactory, tools: toolchain.Tools
) -> Iterator[tuple[kubernetes.ControlPlane, supervisor.Supervisor]]:
    """A plane that may be stopped, paused and killed."""
    directory = tmp_path_factory.mktemp("a-directory-whose-path-is-too-long-for-a-unix-socket-" + "x" * 60)
    with supervisor.Supervisor(directory / "run") as runner:
        book = ports.PortBook(directory / "ports.json")
        plane = kubernetes.ControlPlane("own", directory=directory / "own", tools=tools, runner=runner, book=book)
        plane.start()
        yield plane, runner


def config_map(name: str) -> kubectl.Manifest:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "namespace": "default"}}


def answers(plane: kubernetes.ControlPlane) -> bool:
    try:
        return plane.admin.run("get", "--raw=/readyz", "--request-timeout=2s", seconds=5) == "ok"
    except errors.HomeroomError:
        return False


def test_plane_answers_kubectl_with_our_kinds(control_plane: kubernetes.ControlPlane) -> None:
    listed = control_plane.admin.run("get", "crd", "-o", "name")
    assert "customresourcedefinition.apiextensions.k8s.io/schoolsites.homeroom.dev" in listed


def test_fresh_namespace_is_there(control_plane: kubernetes.ControlPlane, fresh_namespace: str) -> None:
    assert control_plane.admin.run("get", "namespace", fresh_namespace, "-o", "name")


def test_binaries_carry_their_version(control_plane: kubernetes.ControlPlane) -> None:
    """Without the stamp clients see v0.0.0 and switch features off."""
    version = json.loads(control_plane.admin.run("version", "-o", "json"))
    for side in ("clientVersion", "serverVersion"):
        assert version[side]["gitVersion"] == f"v{toolchain.KUBERNETES_VERSION}"


def test_client_without_a_certificate_is_nobody(control_plane: kubernetes.ControlPlane) -> None:
    context = ssl.create_default_context()
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    port = int(control_plane.url.rpartition(":")[2])
    with (
        socket.create_connection(("127.0.0.1", port), timeout=5) as raw,
        context.wrap_socket(raw) as connection,
    ):
        connection.sendall(b"GET /version HTTP/1.0\r\n\r\n")
        assert b"401 Unauthorized" in connection.recv(64)


def test_server_shows_a_certificate_that_others_do_not_trust(
    control_plane: kubernetes.ControlPlane, tmp_path: Path
) -> None:
    """The ready probe verifies it: a stranger on the port would not count as ready."""
    stranger = authority.CertificateAuthority.create(tmp_path, "stranger")
    certificate, key = stranger.write(stranger.issue("x", client=True), tmp_path, "x")
    port = int(control_plane.url.rpartition(":")[2])
    assert not probes.https_ok(port, "/readyz", authority.TlsFiles(tmp_path / "ca.crt", certificate, key))()


def test_user_has_the_rights_of_its_groups_and_no_more(
    control_plane: kubernetes.ControlPlane, tools: toolchain.Tools
) -> None:
    nobody = kubectl.Kubectl(tools.kubectl, control_plane.kubeconfig("homeroom:visitor"))
    who = json.loads(nobody.run("auth", "whoami", "-o", "json"))["status"]["userInfo"]
    assert who["username"] == "homeroom:visitor"
    with pytest.raises(errors.SpecError, match='User "homeroom:visitor" cannot list resource "secrets"'):
        nobody.run("get", "secrets")

    path = control_plane.kubeconfig("homeroom:operator", ["homeroom:operators"])
    assert path.stat().st_mode & 0o777 == 0o600
    who = json.loads(kubectl.Kubectl(tools.kubectl, path).run("auth", "whoami", "-o", "json"))["status"]["userInfo"]
    assert "homeroom:operators" in who["groups"]


def test_refused_manifest_is_told_in_the_words_of_the_api_server(control_plane: kubernetes.ControlPlane) -> None:
    with pytest.raises(errors.SpecError, match="a lowercase RFC 1123"):
        control_plane.apply([config_map("Not Valid")])


def test_writes_to_our_kinds_are_audited_with_the_person_behind_them(
    control_plane: kubernetes.ControlPlane, parts_directory: Path, fresh_namespace: str
) -> None:
    policy = {"harm": "Missed"}
    body = {
        "apiVersion": "homeroom.dev/v1alpha1",
        "kind": "GatePolicy",
        "metadata": {"name": "audited"},
        "spec": policy,
    }
    arguments = ("create", "-f", "-", "--namespace", fresh_namespace, "--as=ada", "--as-group=system:masters")
    # Whether the policy is complete is not the question here: a refused write is written down as well.
    with contextlib.suppress(errors.SpecError):
        control_plane.admin.run(*arguments, stdin=json.dumps(body))
    log = parts_directory / "district" / audit.LOG
    events = [json.loads(line) for line in log.read_text().splitlines()]
    (event,) = [event for event in events if event["objectRef"].get("namespace") == fresh_namespace]
    assert event["user"]["username"] == kubernetes.ADMIN
    assert event["impersonatedUser"]["username"] == "ada"
    assert event["objectRef"]["resource"] == "gatepolicies"
    assert "requestObject" not in event


def test_nothing_listens_beyond_loopback(
    own: tuple[kubernetes.ControlPlane, supervisor.Supervisor],
) -> None:
    plane, runner = own
    pids = [pid for name in plane.processes if (pid := runner.pid(name))]
    listening = [address for pid in pids for address in processes.listening_addresses(pid)]
    assert listening == [f"127.0.0.1:{plane.url.rpartition(':')[2]}"]


def test_paused_plane_does_not_answer_until_resumed(
    own: tuple[kubernetes.ControlPlane, supervisor.Supervisor],
) -> None:
    plane, runner = own
    runner.pause(plane.processes[1])
    assert not answers(plane)
    runner.resume(plane.processes[1])
    assert probes.wait_until(lambda: answers(plane), seconds=30)


@pytest.mark.parametrize("part", [0, 1], ids=["datastore", "API server"])
def test_part_killed_with_9_comes_back_with_its_data(
    own: tuple[kubernetes.ControlPlane, supervisor.Supervisor], part: int
) -> None:
    plane, runner = own
    plane.apply([config_map(f"before-kill-{part}")])
    runner.kill(plane.processes[part])
    assert probes.wait_until(lambda: runner.down() == [] and answers(plane), seconds=60)
    assert plane.admin.run("get", "configmap", f"before-kill-{part}", "-n", "default", "-o", "name")
    plane.apply([config_map(f"after-kill-{part}")])


def test_restart_keeps_objects_address_and_kubeconfigs(
    own: tuple[kubernetes.ControlPlane, supervisor.Supervisor], tools: toolchain.Tools
) -> None:
    plane, _ = own
    plane.apply([config_map("kept")])
    before, path = plane.url, plane.kubeconfig("ada", ["system:masters"])
    plane.stop()
    with pytest.raises(errors.Unavailable, match="kubectl get"):
        plane.admin.run("get", "namespaces")
    plane.start()
    assert plane.url == before
    assert kubectl.Kubectl(tools.kubectl, path).run("get", "configmap", "kept", "-n", "default", "-o", "name")


def test_held_port_is_refused_before_anything_starts(
    own: tuple[kubernetes.ControlPlane, supervisor.Supervisor],
) -> None:
    plane, runner = own
    plane.stop()
    try:
        with (
            socket.create_server(("127.0.0.1", int(plane.url.rpartition(":")[2]))),
            pytest.raises(errors.SpecError, match="own-apiserver used before, is held by"),
        ):
            plane.start()
        assert [runner.pid(name) for name in plane.processes] == [None, None]
    finally:
        plane.start()


def test_three_planes_start_at_once(
    tmp_path: Path, tools: toolchain.Tools, record_property: Callable[[str, object], None]
) -> None:
    with supervisor.Supervisor(tmp_path / "run") as runner:
        book = ports.PortBook(tmp_path / "ports.json")
        planes = [
            kubernetes.ControlPlane(name, directory=tmp_path / name, tools=tools, runner=runner, book=book)
            for name in ("district", "hub", "school")
        ]
        kubernetes.start_all(planes)
        with concurrent.futures.ThreadPoolExecutor() as pool:
            assert all(pool.map(answers, planes))
        record_property("pss_mib", {name: count >> 20 for name, count in runner.pss_bytes().items()})
