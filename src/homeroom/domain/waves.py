"""One wave: which schools to start now, and whether it goes on, halts, goes back or is complete."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from homeroom.domain import assignments, conditions, slots, waveconditions


@dataclass(frozen=True, slots=True)
class Plan:
    """What the spec asks for.

    Attributes:
        pace: what each school gets.
        max_concurrency: slots; at least 1.
        max_failures: failed schools that are borne; one more halts the wave.
        paused: start nothing new.
        rollback: go back everywhere.
    """

    pace: slots.Pace
    max_concurrency: int
    max_failures: int
    paused: bool = False
    rollback: bool = False


@dataclass(frozen=True, slots=True)
class ObservedWave:
    """One wave as observed now.

    Attributes:
        schools: in the order in which they are started; empty until everything that it refers to was found.
        invalid: the first reference or conflict that is wrong; None when all are right.
        waiting: the wave in ``spec.after`` while it is not complete.
        complete: it was complete before; that is never taken back.
        planned: its schools are fixed; until then nothing of them is remembered, because they may still change.
    """

    schools: tuple[slots.School, ...]
    invalid: waveconditions.Obstacle | None = None
    waiting: waveconditions.Obstacle | None = None
    complete: bool = False
    planned: bool = True


@dataclass(frozen=True, slots=True)
class WaveDecision:
    """What to write and what to do.

    Attributes:
        slots: of every school after this pass, in the order of the schools.
        assign: schools to tell the release now; their slots say so already.
        restore: schools to tell what they had before; their slots say so already.
        conditions: Valid, Progressing, Halted, Complete; not merged with the old ones yet.
        phase: summary of the conditions, for tables.
        message: one line for people.
    """

    slots: tuple[slots.Slot, ...]
    assign: tuple[assignments.SiteId, ...]
    restore: tuple[assignments.SiteId, ...]
    conditions: tuple[conditions.Condition, ...]
    phase: str
    message: str

    @property
    def counts(self) -> dict[str, int]:
        """How many schools are in each state, and in total."""
        found = Counter(slot.state for slot in self.slots)
        return {"total": len(self.slots), **{state.value: found[state] for state in slots.State}}


def decide_wave(observed: ObservedWave, plan: Plan, now: datetime) -> WaveDecision:
    """Slots after this pass, schools to tell, and conditions; applied and observed again it decides nothing new.

    Whatever stops a wave stops only new starts: schools that were told are followed on.
    """
    if plan.rollback or any(school.slot.state is slots.State.ROLLED_BACK for school in observed.schools):
        return _rolled_back(observed, plan, now)
    moved = _moved(observed, plan, now)
    before = _standing(observed, plan, moved)
    started = _started(observed.schools, moved, plan, now) if _may_start(observed, before) else moved
    assign = tuple(new.site_id for old, new in zip(moved, started, strict=True) if _was_told(old, new))
    return _decision(_standing(observed, plan, started), assign=assign)


def _standing(observed: ObservedWave, plan: Plan, after: tuple[slots.Slot, ...]) -> waveconditions.Standing:
    standing = waveconditions.Standing(
        slots=after,
        invalid=observed.invalid,
        waiting=observed.waiting,
        max_failures=plan.max_failures,
        paused=plan.paused,
        complete=observed.complete,
    )
    clear = observed.invalid is None and observed.waiting is None and standing.halt is None
    return replace(standing, complete=observed.complete or (clear and waveconditions.is_complete(after)))


def _may_start(observed: ObservedWave, before: waveconditions.Standing) -> bool:
    # Not ``before.complete``: a missed school that is back is offered the release before the wave counts as complete.
    stops = (before.invalid, before.waiting, before.halt)
    return not (observed.complete or before.paused or any(stops))


def _decision(
    standing: waveconditions.Standing,
    *,
    assign: tuple[assignments.SiteId, ...] = (),
    restore: tuple[assignments.SiteId, ...] = (),
) -> WaveDecision:
    return WaveDecision(
        slots=standing.slots,
        assign=assign,
        restore=restore,
        conditions=waveconditions.build(standing),
        phase=waveconditions.phase(standing),
        message=waveconditions.progress(standing).message,
    )


def _moved(observed: ObservedWave, plan: Plan, now: datetime) -> tuple[slots.Slot, ...]:
    present = tuple(school.slot for school in observed.schools)
    unplanned = not observed.planned and not _may_start(observed, _standing(observed, plan, present))
    if observed.complete or unplanned:
        return present
    return tuple(slots.decide_slot(school, plan.pace, now) for school in observed.schools)


def _started(
    schools: tuple[slots.School, ...], moved: tuple[slots.Slot, ...], plan: Plan, now: datetime
) -> tuple[slots.Slot, ...]:
    free = max(0, plan.max_concurrency - sum(slot.state in slots.HOLDING for slot in moved))
    # Schools that were missed come after those whose turn has not been yet.
    waiting = [s for state in (slots.State.PENDING, slots.State.MISSED) for s in _startable(schools, moved, state)]
    chosen = frozenset(waiting[:free])
    return tuple(_next(school, slot, plan, now, chosen=chosen) for school, slot in zip(schools, moved, strict=True))


def _startable(
    schools: tuple[slots.School, ...], moved: tuple[slots.Slot, ...], state: slots.State
) -> Iterable[assignments.SiteId]:
    pairs = zip(schools, moved, strict=True)
    return (slot.site_id for school, slot in pairs if school.reachable and slot.state is state)


def _next(
    school: slots.School, slot: slots.Slot, plan: Plan, now: datetime, *, chosen: frozenset[assignments.SiteId]
) -> slots.Slot:
    if slot.site_id in chosen:
        return slots.told(slot, plan.pace, now)
    if slot.state is slots.State.PENDING and not school.reachable:
        return slots.turn_came(slot, plan.pace, now)
    return slot


def _was_told(old: slots.Slot, new: slots.Slot) -> bool:
    return new.state is slots.State.ASSIGNED and old.state in (slots.State.PENDING, slots.State.MISSED)


def _rolled_back(observed: ObservedWave, plan: Plan, now: datetime) -> WaveDecision:
    """Every school that this wave told goes back, also those out of reach: it is the first thing they will hear.

    A school whose assignment has moved on to another release since then keeps that one. There is no way forward again
    in the same wave.
    """
    told = [s for s in observed.schools if s.slot.assigned_at is not None]
    going = {s.site.site_id for s in told if s.slot.state is not slots.State.ROLLED_BACK}
    after = tuple(_back(s.slot, now) if s.site.site_id in going else s.slot for s in observed.schools)
    standing = replace(_standing(observed, plan, after), rollback=True, restoring=bool(going))
    return _decision(standing, restore=tuple(s.site.site_id for s in told if s.site.site_id in going and s.told))


def _back(slot: slots.Slot, now: datetime) -> slots.Slot:
    return replace(slot, state=slots.State.ROLLED_BACK, waiting_since=None, ended_at=now, reason="")
