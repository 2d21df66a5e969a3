"""The watch cache, over a line that breaks in every way a line does."""

import random
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import pytest
from tests import polling

from homeroom.domain import errors
from homeroom.kube import cache, client, watches
from homeroom.resources import objects, regionalhubs

pytestmark = pytest.mark.real

HUB = regionalhubs.KIND
SHORT = timedelta(seconds=2)


def a_hub(name: str, cache_mib: int = 100) -> dict[str, Any]:
    endpoints = regionalhubs.Endpoints(control="https://hub:1", bulk="https://hub:2")
    return objects.build(HUB, name, regionalhubs.Spec(region="west", endpoints=endpoints, cache_mib=cache_mib))


async def shows(kept: cache.WatchCache, expected: dict[str, int]) -> None:
    """Returns when the cache holds exactly these hubs with these sizes."""

    async def attempt() -> bool:
        return {name: body["spec"]["cacheMiB"] for name, body in kept.items().items()} == expected

    await polling.until(attempt)


async def test_cache_follows_creation_change_and_deletion(kube: client.Kubernetes) -> None:
    await kube.create(HUB, a_hub("old", 1))
    async with cache.WatchCache(kube, HUB) as kept:
        await kept.wait_synced()
        assert set(kept.items()) == {"old"}
        await kube.create(HUB, a_hub("new", 2))
        await shows(kept, {"old": 1, "new": 2})
        await kube.patch_spec(HUB, "new", {"cacheMiB": 3})
        await kube.delete(HUB, "old")
        await shows(kept, {"new": 3})
        assert kept.get("old") is None


async def test_cache_goes_on_after_the_line_was_reset(
    kube: client.Kubernetes, far_kube: client.Kubernetes, line: Any
) -> None:
    """What happened meanwhile is not missed, and the old copy stays readable."""
    await kube.create(HUB, a_hub("first", 1))
    async with cache.WatchCache(far_kube, HUB) as kept:
        await kept.wait_synced()
        line[0].refuses = True
        line[0].cut()
        await kube.create(HUB, a_hub("meanwhile", 2))
        await kube.delete(HUB, "first")
        assert set(kept.items()) == {"first"}
        line[0].mend()
        await shows(kept, {"meanwhile": 2})


async def test_cache_notices_a_hung_line(kube: client.Kubernetes, far_kube: client.Kubernetes, line: Any) -> None:
    """A line that carries nothing and says nothing is given up after the inactivity deadline."""
    async with cache.WatchCache(far_kube, HUB, inactivity=SHORT) as kept:
        await kept.wait_synced()
        line[0].hang()
        await kube.create(HUB, a_hub("meanwhile", 2))
        before = line[0].connections

        async def tried_again() -> bool:
            return bool(line[0].connections > before)

        await polling.until(tried_again)
        line[0].mend()
        await shows(kept, {"meanwhile": 2})


@pytest.mark.parametrize("version", ["1", "999999999999"], ids=["compacted", "future"])
async def test_cache_lists_again_when_the_server_does_not_know_its_version(
    kube: client.Kubernetes, monkeypatch: pytest.MonkeyPatch, version: str
) -> None:
    """410 Gone, or silence after a restore from backup: the copy is made anew."""
    await kube.create(HUB, a_hub("kept", 1))
    lists: list[int] = []
    listing, watch = kube.listing, kube.watch

    async def counted(*args: Any) -> client.Listing:
        lists.append(1)
        return await listing(*args)

    def first_from_elsewhere(kind: Any, found: str | None, **options: Any) -> Any:
        return watch(kind, version if len(lists) == 1 else found, **options)

    monkeypatch.setattr(kube, "listing", counted)
    monkeypatch.setattr(kube, "watch", first_from_elsewhere)
    async with cache.WatchCache(kube, HUB, inactivity=SHORT) as kept:
        await kept.wait_synced()
        await kube.create(HUB, a_hub("new", 2))
        await shows(kept, {"kept": 1, "new": 2})
        await kube.delete(HUB, "kept")
        await shows(kept, {"new": 2})


async def test_watch_without_a_version_starts_with_what_is_there(kube: client.Kubernetes) -> None:
    await kube.create(HUB, a_hub("west"))
    async with aclosing(kube.watch(HUB)) as events:
        async for event in events:
            assert (event.type, event.name) == (watches.EventType.ADDED, "west")
            break


async def test_cache_that_cannot_list_says_so(far_kube: client.Kubernetes, line: Any) -> None:
    line[0].refuses = True
    async with cache.WatchCache(far_kube, HUB) as kept:
        with pytest.raises(errors.Unavailable, match=r"regionalhubs could not be listed within 0\.5 s"):
            await kept.wait_synced(timedelta(seconds=0.5))


async def test_cache_starts_when_the_api_server_comes(
    kube: client.Kubernetes, far_kube: client.Kubernetes, line: Any
) -> None:
    """An operator may start before its API server."""
    await kube.create(HUB, a_hub("west", 1))
    line[0].refuses = True
    async with cache.WatchCache(far_kube, HUB) as kept:

        async def tried() -> bool:
            return bool(line[0].connections > 1)

        await polling.until(tried)
        line[0].mend()
        await kept.wait_synced()
        await shows(kept, {"west": 1})


def test_pause_grows_and_stays_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(random, "uniform", max)
    assert [cache._pause(n).total_seconds() for n in (1, 2, 3, 99)] == [0.2, 0.4, 0.8, 10]
