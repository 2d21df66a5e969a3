"""Real parts for integration tests: built once, started once per test process, in a directory of their own.

With pytest-xdist every worker has its own parts; the tools are built once for all of them.
"""

import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from homeroom.embedded import kubernetes, mlflow, ports, registry, supervisor, toolchain
from homeroom.resources import generate, manifests
from homeroom.trust import authority

NAMESPACE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "homeroom"}}


@pytest.fixture(scope="session")
def tools() -> toolchain.Tools:
    """The built commands; the first run on a machine builds them, which takes minutes."""
    return toolchain.ensure_tools(print)


@pytest.fixture(scope="session")
def parts_directory(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the parts of this test process keep everything."""
    return tmp_path_factory.mktemp("parts")


@pytest.fixture(scope="session")
def runner(parts_directory: Path) -> Iterator[supervisor.Supervisor]:
    """Ends every part when the session ends."""
    with supervisor.Supervisor(parts_directory / "run") as running:
        yield running


@pytest.fixture(scope="session")
def port_book(parts_directory: Path) -> ports.PortBook:
    """Ports of this test process."""
    return ports.PortBook(parts_directory / "ports.json")


@pytest.fixture(scope="session")
def start_plane(
    tools: toolchain.Tools, parts_directory: Path, runner: supervisor.Supervisor, port_book: ports.PortBook
) -> Callable[[str], kubernetes.ControlPlane]:
    """Starts one more control plane: ``start_plane("hub")`` has the CRDs and the manifests of that tier.

    The tier is the part of the name before the first dash: ``hub``, ``hub-north``, ``school-7``.
    """

    def start(name: str) -> kubernetes.ControlPlane:
        plane = kubernetes.ControlPlane(
            name, directory=parts_directory / name, tools=tools, runner=runner, book=port_book
        )
        plane.start()
        plane.apply([NAMESPACE, *generate.crds(), *manifests.load(name.partition("-")[0])])
        return plane

    return start


@pytest.fixture(scope="session")
def control_plane(start_plane: Callable[[str], kubernetes.ControlPlane]) -> kubernetes.ControlPlane:
    """A district's API server with our CRDs, roles and admission policies."""
    return start_plane("district")


@pytest.fixture
def fresh_namespace(control_plane: kubernetes.ControlPlane) -> str:
    """A namespace that no other test sees.

    It stays until the session ends: finishing a deletion needs a controller that is not part of the plane.
    """
    name = f"test-{secrets.token_hex(4)}"
    control_plane.apply([{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}])
    return name


@pytest.fixture(scope="session")
def certificate_authority(parts_directory: Path) -> authority.CertificateAuthority:
    """Vouches for the clients and servers of this test process; see ``Registry.client_files``."""
    return authority.CertificateAuthority.ensure(parts_directory / "ca", "integration tests")


@pytest.fixture(scope="session")
def start_registry(
    tools: toolchain.Tools,
    parts_directory: Path,
    runner: supervisor.Supervisor,
    port_book: ports.PortBook,
    certificate_authority: authority.CertificateAuthority,
) -> Callable[[str], registry.Registry]:
    """Starts one more registry: ``start_registry("hub")``."""

    def start(name: str) -> registry.Registry:
        part = registry.Registry(
            name,
            directory=parts_directory / f"{name}-registry",
            tools=tools,
            runner=runner,
            book=port_book,
            ca=certificate_authority,
        )
        part.start()
        return part

    return start


@pytest.fixture(scope="session", name="registry")
def _registry(start_registry: Callable[[str], registry.Registry]) -> registry.Registry:
    """A district's OCI registry; ``registry.client_files("me")`` are the certificates to talk to it."""
    return start_registry("district")


@pytest.fixture(scope="session")
def mlflow_server(
    parts_directory: Path, runner: supervisor.Supervisor, port_book: ports.PortBook
) -> mlflow.MlflowServer:
    """A district's MLflow server; ``mlflow_server.url``."""
    part = mlflow.MlflowServer("district", directory=parts_directory / "district-mlflow", runner=runner, book=port_book)
    part.start()
    return part
