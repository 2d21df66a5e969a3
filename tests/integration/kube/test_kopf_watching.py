"""Kopf against a real API server, behind a line that is cut."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests import polling
from tests.integration.kube import conftest as parts

from homeroom.domain import errors
from homeroom.kube import client, kopf_watching
from homeroom.resources import regionalhubs

pytestmark = pytest.mark.real

HUB = {"region": "north", "endpoints": {"control": "https://hub.test", "bulk": "https://hub.test"}, "cacheMiB": 64}


@contextlib.asynccontextmanager
async def watching(kubeconfig: Path, namespace: str, woken: asyncio.Event) -> AsyncIterator[None]:
    """Watches hubs; at the end it has five seconds to stop."""
    stop = asyncio.Event()
    watch = kopf_watching.watch(kubeconfig, (regionalhubs.KIND,), namespace, woken.set, stop)
    task = asyncio.create_task(watch)
    try:
        yield
        assert not task.done()
    finally:
        stop.set()
        started = time.monotonic()
        await asyncio.wait_for(task, 10)
        assert time.monotonic() - started < 5


async def wakes_at_a_change(kube: client.Kubernetes, woken: asyncio.Event) -> None:
    await kube.create(regionalhubs.KIND, {"metadata": {"name": "north"}, "spec": HUB})
    await asyncio.wait_for(woken.wait(), 30)


async def test_an_api_server_that_comes_late_is_watched(
    far_kubeconfig: Path, kube: client.Kubernetes, line: tuple[parts.Line, int]
) -> None:
    """By default Kopf stops looking for kinds after some attempts, and is blind from then on without a word."""
    carrier, _ = line
    carrier.refuses = True
    woken = asyncio.Event()
    async with watching(far_kubeconfig, kube.namespace, woken):

        async def asked() -> bool:
            return carrier.connections > 4

        await polling.until(asked)
        carrier.mend()
        await wakes_at_a_change(kube, woken)


async def test_stopping_does_not_wait_for_an_api_server_that_is_gone(
    far_kubeconfig: Path, kube: client.Kubernetes, line: tuple[parts.Line, int]
) -> None:
    carrier, _ = line
    woken = asyncio.Event()
    async with watching(far_kubeconfig, kube.namespace, woken):
        await wakes_at_a_change(kube, woken)
        carrier.refuses = True
        before = carrier.connections
        carrier.cut()

        async def asked_again() -> bool:
            return carrier.connections > before

        await polling.until(asked_again)


async def test_stopping_leaves_no_socket_to_an_api_server_that_says_no_goodbye(
    far_kubeconfig: Path, kube: client.Kubernetes, line: tuple[parts.Line, int]
) -> None:
    """Kopf ends its watches in the middle of their answers."""
    carrier, port = line
    woken = asyncio.Event()
    async with watching(far_kubeconfig, kube.namespace, woken):
        await wakes_at_a_change(kube, woken)
        assert parts.sockets_to(port)
        carrier.hang()
    assert parts.sockets_to(port) == []


async def test_refused_credentials_are_told_and_not_tried_for_ever(
    kubeconfig: Path, kube: client.Kubernetes, tmp_path: Path
) -> None:
    path = parts.as_nobody(kubeconfig, tmp_path)
    watch = kopf_watching.watch(path, (regionalhubs.KIND,), kube.namespace, lambda: None, asyncio.Event())
    with pytest.raises(errors.Refused, match="takes our credentials no longer: renew them"):
        await asyncio.wait_for(watch, 30)
