"""Kopf's part: it watches SiteAssignment and wakes the sweep, which reads and writes for itself."""

import asyncio
import base64
import binascii
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kopf
import yaml

from homeroom.domain import errors
from homeroom.kube import watches
from homeroom.resources import siteassignments

_REQUEST_SECONDS = 30.0


def build_registry(connection: kopf.ConnectionInfo, wake: Callable[[], None]) -> kopf.OperatorRegistry:
    """Handlers in a registry of their own. A missed event costs one pause of the sweep."""
    registry = kopf.OperatorRegistry()

    @kopf.on.login(registry=registry)  # type: ignore[arg-type, unused-ignore]
    def login(**_: Any) -> kopf.ConnectionInfo:
        return connection

    @kopf.on.event(siteassignments.KIND.group, siteassignments.KIND.version, siteassignments.PLURAL, registry=registry)
    async def changed(**_: Any) -> None:
        wake()

    return registry


async def run(registry: kopf.OperatorRegistry, namespace: str, stop: asyncio.Event) -> None:
    """Watch until ``stop``: alone, without events or peering, with a deadline on every wait."""
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.peering.standalone = True
    # Kopf puts it into the query as it is, and the API server takes whole seconds only.
    settings.watching.server_timeout = int(watches.SERVER_TIMEOUT.total_seconds())
    settings.watching.inactivity_timeout = watches.INACTIVITY.total_seconds()
    settings.watching.connect_timeout = _REQUEST_SECONDS
    settings.networking.request_timeout = _REQUEST_SECONDS
    await kopf.operator(registry=registry, settings=settings, namespaces=[namespace], stop_flag=stop)


def read_connection(kubeconfig: Path) -> kopf.ConnectionInfo:
    """What Kopf needs to reach the API server of the file's current context.

    Raises:
        SpecError: it is no usable kubeconfig.
    """
    try:
        value = yaml.safe_load(kubeconfig.read_text())
        context = _named(value["contexts"], value["current-context"])["context"]
        cluster = _named(value["clusters"], context["cluster"])["cluster"]
        user = _named(value["users"], context["user"])["user"]
        return kopf.ConnectionInfo(
            server=cluster["server"],
            ca_path=cluster.get("certificate-authority"),
            ca_data=_decoded(cluster.get("certificate-authority-data")),
            certificate_path=user.get("client-certificate"),
            certificate_data=_decoded(user.get("client-certificate-data")),
            private_key_path=user.get("client-key"),
            private_key_data=_decoded(user.get("client-key-data")),
            token=user.get("token"),
        )
    except (OSError, yaml.YAMLError, KeyError, TypeError, StopIteration, binascii.Error) as exc:
        raise errors.SpecError(f"{kubeconfig} is no usable kubeconfig: {type(exc).__name__}: {exc}") from exc


def _named(items: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(item for item in items if item["name"] == name)


def _decoded(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text, validate=True)
