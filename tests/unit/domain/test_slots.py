"""How one school moves through a wave: evidence moves it, silence never does."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from tests import builders

from homeroom.domain import slots

NOW, PACE = builders.NOW, builders.a_pace()
MINUTE = timedelta(minutes=1)
STATE = slots.State


def _decide(slot: slots.Slot, pace: slots.Pace = PACE, now: datetime = NOW, **school: Any) -> slots.Slot:
    return slots.decide_slot(builders.a_school(slot=slot, **school), pace, now)


@pytest.mark.parametrize(
    ("slot", "school", "expected"),
    [
        pytest.param(builders.a_slot(), {}, STATE.PENDING, id="pending waits for the wave"),
        pytest.param(builders.a_slot(), {"healthy": True}, STATE.SOAKING, id="pending and has it already"),
        pytest.param(builders.a_slot(), {"reachable": False}, STATE.PENDING, id="pending, away, its time not running"),
        pytest.param(
            builders.a_slot(start_by=NOW), {"reachable": False}, STATE.MISSED, id="pending and away for its whole time"
        ),
        pytest.param(
            builders.a_slot(start_by=NOW + MINUTE), {"reachable": False}, STATE.PENDING, id="pending, away, time left"
        ),
        pytest.param(builders.an_assigned_slot(), {}, STATE.ASSIGNED, id="told and installing"),
        pytest.param(builders.an_assigned_slot(), {"healthy": True}, STATE.SOAKING, id="told and healthy"),
        pytest.param(
            builders.an_assigned_slot(waiting_since=NOW - 10 * MINUTE), {}, STATE.FAILED, id="reachable at the deadline"
        ),
        pytest.param(
            builders.an_assigned_slot(waiting_since=NOW - 10 * MINUTE + MINUTE / 60), {}, STATE.ASSIGNED,
            id="reachable a second before the deadline",
        ),
        pytest.param(
            builders.an_assigned_slot(waiting_since=NOW - 30 * MINUTE), {"reachable": False}, STATE.ASSIGNED,
            id="away past the deadline is no failure",
        ),
        pytest.param(
            builders.an_assigned_slot(start_by=NOW), {"reachable": False}, STATE.MISSED, id="away when the slot ends"
        ),
        pytest.param(
            builders.an_assigned_slot(start_by=NOW), {}, STATE.ASSIGNED, id="reachable when the slot ends goes on"
        ),
        pytest.param(
            builders.an_assigned_slot(start_by=NOW), {"reachable": False, "healthy": True}, STATE.MISSED,
            id="what an absent school last said is no evidence",
        ),
        pytest.param(builders.a_soaking_slot(), {"healthy": True}, STATE.SOAKING, id="soaking"),
        pytest.param(builders.a_soaking_slot(), {}, STATE.ASSIGNED, id="falls ill while soaking"),
        pytest.param(builders.a_soaking_slot(), {"reachable": False}, STATE.SOAKING, id="away while soaking"),
        pytest.param(
            builders.a_soaking_slot(start_by=NOW), {"reachable": False}, STATE.MISSED, id="away too long while soaking"
        ),
        pytest.param(
            builders.a_soaking_slot(healthy_since=NOW - 5 * MINUTE), {"healthy": True, "reported_at": NOW}, STATE.DONE,
            id="soaked",
        ),
        pytest.param(
            builders.a_soaking_slot(healthy_since=NOW - 5 * MINUTE), {"healthy": True}, STATE.SOAKING,
            id="time has passed but the newest report is older",
        ),
        pytest.param(builders.a_slot(state=STATE.MISSED), {}, STATE.MISSED, id="missed and back waits for the wave"),
        pytest.param(builders.a_slot(state=STATE.MISSED), {"healthy": True}, STATE.SOAKING, id="missed and has it"),
        pytest.param(builders.a_slot(state=STATE.FAILED), {"healthy": True}, STATE.FAILED, id="failed stays failed"),
        pytest.param(builders.a_slot(state=STATE.DONE), {}, STATE.DONE, id="done stays done"),
        pytest.param(
            builders.an_assigned_slot(), {"reported_at": None}, STATE.ASSIGNED, id="no report ever is out of reach"
        ),
    ],
)  # fmt: skip
def test_school_moves_by_evidence_only(slot: slots.Slot, school: dict[str, Any], expected: slots.State) -> None:
    """Deciding again on what was decided, at the same moment, changes nothing more."""
    moved = _decide(slot, **school)
    assert moved.state is expected
    assert _decide(moved, **school) == moved


def test_deadline_runs_only_while_the_school_is_reachable() -> None:
    """A school that was away for an hour gets its whole time when it is back."""
    slot = builders.an_assigned_slot(waiting_since=NOW - 9 * MINUTE)
    away = _decide(slot, reachable=False)
    back = _decide(away, now=NOW + 50 * MINUTE)
    assert (away.waiting_since, back.waiting_since, back.state) == (None, NOW + 50 * MINUTE, STATE.ASSIGNED)


def test_illness_starts_the_soak_anew() -> None:
    ill = _decide(builders.a_soaking_slot())
    well = _decide(ill, healthy=True, reported_at=NOW + MINUTE, now=NOW + MINUTE)
    assert (ill.healthy_since, ill.evidence_days, ill.waiting_since) == (None, (), NOW)
    assert well.healthy_since == NOW + MINUTE


def test_soak_counts_what_a_school_proved_while_it_was_away() -> None:
    """It was healthy before and after, and its newest report is late enough: store and forward loses no evidence."""
    slot = builders.a_soaking_slot(healthy_since=NOW - 4 * MINUTE)
    away = _decide(slot, reachable=False, now=NOW + 20 * MINUTE)
    back = _decide(away, healthy=True, reported_at=NOW + 30 * MINUTE, now=NOW + 30 * MINUTE)
    assert (away.state, back.state) == (STATE.SOAKING, STATE.DONE)


def test_failure_repeats_what_the_school_said() -> None:
    slot = builders.an_assigned_slot(waiting_since=NOW - 11 * MINUTE)
    assert _decide(slot, refused="OlderMetadata").reason.endswith("it says: OlderMetadata")


def test_soak_in_school_days_needs_a_report_on_each() -> None:
    """Healthy from Monday; reports on Tuesday and Thursday: two school days are over on Friday, not before."""
    pace = builders.a_pace(soak=slots.Soak(school_days=2))
    slot = builders.an_assigned_slot(start_by=NOW + timedelta(days=30))
    seen = []
    for day in (14, 15, 17, 18):
        now = datetime(2026, 9, day, 12, tzinfo=UTC)
        slot = _decide(slot, pace, now, healthy=True, reported_at=now)
        seen.append(slot.state)
    assert seen == [STATE.SOAKING, STATE.SOAKING, STATE.SOAKING, STATE.DONE]
    assert slot.evidence_days == tuple(date(2026, 9, day) for day in (14, 15, 17, 18))


def test_told_again_holds_a_new_slot_and_keeps_the_first_version() -> None:
    """What a rollback restores lies below the first version that put the release there."""
    missed = builders.an_assigned_slot(state=STATE.MISSED, ended_at=NOW, reason="out of reach", assignment_version=3)
    again = slots.told(missed, PACE, NOW)
    expected = replace(
        missed, state=STATE.ASSIGNED, assigned_at=NOW, start_by=NOW + PACE.start_within, waiting_since=NOW,
        ended_at=None, reason="",
    )  # fmt: skip
    assert again == expected
