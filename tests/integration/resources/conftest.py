"""The example manifests and a client for the district's API server."""

import copy
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from homeroom.embedded import kubernetes
from homeroom.kube import client

EXAMPLES = Path(__file__).parents[3] / "examples" / "manifests"

Example = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="session")
def example() -> Example:
    """The example manifest of a kind, a fresh copy each time: ``example("RolloutWave")``."""
    by_kind = {}
    for path in EXAMPLES.glob("*.yaml"):
        manifest = yaml.safe_load(path.read_text())
        by_kind[manifest["kind"]] = manifest
    return lambda kind: copy.deepcopy(by_kind[kind])


@pytest.fixture(scope="session")
def admin_kubeconfig(control_plane: kubernetes.ControlPlane) -> Path:
    """Credentials that may do everything; admission still applies."""
    return control_plane.kubeconfig("test:admin", ["system:masters"])


@pytest.fixture
async def kube(admin_kubeconfig: Path) -> AsyncIterator[client.Kubernetes]:
    """The namespace ``homeroom`` as an administrator."""
    async with client.connect(admin_kubeconfig, field_manager="tests") as connected:
        yield connected
