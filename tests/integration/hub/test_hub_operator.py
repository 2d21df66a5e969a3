"""The whole hub on real parts: its API server, its registry, the district's registry, relay and operator."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests import builders
from tests.integration.hub.conftest import HUB, District, Files, Launch, Process, eventually, free_port

from homeroom.domain import assignments, conditions, digests, releases
from homeroom.kube import client as kube
from homeroom.kube import conditions as kube_conditions
from homeroom.packaging import artifacts
from homeroom.resources import regionalhubs
from homeroom.transport.control import client, peers
from homeroom.transport.oci import client as oci
from homeroom.trust import bundles

pytestmark = pytest.mark.real

SITE = builders.a_site_id("school-01")
REPOSITORY = "releases/reading-support"


def an_artifact(text: bytes) -> artifacts.Artifact:
    stage = releases.StageFile(releases.Stage.FALLBACK, releases.Format.GROUP_RATES, digests.of_bytes(text), len(text))
    config = releases.ReleaseConfig("reading", "support-offer", ("K-2",), ("a",), "score", 30, (), (stage,))
    return artifacts.build(config, {releases.Stage.FALLBACK: text}, {})


def a_bundle(version: int, release: digests.Digest) -> bundles.Bundle:
    """Unsigned: a hub looks at no signature, it only reads which releases are named."""
    entry = builders.an_entry(release=release, repository=REPOSITORY)
    assignment = assignments.Assignment(SITE, version, (entry,), (), "0.1.0")
    content = digests.canonical_json(assignment.to_json())
    return bundles.Bundle(SITE, version, (b"root",), b"timestamp", b"snapshot", b"targets", content)


async def push(registry: oci.OciClient, artifact: artifacts.Artifact) -> None:
    for blob in artifact.blobs:
        await registry.push_blob(REPOSITORY, blob)
    await registry.push_manifest(REPOSITORY, artifact.manifest)


async def test_a_school_hears_of_a_release_only_when_the_hub_has_it(
    start_plane: Callable[[str], Any],
    start_registry: Callable[[str], Any],
    launch: Launch,
    files: Files,
    district: District,
    district_url: str,
    tmp_path: Path,
) -> None:
    """Assigned before it is in any registry: the school sees nothing; once it can be fetched, it sees the bundle.

    Then a second release, and the district goes away: what the hub has stays offered, and the status says since when.
    """
    plane, near, far = await asyncio.to_thread(
        lambda: (start_plane("hub"), start_registry("hub-near"), start_registry("hub-far"))
    )
    identity, port = files(peers.hub_uri(HUB)), free_port()
    common = {
        "hub": HUB,
        "database": tmp_path / "hub.sqlite",
        "district_url": district_url,
        "ca": identity.ca,
        "certificate": identity.certificate,
        "key": identity.key,
    }
    first, second = an_artifact(b'{"first": 1}'), an_artifact(b'{"second": 2}')
    district.published.append(a_bundle(1, first.digest))
    admin = plane.kubeconfig("admin", ("system:masters",))
    async with (
        kube.connect(admin, field_manager="test") as cluster,
        oci.OciClient(near.url, identity) as hub_registry,
        oci.OciClient(far.url, identity) as district_registry,
        client.ControlClient(f"https://127.0.0.1:{port}", files(peers.site_uri(SITE))) as school,
    ):
        await cluster.create(regionalhubs.KIND, a_hub(f"https://127.0.0.1:{port}", near.url))
        relay = launch("homeroom.hub.relay.main", "HOMEROOM_RELAY_", port=port, metrics_port=free_port(), **common)
        operator = launch(
            "homeroom.hub.operator.main",
            "HOMEROOM_OPERATOR_",
            kubeconfig=plane.kubeconfig("hub-operator", ("homeroom:operators",)),
            cache_directory=tmp_path / "cache",
            district_registry_url=far.url,
            registry_url=near.url,
            metrics_port=free_port(),
            poll_seconds=0.3,
            offline_after_seconds=2,
            **common,
        )

        async def state(type_: str) -> conditions.Condition | None:
            body = await cluster.get(regionalhubs.KIND, HUB)
            return None if body is None else conditions.find(kube_conditions.parse(body), type_)

        async def is_fetching() -> bool:
            found = await state("Ready")
            return found is not None and found.reason == "Fetching"

        await eventually(is_fetching, seconds=60)
        assert await school.assignment(SITE, 0) is None

        await push(district_registry, first)
        await seen(school, hub_registry, have=0, expected=1, release=first.digest)

        district.published.append(a_bundle(2, second.digest))
        await push(district_registry, second)
        await seen(school, hub_registry, have=1, expected=2, release=second.digest)

        async def is_ready() -> bool:
            body = await cluster.get(regionalhubs.KIND, HUB)
            cached = (body or {}).get("status", {}).get("cachedReleases", [])
            found = await state("Ready")
            return set(cached) == {first.digest, second.digest} and found is not None and found.reason == "Ready"

        await eventually(is_ready)
        written = (await cluster.get(regionalhubs.KIND, HUB) or {})["metadata"]["resourceVersion"]
        await asyncio.sleep(1.5)  # five polls: the rule is that nothing is written, which has no event to wait for
        assert (await cluster.get(regionalhubs.KIND, HUB) or {})["metadata"]["resourceVersion"] == written

        await both_end(relay, operator)


async def seen(
    school: client.ControlClient, hub_registry: oci.OciClient, *, have: int, expected: int, release: digests.Digest
) -> None:
    """Polls as a school does; each time it sees a bundle, the registry must have the release already."""

    async def sees_it() -> bool:
        bundle = await school.assignment(SITE, have)
        if bundle is None:
            return False
        assert bundle.version == expected
        assert await hub_registry.has_manifest(REPOSITORY, release)
        return True

    await eventually(sees_it)


async def both_end(relay: Process, operator: Process) -> None:
    """Both processes end on SIGTERM within five seconds, with status 0."""
    assert await asyncio.to_thread(operator.end) == 0
    assert await asyncio.to_thread(relay.end) == 0


def a_hub(control: str, bulk: str) -> dict[str, Any]:
    spec = {"region": "north", "endpoints": {"control": control, "bulk": bulk}, "cacheMiB": 64}
    return {"metadata": {"name": HUB}, "spec": spec}
