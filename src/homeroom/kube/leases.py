"""One active writer: a Kubernetes Lease that is renewed in time, or given up before anybody else may take it."""

import asyncio
import contextlib
import math
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from types import TracebackType
from typing import Any, Self

import structlog

from homeroom.domain import errors
from homeroom.kube import answers, client
from homeroom.resources import kinds

KIND = kinds.Kind(group="coordination.k8s.io", version="v1", kind="Lease", plural="leases")

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Timing:
    """How long a lease lasts and how it is kept; the order of the three is what makes it safe.

    Attributes:
        duration: others may take the lease when they have seen it unchanged for so long.
        renew_deadline: the holder stops being one when it could not renew for so long; shorter than ``duration``,
            so that the old writer has stopped before a new one starts, whatever their clocks say.
        retry: time between two attempts to take or renew it.
    """

    duration: timedelta = timedelta(seconds=10)
    renew_deadline: timedelta = timedelta(seconds=6)
    retry: timedelta = timedelta(seconds=1.5)

    def __post_init__(self) -> None:
        if not timedelta(0) < self.retry < self.renew_deadline < self.duration:
            raise errors.SpecError("a lease needs retry < renew_deadline < duration, all above zero")


@dataclass(frozen=True, slots=True)
class _Seen:
    """One state of the lease and when we first saw it, by our own monotonic clock."""

    resource_version: str
    since: float


class _TakenByAnotherError(errors.HomeroomError):
    """The API server says that somebody else holds the lease."""


class Lease:
    """Being the one active writer; ``async with`` waits for its turn and gives the lease back at the end.

    Whether another holder is gone is judged by how long *we* have seen its lease unchanged, never by comparing clocks
    of two machines. The identity is new in every process, so a restarted holder gets a higher epoch too.

    Args:
        kube: where the lease lives.
        name: of the Lease object, such as ``district-operator``.
        on_loss: called once when the lease is lost; what depends on it must stop now.
        timing: how long and how often.
        monotonic: seconds that never go back.
    """

    def __init__(
        self,
        kube: client.Kubernetes,
        name: str,
        *,
        on_loss: Callable[[], None],
        timing: Timing | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.identity = f"{name}-{uuid.uuid4()}"
        self._kube = kube
        self._name = name
        self._on_loss = on_loss
        self._timing = timing or Timing()
        self._monotonic = monotonic
        self._seen: _Seen | None = None
        self._held: dict[str, Any] | None = None
        self._renewed = 0.0
        self._task: asyncio.Task[None] | None = None

    @property
    def is_held(self) -> bool:
        """Whether we may write at this moment."""
        return (
            self._held is not None and self._monotonic() - self._renewed < self._timing.renew_deadline.total_seconds()
        )

    @property
    def epoch(self) -> int:
        """Rises with every new holder; a write that carries a lower one than was seen before is from the past.

        Raises:
            NotReady: the lease is not ours, so no epoch is.
        """
        if self._held is None or not self.is_held:
            raise errors.NotReady(f"lease {self._name} is not held")
        return int(self._held["spec"]["leaseTransitions"])

    async def __aenter__(self) -> Self:
        """Returns when the lease is ours, however long another holder keeps it; cancel it to give up."""
        while True:
            if await self._attempted():
                break
            await asyncio.sleep(self._timing.retry.total_seconds())
        _log.info("lease_taken", lease=self._name, epoch=self.epoch)
        self._task = asyncio.create_task(self._keep(), name=f"lease {self._name}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Gives the lease back, so that the next holder need not wait for it to run out."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._held is not None:
            held, self._held = self._held, None
            with contextlib.suppress(errors.HomeroomError):  # it runs out by itself
                await self._kube.replace(KIND, _changed(held, holderIdentity=""))

    async def _keep(self) -> None:
        while self.is_held:
            await asyncio.sleep(min(self._timing.retry.total_seconds(), self._left()))
            try:
                async with asyncio.timeout(self._left()):
                    await self._renew()
            except _TakenByAnotherError:
                break
            except (errors.HomeroomError, TimeoutError) as exc:
                _log.warning("lease_not_renewed", lease=self._name, error=str(exc) or type(exc).__name__)
        self._held = None
        _log.error("lease_lost", lease=self._name)
        self._on_loss()

    def _left(self) -> float:
        """Seconds until we must stop; never negative."""
        return max(0.0, self._renewed + self._timing.renew_deadline.total_seconds() - self._monotonic())

    async def _renew(self) -> None:
        if self._held is None:
            return
        started = self._monotonic()  # before the request: the others count from when it was written
        try:
            self._held = await self._kube.replace(KIND, _changed(self._held, renewTime=_now()))
        except (answers.Conflict, answers.Missing):
            self._held = await self._read_again()
            return
        self._renewed = started

    async def _read_again(self) -> dict[str, Any]:
        """The lease as it is, if still ours: an earlier renewal may have been written without us hearing of it."""
        found = await self._kube.get(KIND, self._name)
        if found is None or not self._is_ours(found):
            raise _TakenByAnotherError(self._name)
        return found

    def _is_ours(self, found: dict[str, Any]) -> bool:
        return bool((found.get("spec") or {}).get("holderIdentity") == self.identity)

    async def _attempted(self) -> bool:
        """Takes the lease if it is free or has run out; whether it is ours now."""
        try:
            started = self._monotonic()
            found = await self._kube.get(KIND, self._name)
            if found is not None and not self._has_run_out(found):
                return False
            self._held = await self._taken(found)
            self._renewed = started
        except (answers.Conflict, answers.AlreadyExists):
            return False  # another one was faster
        except (errors.Unavailable, errors.NotReady) as exc:
            _log.warning("lease_not_reached", lease=self._name, error=str(exc))
            return False
        return True

    async def _taken(self, found: dict[str, Any] | None) -> dict[str, Any]:
        spec = {
            "holderIdentity": self.identity,
            "leaseDurationSeconds": math.ceil(self._timing.duration.total_seconds()),
            "acquireTime": _now(),
            "renewTime": _now(),
        }
        if found is None:
            body = {"metadata": {"name": self._name}, "spec": {**spec, "leaseTransitions": 1}}
            return await self._kube.create(KIND, body)
        transitions = int((found.get("spec") or {}).get("leaseTransitions") or 0)
        return await self._kube.replace(KIND, _changed(found, **spec, leaseTransitions=transitions + 1))

    def _has_run_out(self, found: dict[str, Any]) -> bool:
        """Whether it is free: given back, unchanged for as long as its holder asked, or ours from a lost answer."""
        version, now = str(found["metadata"]["resourceVersion"]), self._monotonic()
        if self._seen is None or self._seen.resource_version != version:
            self._seen = _Seen(version, now)
        spec = found.get("spec") or {}
        if not spec.get("holderIdentity") or self._is_ours(found):
            return True
        return now - self._seen.since >= float(spec.get("leaseDurationSeconds") or 0)


def _changed(lease: dict[str, Any], **spec: Any) -> dict[str, Any]:
    return {**lease, "spec": {**(lease.get("spec") or {}), **spec}}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")
