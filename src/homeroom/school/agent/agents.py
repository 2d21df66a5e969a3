"""One school's agent: gather, decide, apply, for ever, alone if it must be."""

import asyncio
import contextlib
import json
import random
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

import homeroom
from homeroom.domain import assignments, digests, errors, reports
from homeroom.school import metrics, plans
from homeroom.school.agent import closures, decisions, installs, intake, outboxes, ports
from homeroom.school.store import blobs, database, queue, sealing
from homeroom.trust import bundles, director_client, enrolment

Clock = Callable[[], datetime]

_LOG = structlog.get_logger()
_ACTIVE = "active-assignment"


@dataclass(frozen=True, slots=True)
class Pace:
    """How often the agent does things.

    Attributes:
        poll: ask for an assignment and fetch.
        status: send a status report.
        usage: take in what was answered.
        local: look after serving; short, because it is all on this box.
        rest: an endpoint that did not answer is asked last for this long.
        resend: reports that a hub holds without the district's receipt are sent again after this long.
        batch: reports in one request.
    """

    poll: timedelta = timedelta(seconds=30)
    status: timedelta = timedelta(minutes=5)
    usage: timedelta = timedelta(minutes=1)
    local: timedelta = timedelta(milliseconds=500)
    rest: timedelta = timedelta(seconds=15)
    resend: timedelta = timedelta(minutes=1)
    batch: int = 200


@dataclass(slots=True)
class _Seen:
    """What this run has seen; nothing here is needed to be right after a restart."""

    online: bool | None = None
    refused: str | None = None
    serving: plans.Serving | None = None
    applied_at: float = 0.0
    usage_at: float = float("-inf")
    resting: dict[str, datetime] = field(default_factory=dict)


