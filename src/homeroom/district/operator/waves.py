"""One pass over one RolloutWave: gather objects and reports, decide, publish assignments, write the status."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa

from homeroom.district import database, publishing
from homeroom.district.database import assignments as published
from homeroom.district.database import states, wave_sites
from homeroom.district.operator import metrics, statuses, waveplans, world
from homeroom.domain import assignments, entries, errors, slots, waves
from homeroom.resources import rolloutwaves


@dataclass(frozen=True, slots=True)
class Rows:
    """What the database holds, as of one moment.

    Attributes:
        slots: of every wave, by wave.
        states: what schools said last.
        told: newest assignment of each school.
    """

    slots: dict[str, tuple[slots.Slot, ...]]
    states: dict[assignments.SiteId, states.StateRow]
    told: dict[assignments.SiteId, assignments.Assignment]


class WavePass:
    """Brings one RolloutWave further each time it is called.

    Args:
        look: the objects as of now.
        kube: takes the status.
        rows: the district database.
        publisher: signs and publishes.
        offline_after: a school that was silent for longer is out of reach.
        counts: where publications are counted.
        clock: aware current time.
    """

    def __init__(
        self,
        *,
        look: Callable[[], world.World],
        kube: statuses.StatusWriter,
        rows: database.Database,
        publisher: publishing.Publisher,
        offline_after: timedelta,
        counts: metrics.Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._look = look
        self._kube = kube
        self._rows = rows
        self._publisher = publisher
        self._offline_after = offline_after
        self._counts = counts
        self._clock = clock
        # Two waves decide on the same schools: their passes must not overlap between reading and writing.
        self._one_at_a_time = asyncio.Lock()

    async def reconcile(self, name: str) -> bool:
        """One pass; whether anything was written.

        Raises:
            SpecError: the object cannot be read by this version.
            Refused, NotReady: another operator writes now.
        """
        async with self._one_at_a_time:
            seen = self._look()
            body = seen.waves.get(name)
            if body is None:
                return False
            wave = rolloutwaves.parse(body)
            rows = await asyncio.to_thread(self._read)
            now = self._clock()
            plan = waveplans.build(wave, seen, rows.slots)
            decision = waves.decide_wave(self._observed(plan, rows, now), plan.plan, now)
            changed = await asyncio.to_thread(self._apply, plan, decision, seen)
            fields = _fields(wave, decision, plan)
            wrote = await statuses.write_changed(self._kube, rolloutwaves.KIND, body, decision.conditions, fields, now)
            return wrote or changed

    async def forget_deleted(self) -> None:
        """Drops what is remembered of waves that were deleted; assignments stay as they are."""
        async with self._one_at_a_time:
            await asyncio.to_thread(self._forget_deleted, frozenset(self._look().waves))

    def _forget_deleted(self, existing: frozenset[str]) -> None:
        # What is remembered of a wave was made from the same cache, so a wave that is not there is gone, not unseen.
        with self._rows.read() as connection:
            deleted = sorted(set(wave_sites.every(connection)) - existing)
        if deleted:
            with self._rows.write() as connection:
                for name in deleted:
                    wave_sites.remove(connection, name)

    def _read(self) -> Rows:
        with self._rows.read() as connection:
            every = wave_sites.every(connection)
            return Rows(
                slots={wave: tuple(to_slot(row) for row in rows) for wave, rows in every.items()},
                states=states.every(connection),
                told=published.every_latest(connection),
            )

    def _observed(self, plan: waveplans.WavePlan, rows: Rows, now: datetime) -> waves.ObservedWave:
        schools = tuple(self._school(plan, slot, rows, now) for slot in plan.slots if slot.site_id in plan.by_id)
        return waves.ObservedWave(schools=schools, invalid=plan.invalid, waiting=plan.waiting, complete=plan.complete)

    def _school(self, plan: waveplans.WavePlan, slot: slots.Slot, rows: Rows, now: datetime) -> slots.School:
        site, state, told = plan.by_id[slot.site_id], rows.states.get(slot.site_id), rows.told.get(slot.site_id)
        return slots.School(
            site=site,
            slot=slot,
            reachable=state is not None and now - state.last_report_at <= self._offline_after,
            reported_at=None if state is None else state.last_report_at,
            healthy=plan.is_served_by(site, state),
            told=plan.is_told(site, told),
            refused=None if state is None else state.refused,
        )

    def _apply(self, plan: waveplans.WavePlan, decision: waves.WaveDecision, seen: world.World) -> bool:
        """Makes the decision so; one transaction for each school that is told, so a crash leaves no half of one."""
        before = {slot.site_id: slot for slot in plan.slots}
        told = {*decision.assign, *decision.restore}
        moved = [slot for slot in decision.slots if slot.site_id not in told and slot != before[slot.site_id]]
        if not plan.planned and (moved or told):
            # The schools of a wave are fixed when it starts, all of them before the first is told.
            moved = [before[slot.site_id] if slot.site_id in told else slot for slot in decision.slots]
        if moved:
            with self._rows.write() as connection:
                wave_sites.put(connection, plan.name, [to_row(slot) for slot in moved])
        for slot in decision.slots:
            if slot.site_id in told:
                self._tell(plan, slot, seen, restore=slot.site_id in decision.restore)
        return bool(moved or told)

    def _tell(self, plan: waveplans.WavePlan, slot: slots.Slot, seen: world.World, *, restore: bool) -> None:
        site, offer = plan.by_id[slot.site_id], plan.offer
        if offer is None:
            raise errors.Defect(f"wave {plan.name} tells a release that is not known")
        start_by = slot.start_by or self._clock() + plan.plan.pace.start_within
        with self._rows.write() as connection:
            latest = published.latest(connection, site.site_id)
            current = () if latest is None else latest[1].entries
            if restore:
                new = entries.restored(current, _earlier(connection, slot), offer, start_by)
            else:
                new = entries.with_offer(current, offer, site.teaches(offer.bands), start_by)
            endpoints = plan.endpoints(self._publisher, site, latest, seen)
            version = self._publisher.publish(connection, site.site_id, new, endpoints)
            first = version if slot.assignment_version is None else slot.assignment_version
            wave_sites.put(connection, plan.name, [to_row(replace(slot, assignment_version=first))])
        self._counts.published.inc()


def _earlier(connection: sa.Connection, slot: slots.Slot) -> entries.Entries:
    """What the school was told before the wave told it anything."""
    if slot.assignment_version is None or slot.assignment_version <= 1:
        return ()
    found = published.numbered(connection, slot.site_id, slot.assignment_version - 1)
    return () if found is None else found.entries


def to_slot(row: wave_sites.WaveSiteRow) -> slots.Slot:
    """The row as decisions see it."""
    return slots.Slot(
        site_id=row.site_id,
        state=slots.State(row.state),
        assignment_version=row.assignment_version,
        assigned_at=row.assigned_at,
        start_by=row.start_by,
        waiting_since=row.waiting_since,
        healthy_since=row.healthy_since,
        evidence_days=tuple(date.fromisoformat(day) for day in row.evidence_days),
        ended_at=row.ended_at,
        reason=row.reason,
    )


def to_row(slot: slots.Slot) -> wave_sites.WaveSiteRow:
    """The slot as it is stored."""
    return wave_sites.WaveSiteRow(
        site_id=slot.site_id,
        state=slot.state.value,
        assignment_version=slot.assignment_version,
        assigned_at=slot.assigned_at,
        start_by=slot.start_by,
        waiting_since=slot.waiting_since,
        healthy_since=slot.healthy_since,
        evidence_days=tuple(day.isoformat() for day in slot.evidence_days),
        ended_at=slot.ended_at,
        reason=slot.reason,
    )


def _fields(wave: rolloutwaves.RolloutWave, decision: waves.WaveDecision, plan: waveplans.WavePlan) -> dict[str, Any]:
    began = [slot.assigned_at for slot in decision.slots if slot.assigned_at is not None]
    started = wave.status.started_at or min(began, default=None)
    return {
        "phase": decision.phase,
        "message": decision.message,
        "counts": decision.counts,
        "startedAt": None if started is None else statuses.moment(started),
        "selectionDigest": plan.selection_digest,
    }
