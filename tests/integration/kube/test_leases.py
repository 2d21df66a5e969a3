"""The lease of the one active writer, on the real API server."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from tests import polling

from homeroom.domain import errors
from homeroom.kube import client, leases

pytestmark = pytest.mark.real

FAST = leases.Timing(duration=timedelta(seconds=3), renew_deadline=timedelta(seconds=1.5), retry=timedelta(seconds=0.2))


def never() -> None:
    pytest.fail("the lease was lost")


async def test_holder_has_the_lease_until_it_gives_it_back(kube: client.Kubernetes) -> None:
    """The next holder takes a released lease at once, with a higher epoch."""
    async with leases.Lease(kube, "operator", on_loss=never, timing=FAST) as first:
        assert (first.is_held, first.epoch) == (True, 1)
    assert not first.is_held
    with pytest.raises(errors.NotReady, match="is not held"):
        _ = first.epoch
    started = asyncio.get_running_loop().time()
    async with leases.Lease(kube, "operator", on_loss=never, timing=FAST) as second:
        assert second.epoch == 2
        assert asyncio.get_running_loop().time() - started < FAST.duration.total_seconds()


async def test_second_holder_waits_while_the_first_renews(kube: client.Kubernetes) -> None:
    """Longer than the duration: renewing is what keeps it."""
    async with leases.Lease(kube, "operator", on_loss=never, timing=FAST) as first:
        waiting = leases.Lease(kube, "operator", on_loss=never, timing=FAST)
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(FAST.duration.total_seconds() * 1.5), waiting:
                pytest.fail("two writers at once")
        assert first.is_held


async def test_cut_off_holder_stops_before_the_next_one_starts(
    kube: client.Kubernetes, far_kube: client.Kubernetes, line: Any
) -> None:
    """The loss is told, and from that moment on nothing counts as held; only then does the lease run out."""
    lost = asyncio.Event()
    async with leases.Lease(far_kube, "operator", on_loss=lost.set, timing=FAST) as first:
        line[0].hang()
        async with leases.Lease(kube, "operator", on_loss=never, timing=FAST) as second:
            assert lost.is_set()
            assert not first.is_held
            assert second.epoch == 2
        line[0].mend()


async def test_holder_learns_when_somebody_took_the_lease(kube: client.Kubernetes) -> None:
    """As after a long sleep of the machine."""
    lost = asyncio.Event()
    async with leases.Lease(kube, "operator", on_loss=lost.set, timing=FAST):

        async def stolen() -> bool:
            found = await kube.get(leases.KIND, "operator")
            assert found is not None
            found["spec"]["holderIdentity"] = "somebody-else"
            try:
                await kube.replace(leases.KIND, found)
            except errors.NotReady:  # the holder renewed in between
                return False
            return True

        await polling.until(stolen)
        await asyncio.wait_for(lost.wait(), timeout=5)


async def test_someone_elses_note_on_the_lease_is_no_loss(kube: client.Kubernetes) -> None:
    """A conflict alone proves nothing: the holder reads again and goes on while it is still its lease."""
    async with leases.Lease(kube, "operator", on_loss=never, timing=FAST) as held:
        await kube.apply(leases.KIND, {"metadata": {"name": "operator", "labels": {"seen": "yes"}}})
        before = await renewed(kube)

        async def renewed_again() -> bool:
            return await renewed(kube) != before

        await polling.until(renewed_again)
        assert held.is_held


async def renewed(kube: client.Kubernetes) -> str:
    found = await kube.get(leases.KIND, "operator")
    assert found is not None
    return str(found["spec"]["renewTime"])


def test_timing_in_which_two_could_write_is_refused() -> None:
    with pytest.raises(errors.SpecError, match="retry < renew_deadline < duration"):
        leases.Timing(duration=timedelta(seconds=5), renew_deadline=timedelta(seconds=5))
