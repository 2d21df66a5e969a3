"""The two loops of the operator: one talks and decides often, the other fetches for as long as it takes.

They are apart because a release over a slow line takes minutes, and an assignment that needs nothing new should not
wait behind it.
"""

import asyncio
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

import structlog

from homeroom.domain import errors, prefetch
from homeroom.hub.operator import changes, conditions, fetching, knowledge, metrics, statuses
from homeroom.hub.store import bundles, cache, database, queue
from homeroom.packaging import artifacts
from homeroom.resources import kinds, regionalhubs

log = structlog.get_logger()

_MIB = 2**20
_RETRY_SECONDS = 2.0


class Cluster(Protocol):
    """The part of ``kube.client.Kubernetes`` that the sweep needs."""

    async def get(self, kind: kinds.Kind, name: str) -> dict[str, Any] | None:
        """The object."""

    async def write_status(
        self, kind: kinds.Kind, name: str, status: dict[str, Any], resource_version: str
    ) -> dict[str, Any]:
        """Replaces the status."""


@dataclass(frozen=True, slots=True)
class Timing:
    """How often and how patient.

    Attributes:
        poll: between questions to the district, give or take a fifth.
        offline_after: without an answer for so long, the district is away.
        recheck: between questions to the registry whether it still holds everything.
    """

    poll: timedelta
    offline_after: timedelta
    recheck: timedelta


@dataclass(frozen=True, slots=True)
class Parts:
    """What the sweep works with; built in ``main``."""

    hub: str
    store: database.Database
    cluster: Cluster
    district: changes.District
    source: fetching.Source
    target: fetching.Target
    directory: Path
    meters: metrics.Meters
    clock: Callable[[], datetime]
    chance: random.Random


