"""Where one school is in one wave, and what moves it on without anybody starting anything."""

import enum
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from homeroom.domain import assignments, schooldays, sites


class State(enum.Enum):
    """How the wave counts a school; the values are also the names of the counts in its status."""

    PENDING = "pending"
    """Not told yet."""
    ASSIGNED = "assigned"
    """Told; not healthy on the release yet. Holds a slot."""
    SOAKING = "soaking"
    """Healthy on the release, for less than the required soak. Holds a slot."""
    DONE = "done"
    """Soaked."""
    FAILED = "failed"
    """Was reachable and did not get healthy in time; recovering later does not undo that in this wave."""
    MISSED = "missed"
    """Was out of reach when its slot ended; neither healthy nor a failure."""
    ROLLED_BACK = "rolledBack"
    """Told to go back to what it had."""


HOLDING = frozenset({State.ASSIGNED, State.SOAKING})
ENDED = frozenset({State.DONE, State.FAILED, State.ROLLED_BACK})


@dataclass(frozen=True, slots=True)
class Slot:
    """One school in one wave, as remembered between two passes.

    Attributes:
        site_id: which school.
        state: where it is.
        assignment_version: the first assignment that put the release there; None before. The one below it is what a
            rollback restores.
        assigned_at: when it was last told.
        start_by: its slot is held until then; for a pending school, when being out of reach makes it missed.
        waiting_since: since when it has been reachable without being healthy; None otherwise.
        healthy_since: time of the first of its unbroken healthy reports.
        evidence_days: dates on the school's wall on which healthy reports came since ``healthy_since``, sorted.
        ended_at: when it became done, failed, missed or rolled back.
        reason: why it failed or was missed, for people; empty while there is nothing to say.
    """

    site_id: assignments.SiteId
    state: State = State.PENDING
    assignment_version: int | None = None
    assigned_at: datetime | None = None
    start_by: datetime | None = None
    waiting_since: datetime | None = None
    healthy_since: datetime | None = None
    evidence_days: tuple[date, ...] = ()
    ended_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Soak:
    """How long a school must be healthy: exactly one of the two is given."""

    duration: timedelta | None = None
    school_days: int | None = None


@dataclass(frozen=True, slots=True)
class Pace:
    """What a wave asks of each school.

    Attributes:
        start_within: how long a slot is held for a school.
        progress_deadline: how long a reachable school may take to get healthy.
        soak: how long it must stay so.
    """

    start_within: timedelta
    progress_deadline: timedelta
    soak: Soak


@dataclass(frozen=True, slots=True)
class School:
    """One school as observed now.

    Attributes:
        site: who it is.
        slot: what is remembered of it.
        reachable: its newest record is young enough.
        reported_at: time of that record; None before the first.
        healthy: by its newest report it serves the release of the wave well in every band that the wave is about.
        told: its newest assignment names that release in all of these.
        refused: why it refused its assignment, in its own words; None when it did not.
    """

    site: sites.Site
    slot: Slot
    reachable: bool
    reported_at: datetime | None
    healthy: bool
    told: bool = False
    refused: str | None = None


def decide_slot(school: School, pace: Pace, now: datetime) -> Slot:
    """The slot after what is known now; starting a school is the wave's decision and never happens here.

    What an unreachable school last said is no evidence: it neither advances nor fails, and is missed once its slot
    has ended.
    """
    slot = school.slot
    if slot.state in ENDED:
        return slot
    if not school.reachable or school.reported_at is None:
        return _out_of_reach(slot, now)
    if school.healthy:
        return _healthy(school, slot, school.reported_at, pace.soak, now)
    return _waiting(school, pace, now)


def _out_of_reach(slot: Slot, now: datetime) -> Slot:
    resting = replace(slot, waiting_since=None)
    if slot.state is State.MISSED or slot.start_by is None or now < slot.start_by:
        return resting
    return replace(resting, state=State.MISSED, ended_at=now, reason="out of reach when its slot ended")


def _healthy(school: School, slot: Slot, reported_at: datetime, soak: Soak, now: datetime) -> Slot:
    calendar = school.site.calendar
    soaking = replace(
        slot,
        state=State.SOAKING,
        waiting_since=None,
        healthy_since=slot.healthy_since or reported_at,
        evidence_days=tuple(sorted({*slot.evidence_days, calendar.local_date(reported_at)})),
        ended_at=None,
        reason="",
    )
    if _is_soaked(soaking, calendar, reported_at, soak, now):
        return replace(soaking, state=State.DONE, ended_at=now)
    return soaking


def _is_soaked(slot: Slot, calendar: schooldays.SchoolDays, reported_at: datetime, soak: Soak, now: datetime) -> bool:
    if slot.healthy_since is None:
        return False
    if soak.school_days is not None:
        days = schooldays.soaked(calendar, since=slot.healthy_since, evidence=slot.evidence_days, now=now)
        return days >= soak.school_days
    # The school's own report has to be that late: time that passes without evidence is no soak.
    return soak.duration is not None and reported_at - slot.healthy_since >= soak.duration


def _waiting(school: School, pace: Pace, now: datetime) -> Slot:
    slot = replace(school.slot, healthy_since=None, evidence_days=())
    if slot.state is State.PENDING:
        return replace(slot, start_by=None)
    if slot.state is State.MISSED:
        return slot
    waiting_since = slot.waiting_since or now
    waiting = replace(slot, state=State.ASSIGNED, waiting_since=waiting_since)
    if now - waiting_since < pace.progress_deadline:
        return waiting
    said = f"; it says: {school.refused}" if school.refused else ""
    return replace(
        waiting,
        state=State.FAILED,
        waiting_since=None,
        ended_at=now,
        reason=f"was reachable and did not serve the release well within the progress deadline{said}",
    )


def told(slot: Slot, pace: Pace, now: datetime) -> Slot:
    """The slot of a school that is told now; the version is filled in by whoever publishes it."""
    return replace(
        slot,
        state=State.ASSIGNED,
        assigned_at=now,
        start_by=now + pace.start_within,
        waiting_since=now,
        ended_at=None,
        reason="",
    )


def turn_came(slot: Slot, pace: Pace, now: datetime) -> Slot:
    """The slot of a pending school that is out of reach while the wave could start it: its time begins to run."""
    return slot if slot.start_by is not None else replace(slot, start_by=now + pace.start_within)
