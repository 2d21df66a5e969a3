"""Kopf's part: it watches RegionalHub and wakes the sweep, which reads and writes for itself."""

import asyncio
import base64
import binascii
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import kopf
import yaml

from homeroom.domain import errors
from homeroom.kube import watches
from homeroom.resources import regionalhubs

_REQUEST_SECONDS = 60.0


def build_registry(connection: kopf.ConnectionInfo, wake: Callable[[], None]) -> kopf.OperatorRegistry:
    """Handlers of one operator, in a registry of their own; ``wake`` is called on Kopf's thread.

    An event handler leaves no annotation, finalizer or progress in the object. Its failures are not retried, which is
    fine: a missed wake-up costs one poll interval.
    """
    registry = kopf.OperatorRegistry()

    @kopf.on.login(registry=registry)  # type: ignore[arg-type, unused-ignore]
    def login(**_: Any) -> kopf.ConnectionInfo:
        return connection

    @kopf.on.event(regionalhubs.KIND.group, regionalhubs.KIND.version, regionalhubs.PLURAL, registry=registry)
    async def changed(**_: Any) -> None:
        wake()

    return registry


def build_settings() -> kopf.OperatorSettings:
    """Kopf as we run it: alone, silent, with a deadline on every wait."""
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.peering.standalone = True
    # Kopf puts it into the query as it is, and the API server takes whole seconds only.
    settings.watching.server_timeout = int(watches.SERVER_TIMEOUT.total_seconds())
    settings.watching.inactivity_timeout = watches.INACTIVITY.total_seconds()
    settings.watching.connect_timeout = _REQUEST_SECONDS
    settings.networking.request_timeout = _REQUEST_SECONDS
    settings.networking.connect_timeout = 5.0
    settings.process.ultimate_exiting_timeout = None  # the process's own end is bounded, and nothing kills its thread
    return settings


async def run(registry: kopf.OperatorRegistry, namespace: str, stop: asyncio.Event) -> None:
    """Watches until ``stop`` is set.

    In a thread with a loop of its own: when Kopf ends it waits for every task in its loop and then cancels them, and
    it takes the process's signals; both are ours.
    """
    ended = threading.Event()

    def watch() -> None:
        asyncio.run(
            kopf.operator(registry=registry, settings=build_settings(), namespaces=[namespace], stop_flag=ended)
        )

    watching = asyncio.ensure_future(asyncio.to_thread(watch))
    stopped = asyncio.ensure_future(stop.wait())
    try:
        await asyncio.wait({watching, stopped}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ended.set()
        stopped.cancel()
    await watching


def read_connection(kubeconfig: Path) -> kopf.ConnectionInfo:
    """What Kopf needs to know to reach the API server of the file's current context.

    Raises:
        SpecError: it is no usable kubeconfig.
    """
    try:
        value = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
        context = _named(value["contexts"], value["current-context"])["context"]
        cluster = _named(value["clusters"], context["cluster"])["cluster"]
        user = _named(value["users"], context["user"])["user"]
        return _connection(cluster, user)
    except (OSError, yaml.YAMLError, KeyError, TypeError, StopIteration, binascii.Error) as exc:
        raise errors.SpecError(f"{kubeconfig} is no usable kubeconfig: {type(exc).__name__}: {exc}") from exc


def _connection(cluster: dict[str, Any], user: dict[str, Any]) -> kopf.ConnectionInfo:
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


def _named(items: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(item for item in items if item["name"] == name)


def _decoded(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text, validate=True)