class Sweep:
    """Keeps the hub at what its schools need.

    Attributes:
        wake: set it to have the next pass at once.
        passed_at: when the last pass ended, for the liveness probe.
    """

    def __init__(self, parts: Parts, timing: Timing) -> None:
        self._parts = parts
        self._timing = timing
        self._known = knowledge.Knowledge()
        self._fetch = asyncio.Event()
        self._said: dict[prefetch.Release, str] = {}
        self.wake = asyncio.Event()
        self.passed_at = parts.clock()

    async def run(self, stop: asyncio.Event) -> None:
        """Passes until ``stop`` is set."""
        while not stop.is_set():
            self.wake.clear()
            try:
                await self.step()
            except errors.HomeroomError as exc:
                self._parts.meters.passes.labels(outcome=type(exc).__name__).inc()
                log.warning("pass_failed", why=str(exc))
            else:
                self._parts.meters.passes.labels(outcome="done").inc()
            self.passed_at = self._parts.clock()
            seconds = self._timing.poll.total_seconds() * self._parts.chance.uniform(0.8, 1.2)
            await _wait(self.wake, stop, seconds)

    async def run_fetching(self, stop: asyncio.Event) -> None:
        """Fetches until ``stop`` is set; a fetch that is under way is given up, and resumed after the next start."""
        ended = asyncio.ensure_future(stop.wait())
        while not stop.is_set():
            self._fetch.clear()
            working = asyncio.ensure_future(self.fetch_missing())
            await asyncio.wait({working, ended}, return_when=asyncio.FIRST_COMPLETED)
            if not working.done():
                working.cancel()
                await asyncio.wait({working})
                break
            seconds = _RETRY_SECONDS if working.result() else self._timing.poll.total_seconds()
            await _wait(self._fetch, stop, seconds)
        ended.cancel()

    async def step(self) -> None:
        """One pass: hear what changed, look what is there, offer what is ready, say how it is."""
        parts = self._parts
        body = await self._gather_hub()
        await changes.gather_changes(parts.store, parts.district, parts.hub, self._known, parts.meters, parts.clock)
        await self._check_registry()
        decision = await self._offer_ready()
        if decision.fetch:
            self._fetch.set()
        if body is not None:
            await self._write_status(body, decision)

    async def fetch_missing(self) -> bool:
        """Fetches everything that is missing, what schools wait for first.

        Returns:
            Whether something that schools wait for is still missing.
        """
        decision = await self._decide()
        problems: list[conditions.Problem] = []
        for position, release in enumerate(decision.fetch):
            problem = await self._fetch_one(release)
            if problem is None:
                await self._offer_ready()
                self.wake.set()
            elif position < decision.needed:
                problems.append(problem)
        if decision.needed or not self._registry_failed():
            self._known.problem = problems[0] if problems else None
        return bool(problems)

    async def _gather_hub(self) -> dict[str, Any] | None:
        try:
            body = await self._parts.cluster.get(regionalhubs.KIND, self._parts.hub)
            if body is None:
                log.warning(
                    "hub_missing", hub=self._parts.hub, act="create a RegionalHub of this name in the hub's API"
                )
                return None
            self._known.limit_bytes = regionalhubs.parse(body).spec.cache_mib * _MIB
        except errors.HomeroomError as exc:
            # The hub goes on with what it last knew: its schools do not depend on its API server.
            log.warning("hub_unreadable", why=str(exc))
            return None
        return body

    async def _decide(self) -> prefetch.PrefetchDecision:
        held = await self._parts.store.run(bundles.held)
        present = await self._parts.store.run(cache.releases)
        return prefetch.decide_prefetch(held, frozenset(present))

    async def _offer_ready(self) -> prefetch.PrefetchDecision:
        decision = await self._decide()
        if decision.withdraw:
            log.warning("assignments_withdrawn", count=len(decision.withdraw), why="the registry lost a release")
            await self._parts.store.run(bundles.withdraw, decision.withdraw)
        if decision.offer:
            log.info("assignments_offered", count=len(decision.offer))
            await self._parts.store.run(bundles.offer, decision.offer)
        self._parts.meters.missing.set(decision.needed)
        return decision

    async def _check_registry(self) -> None:
        now, known = self._parts.clock(), self._known
        if known.checked_at is not None and now - known.checked_at < self._timing.recheck:
            return
        try:
            for release, blobs in (await self._parts.store.run(cache.releases)).items():
                if not await fetching.is_whole(release, blobs, self._parts.target):
                    log.warning("release_lost", repository=release.repository, release=release.digest)
                    await self._parts.store.run(cache.remove, release)
        except fetching.RegistryUnavailable as exc:
            known.problem = _registry_problem(exc)
            return
        if self._registry_failed():
            known.problem = None
        known.checked_at = now

    def _registry_failed(self) -> bool:
        problem = self._known.problem
        return problem is not None and problem.reason is regionalhubs.ReadyReason.REGISTRY_UNAVAILABLE

    async def _fetch_one(self, release: prefetch.Release) -> conditions.Problem | None:
        parts = self._parts
        try:
            blobs = await fetching.fetch(
                release, parts.source, parts.target, directory=parts.directory, admit=self._admit
            )
        except errors.HomeroomError as exc:
            parts.meters.fetched.labels(outcome=type(exc).__name__).inc()
            self._say_once(release, str(exc))
            return _problem(release, exc)
        self._said.pop(release, None)
        await parts.store.run(cache.add, release, blobs)
        parts.meters.cached_bytes.set(await parts.store.run(cache.size_bytes))
        parts.meters.fetched.labels(outcome="done").inc()
        log.info("release_cached", repository=release.repository, release=release.digest)
        return None

    def _say_once(self, release: prefetch.Release, why: str) -> None:
        if self._said.get(release) != why:  # every poll tries again; the log hears of it when something changed
            self._said[release] = why
            log.warning("release_not_fetched", repository=release.repository, release=release.digest, why=why)

    async def _admit(self, blobs: tuple[artifacts.Blob, ...]) -> None:
        if self._known.limit_bytes is None:
            raise errors.NotReady(f"RegionalHub {self._parts.hub} has not been read yet, so its cacheMiB is not known")
        present = await self._parts.store.run(cache.releases)
        there = frozenset[str]().union(*present.values())
        cached_bytes = await self._parts.store.run(cache.size_bytes)
        missing = prefetch.missing_bytes(
            cached_bytes=cached_bytes,
            release_bytes=sum(blob.size_bytes for blob in blobs if blob.digest not in there),
            limit_bytes=self._known.limit_bytes,
        )
        if missing:
            raise fetching.CacheFull(f"{-(-missing // _MIB)} MiB more are needed: raise spec.cacheMiB")

    async def _write_status(self, body: dict[str, Any], decision: prefetch.PrefetchDecision) -> None:
        parts, known, now = self._parts, self._known, self._parts.clock()
        observed = conditions.Observed(
            last_contact=known.last_contact,
            offline_after=self._timing.offline_after,
            version_problem=known.version_problem or await self._unreadable(),
            missing=decision.fetch[: decision.needed],
            problem=known.problem,
        )
        status = statuses.build_status(
            body,
            conditions.decide_conditions(observed, now),
            cached=await parts.store.run(cache.releases),
            queued_reports=await parts.store.run(queue.waiting_since, now - self._timing.offline_after),
            last_contact=known.last_contact,
            now=now,
        )
        if statuses.has_turned(body.get("status") or {}, status):
            metadata = body["metadata"]
            await parts.cluster.write_status(regionalhubs.KIND, parts.hub, status, metadata["resourceVersion"])
            parts.meters.status_writes.inc()

    async def _unreadable(self) -> str:
        count = await self._parts.store.run(bundles.unreadable)
        return f"{count} assignments are of a newer schema than this hub can read: update the hub." if count else ""


def _problem(release: prefetch.Release, error: errors.HomeroomError) -> conditions.Problem:
    reasons = regionalhubs.ReadyReason
    if isinstance(error, fetching.RegistryUnavailable):
        return _registry_problem(error)
    name = f"{release.repository}@{release.digest}"
    if isinstance(error, fetching.CacheFull):
        return conditions.Problem(reasons.CACHE_FULL, f"{name} does not fit: {error}")
    if isinstance(error, errors.Unavailable):
        return conditions.Problem(reasons.FETCHING, f"The district's registry does not answer; {name} waits.")
    return conditions.Problem(reasons.FETCHING, f"{name} cannot be fetched: {error}")


def _registry_problem(error: fetching.RegistryUnavailable) -> conditions.Problem:
    log.warning("registry_unavailable", why=str(error))
    return conditions.Problem(
        regionalhubs.ReadyReason.REGISTRY_UNAVAILABLE,
        "The hub's registry does not answer: start it, or look at its log.",
    )


async def _wait(event: asyncio.Event, stop: asyncio.Event, seconds: float) -> None:
    waits = [asyncio.ensure_future(item.wait()) for item in (event, stop)]
    await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for wait in waits:
        wait.cancel()