class Agent:
    """Keeps one school running what it was told.

    Use it from one thread. ``open`` does the start-up checks; ``run`` goes on until it is cancelled.

    Args:
        identity: the school's enrolment.
        state: directory of the store.
        links: opens the channels.
        models: whoever answers.
        clock: tells the time; dates are compared with ``max(clock, floor)``.
        pace: how often.
        spool: where serving leaves its counts.
        limits: bytes of waiting reports by class.

    Attributes:
        closures: what the school's office said about closed days.
    """

    def __init__(
        self,
        identity: enrolment.Enrolment,
        state: Path,
        *,
        links: ports.Links,
        models: plans.ModelPort,
        clock: Clock,
        spool: Path,
        pace: Pace | None = None,
        limits: queue.Limits = queue.DEFAULT_LIMITS,
    ) -> None:
        self._identity = identity
        self._links = links
        self._models = models
        self._clock = clock
        self._spool = spool
        self._pace = pace or Pace()
        self._log = _LOG.bind(school=identity.name)
        self._seen = _Seen()
        self._controls: dict[assignments.Endpoint, ports.ControlPort] = {}
        self._bulks: dict[assignments.Endpoint, ports.BulkPort] = {}
        self._store = database.Database.open(state / "store.db")
        self._queue = queue.Queue(
            self._store,
            site_id=identity.site_id,
            epoch=identity.epoch,
            signing_key=identity.signing_key,
            seal_key=identity.seal_key,
            ack_key=identity.ack_key,
            limits=limits,
        )
        self.closures = closures.Closures(self._store, self._queue, clock)
        self._outbox = outboxes.Outbox(
            identity.name,
            identity.site_id,
            self._queue,
            clock=clock,
            status=self._pace.status,
            resend=self._pace.resend,
            batch=self._pace.batch,
        )
        sealer = sealing.Sealer.open(state, identity.site_id, identity.kek)
        kept = blobs.Blobs(state / "blobs", self._store, sealer)
        self._installs = installs.Installs(kept, state / "incoming")
        self._director = director_client.DirectorClient(state / "director", identity.site_id, identity.root)
        spool.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._begin(kept)

    @property
    def name(self) -> str:
        """Of the school."""
        return self._identity.name

    @property
    def waiting(self) -> int:
        """Reports that wait for the district's receipt."""
        return self._queue.count()

    @property
    def serving(self) -> plans.Serving | None:
        """What serving said last."""
        return self._seen.serving

    @property
    def refused(self) -> str | None:
        """Why the newest assignment is not followed; None when it is."""
        return self._seen.refused

    def assignment(self) -> assignments.Assignment | None:
        """The assignment that is followed: verified, and not too new for this agent."""
        text = self._store.fact(_ACTIVE)
        return None if text is None else assignments.parse(json.loads(text))

    async def step(self) -> None:
        """One pass of everything, in the order that lets a fresh school answer soonest."""
        await self.look_after_serving()
        await self.poll()
        await self.fetch()
        await self.look_after_serving()
        await self.report()

    async def run(self) -> None:
        """Go on until cancelled. What is local never waits for what is remote."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._repeat(self.look_after_serving, lambda: self._pace.local))
            group.create_task(self._repeat(self._poll_and_fetch, lambda: self._pace.poll))
            group.create_task(self._repeat(self.report, lambda: min(self._pace.status, self._pace.poll)))

    async def aclose(self) -> None:
        """End connections and close the store."""
        for control in self._controls.values():
            await control.aclose()
        self._store.close()

    async def look_after_serving(self) -> None:
        """Make whoever serves answer from the plan; what was answered is taken in."""
        followed = self.assignment()
        if followed is not None:
            await self._hand_over(followed)
        self._take_in()

    async def poll(self) -> None:
        """Ask the endpoints in order for a newer assignment, and verify what comes."""
        refused: errors.Refused | None = None
        answered = False
        for endpoint, control in self._in_order():
            try:
                bundle = await control.assignment(self._identity.site_id, self._have())
                answered = True
                if bundle is not None:
                    self._accept(bundle)
                refused = None
                break
            except errors.Refused as exc:  # by our check or by the other side: another endpoint may know better
                refused = refused or exc
                answered = True
            except (errors.Unavailable, errors.NotReady, errors.SpecError) as exc:
                self._rest(endpoint, exc)
        self._note_online(online=answered)
        self._note_refused(refused or self._too_new())

    async def fetch(self) -> None:
        """Bring what is missing, stage by stage; each stage serves as soon as it is here."""
        try:
            while (followed := self.assignment()) is not None:
                entry = self._next_release(followed)
                if entry is None or not self._is_fresh() or not await self._fetch_from_any(entry):
                    return
                self._note_complete(followed)
                await self.look_after_serving()
        finally:
            # Installs are rare: between them no connection to a registry is kept.
            for bulk in self._bulks.values():
                await bulk.aclose()
            self._bulks.clear()

    async def report(self) -> None:
        """Queue a status report when it is due, and send what waits."""
        if self._outbox.status_is_due:
            self._queue_status()
        self.closures.queue_kept()
        await self._outbox.send(self._in_order(), self._rest)
        self._outbox.measure()

    def _begin(self, kept: blobs.Blobs) -> None:
        if self._store.quarantined is not None:
            found = kept.recover()
            self._log.error("store_quarantined", moved_to=str(self._store.quarantined), blobs_recovered=found)
        if self._store.fact("started") is not None:
            self._audit("restarted", agentVersion=homeroom.__version__)
        self._store.set_fact("started", self._clock().isoformat())
        stored = self._director.accepted()
        if stored is not None and self._store.fact(_ACTIVE) is None:
            # The database was lost, the verified bundle was not. Its age stops installs, not serving.
            with contextlib.suppress(errors.Refused):
                self._accept(stored)

    def _accept(self, bundle: bundles.Bundle) -> None:
        assignment = self._director.accept(bundle, self._clock())
        metrics.VERSION.labels(self.name).set(assignment.version)
        decisions.refuse_too_new(assignment, homeroom.__version__)
        self._store.set_fact(_ACTIVE, bundle.assignment.decode())
        self._log.info("assignment_accepted", version=assignment.version, entries=len(assignment.entries))
        self._note_complete(assignment)

    def _have(self) -> int:
        """Version of the bundle that is held, 0 for none. Not the high-water mark: a crash may leave that ahead."""
        stored = self._director.accepted()
        return 0 if stored is None else stored.version

    def _too_new(self) -> errors.Refused | None:
        """The refusal of an assignment that was verified but is not followed, as long as it is the newest."""
        stored = self._director.accepted()
        if stored is None or stored.assignment.decode() == self._store.fact(_ACTIVE):
            return None
        try:
            decisions.refuse_too_new(assignments.parse(json.loads(stored.assignment.decode())), homeroom.__version__)
        except errors.Refused as refused:
            return refused
        self._store.set_fact(_ACTIVE, stored.assignment.decode())  # this agent was updated since
        return None

    def _in_order(self) -> list[tuple[assignments.Endpoint, ports.ControlPort]]:
        order = decisions.Endpoints(self._seen.resting).order(self._endpoints(), self._clock())
        for endpoint in order:
            if endpoint not in self._controls:
                self._controls[endpoint] = self._links.control(endpoint)
        return [(endpoint, self._controls[endpoint]) for endpoint in order]

    def _bulk(self, endpoint: assignments.Endpoint) -> ports.BulkPort:
        if endpoint not in self._bulks:
            self._bulks[endpoint] = self._links.bulk(endpoint)
        return self._bulks[endpoint]

    def _endpoints(self) -> tuple[assignments.Endpoint, ...]:
        followed = self.assignment()
        return followed.endpoints if followed is not None and followed.endpoints else self._identity.endpoints

    def _rest(self, endpoint: assignments.Endpoint, exc: errors.HomeroomError) -> None:
        self._seen.resting[endpoint.name] = self._clock() + self._pace.rest
        self._log.debug("endpoint_failed", endpoint=endpoint.name, error=str(exc))

    def _next_release(self, followed: assignments.Assignment) -> assignments.Entry | None:
        installed = self._installs.installed(entry.release for entry in followed.entries)
        return next(iter(decisions.decide_releases(followed, installed)), None)

    def _is_fresh(self) -> bool:
        """Whether new pieces may be installed: the metadata has not expired since it was accepted."""
        stored = self._director.accepted()
        try:
            if stored is not None:
                self._director.accept(stored, self._clock())
        except errors.Refused as refused:
            self._note_refused(refused)
            return False
        return stored is not None

    async def _fetch_from_any(self, entry: assignments.Entry) -> bool:
        refused: errors.Refused | None = None
        for endpoint in decisions.Endpoints(self._seen.resting).order(self._endpoints(), self._clock()):
            try:
                size = await self._installs.fetch_next(entry, self._bulk(endpoint))
            except errors.Refused as exc:
                refused = refused or exc
            except (errors.Unavailable, errors.NotReady, errors.SpecError) as exc:
                self._log.debug("fetch_failed", endpoint=endpoint.name, error=str(exc))
            else:
                metrics.RECEIVED.labels(self.name).inc(size)
                return True
        if refused is not None:
            self._note_refused(refused)
        return False

    def _note_complete(self, followed: assignments.Assignment) -> None:
        """Record, with its audit event, each release that has just become complete; then clear away what is old."""
        installed = self._installs.installed(entry.release for entry in followed.entries)
        known = self._active()
        new = {
            key: release
            for key, release in decisions.decide_active(followed, installed).items()
            if known.get(key) != release
        }
        for (purpose, band), release in new.items():
            payload = {"event": "installed", "purpose": purpose, "band": band, "release": release}
            with self._store.transaction() as connection:
                connection.execute("INSERT OR REPLACE INTO active VALUES (?, ?, ?)", (purpose, band, release))
                self._queue.append_within(connection, reports.ReportClass.AUDIT, payload, self._clock())
            self._log.info("release_installed", purpose=purpose, band=band, release=release)
        if new and not decisions.decide_releases(followed, installed):
            self._installs.collect(decisions.decide_kept(followed, self._active()))

    def _active(self) -> dict[decisions.Key, digests.Digest]:
        rows = self._store.rows("SELECT purpose, band, release FROM active")
        return {(str(purpose), str(band)): digests.Digest(str(release)) for purpose, band, release in rows}

    async def _hand_over(self, followed: assignments.Assignment) -> None:
        active = self._active()
        installed = self._installs.installed(decisions.decide_kept(followed, active))
        plan = decisions.build_plan(followed, installed, active)
        try:
            serving = await self._models.serving()
            since = timedelta(seconds=time.monotonic() - self._seen.applied_at)
            if decisions.plan_is_due(plan, serving, since):
                self._seen.applied_at = time.monotonic()
                serving = await self._models.apply(plan, self._installs.read)
                self._log.info("plan_applied", entries=len(plan.entries), serving=decisions.summary(serving))
        except errors.Unavailable as exc:
            self._log.debug("serving_down", error=str(exc))
            serving = decisions.is_down(plan)
        self._note_serving(serving)

    def _note_serving(self, serving: plans.Serving) -> None:
        before, self._seen.serving = self._seen.serving, serving
        if decisions.summary(before) != decisions.summary(serving):
            self._queue_status()

    def _take_in(self) -> None:
        if time.monotonic() - self._seen.usage_at >= self._pace.usage.total_seconds():
            self._seen.usage_at = time.monotonic()
            intake.take_in(self._spool, self._store, self._queue, self._clock())

    def _queue_status(self) -> None:
        self._outbox.queue_status(self.assignment(), self._seen.serving, self._seen.refused)

    def _note_online(self, *, online: bool) -> None:
        metrics.ONLINE.labels(self.name).set(online)
        before, self._seen.online = self._seen.online, online
        if before is not None and before != online:
            self._audit("online" if online else "offline")

    def _note_refused(self, refused: errors.Refused | None) -> None:
        reason = None if refused is None else refused.reason
        changed, self._seen.refused = reason != self._seen.refused, reason
        if changed and refused is not None:
            metrics.REFUSED.labels(self.name, refused.reason).inc()
            self._log.warning("refused", reason=refused.reason, error=str(refused))
            self._audit("refused", reason=refused.reason)
        if changed:
            self._queue_status()

    def _audit(self, event: str, **details: Any) -> None:
        self._queue.append(reports.ReportClass.AUDIT, {"event": event, **details}, self._clock())

    async def _poll_and_fetch(self) -> None:
        await self.poll()
        await self.fetch()

    async def _repeat(self, work: Callable[[], Awaitable[None]], pause: Callable[[], timedelta]) -> None:
        """The outermost frame of each loop: an error of ours is logged and the school goes on."""
        while True:
            try:
                await work()
            except errors.HomeroomError as exc:
                self._log.warning("step_failed", error=str(exc), kind=type(exc).__name__)
            # Jitter keeps thousands of schools that came back with the power from asking in step.
            await asyncio.sleep(pause().total_seconds() * random.uniform(0.8, 1.2))  # noqa: S311 - no secret
