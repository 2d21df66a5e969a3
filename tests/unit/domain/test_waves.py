"""A wave starts a few, waits for evidence, and stops when too many fail."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import hypothesis
import pytest
from hypothesis import strategies as st
from tests import builders

from homeroom.domain import conditions, slots, waveconditions, waves

NOW = builders.NOW
STATE, REASON = slots.State, waveconditions.Reason
NAMES = ("s-1", "s-2", "s-3", "s-4")


def _pending(name: str, **school: Any) -> slots.School:
    return builders.a_school(name, **school)


def _in(name: str, state: slots.State, **school: Any) -> slots.School:
    return builders.a_school(name, slot=builders.an_assigned_slot(name, state=state), **school)


def _names(decision: waves.WaveDecision, observed: waves.ObservedWave) -> list[str]:
    return [s.site.name for s in observed.schools if s.site.site_id in decision.assign]


def _condition(decision: waves.WaveDecision, type_: str) -> tuple[str, str]:
    found = conditions.find(decision.conditions, type_)
    assert found is not None
    return (found.status.value, found.reason)


RUNNING = tuple(_pending(name) for name in NAMES)


@pytest.mark.parametrize(
    ("schools", "plan", "expected"),
    [
        pytest.param((), {}, [], id="no schools"),
        pytest.param(RUNNING, {}, ["s-1", "s-2"], id="as many as there are slots"),
        pytest.param(RUNNING, {"max_concurrency": 9}, list(NAMES), id="more slots than schools"),
        pytest.param((_pending("s-1", reachable=False), *RUNNING[1:]), {}, ["s-2", "s-3"], id="never an absent school"),
        pytest.param((_in("s-1", STATE.ASSIGNED), *RUNNING[1:]), {}, ["s-2"], id="one slot is taken"),
        pytest.param(
            (_in("s-1", STATE.ASSIGNED, reachable=False), *RUNNING[1:]),
            {},
            ["s-2"],
            id="an absent school holds its slot",
        ),
        pytest.param(
            (_in("s-1", STATE.MISSED, reachable=False), *RUNNING[1:]), {}, ["s-2", "s-3"], id="missed frees it"
        ),
        pytest.param((_in("s-1", STATE.MISSED), *RUNNING[1:]), {}, ["s-2", "s-3"], id="missed and back comes last"),
        pytest.param(
            (_in("s-1", STATE.MISSED), _in("s-2", STATE.DONE)), {}, ["s-1"], id="missed and back is offered again"
        ),
        pytest.param(RUNNING, {"paused": True}, [], id="paused"),
        pytest.param((_in("s-1", STATE.FAILED), *RUNNING[1:]), {}, [], id="one failure too many"),
        pytest.param((_in("s-1", STATE.FAILED), *RUNNING[1:]), {"max_failures": 1}, ["s-2", "s-3"], id="borne failure"),
    ],
)
def test_wave_starts_schools_while_slots_are_free(
    schools: tuple[slots.School, ...], plan: dict[str, Any], expected: list[str]
) -> None:
    observed = builders.a_wave(*schools)
    decision = waves.decide_wave(observed, builders.a_plan(**plan), NOW)
    assert _names(decision, observed) == expected
    assert decision.restore == ()
    assert decision.counts["total"] == sum(decision.counts[state.value] for state in slots.State) == len(schools)


INVALID = waveconditions.Obstacle(REASON.HUB_NOT_FOUND, "create RegionalHub west")
NOT_READY = waveconditions.Obstacle(REASON.RELEASE_NOT_READY, "approve it")
AFTER = waveconditions.Obstacle(REASON.WAITING_FOR_WAVE, "waits for pilot")
DONE = tuple(_in(name, STATE.DONE) for name in NAMES)


@pytest.mark.parametrize(
    ("observed", "plan", "phase", "progressing", "message"),
    [
        pytest.param(builders.a_wave(*RUNNING), {}, "Progressing", ("True", "Assigning"), "0 of 4 schools done", id="runs"),
        pytest.param(
            builders.a_wave(builders.a_school(slot=builders.a_soaking_slot(), healthy=True)), {},
            "Progressing", ("True", "Soaking"), "1 proving themselves", id="soaks",
        ),
        pytest.param(
            builders.a_wave(*RUNNING, invalid=INVALID), {}, "Invalid", ("False", "Waiting"), "create RegionalHub west",
            id="a hub is missing",
        ),
        pytest.param(
            builders.a_wave(*RUNNING, invalid=NOT_READY), {}, "Waiting", ("False", "Waiting"), "approve it",
            id="the release is not ready",
        ),
        pytest.param(
            builders.a_wave(*RUNNING, waiting=AFTER), {}, "Waiting", ("False", "WaitingForWave"), "waits for pilot",
            id="after another wave",
        ),
        pytest.param(builders.a_wave(*RUNNING), {"paused": True}, "Paused", ("False", "Paused"), "paused", id="paused"),
        pytest.param(
            builders.a_wave(_in("s-1", STATE.FAILED), *RUNNING[1:]), {}, "Halted", ("False", "Halted"),
            "1 schools failed and 0 are borne", id="too many failures",
        ),
        pytest.param(
            builders.a_wave(*DONE[:3], _in("s-4", STATE.ASSIGNED), invalid=NOT_READY), {}, "Halted", ("False", "Halted"),
            "approve it", id="the release is no longer ready",
        ),
        pytest.param(builders.a_wave(*DONE), {}, "Complete", ("False", "Done"), "4 of 4 schools done", id="all done"),
        pytest.param(
            builders.a_wave(*DONE[:3], _in("s-4", STATE.MISSED, reachable=False)), {}, "Complete", ("False", "Done"),
            "3 of 4 schools done, 1 missed", id="done but for a missed one",
        ),
        pytest.param(
            builders.a_wave(_in("s-1", STATE.MISSED, reachable=False)), {}, "Waiting", ("False", "WaitingForSchools"),
            "comes back", id="all missed is no evidence",
        ),
        pytest.param(
            builders.a_wave(_in("s-1", STATE.FAILED)), {"max_failures": 1}, "Waiting", ("False", "WaitingForSchools"),
            "0 of 1 schools done, 1 failed", id="all failed is no evidence, even when borne",
        ),
        pytest.param(builders.a_wave(), {}, "Complete", ("False", "Done"), "every school has this release", id="nothing to do"),
    ],
)  # fmt: skip
def test_wave_says_where_it_stands(
    observed: waves.ObservedWave, plan: dict[str, Any], phase: str, progressing: tuple[str, str], message: str
) -> None:
    decision = waves.decide_wave(observed, builders.a_plan(**plan), NOW)
    assert (decision.phase, _condition(decision, "Progressing")) == (phase, progressing)
    assert message in decision.message
    assert _condition(decision, "Complete")[0] == ("True" if phase == "Complete" else "False")
    assert _condition(decision, "Halted")[0] == ("True" if phase == "Halted" else "False")
    assert _condition(decision, "Valid")[0] == ("False" if observed.invalid else "True")


@pytest.mark.parametrize("plan", [{"paused": True}, {}], ids=["paused", "invalid"])
def test_what_stops_a_wave_stops_only_new_starts(plan: dict[str, Any]) -> None:
    """A school that was told goes on to soak and to be done."""
    school = builders.a_school("s-1", slot=builders.an_assigned_slot("s-1"), healthy=True)
    observed = builders.a_wave(school, *RUNNING[1:], invalid=None if plan else INVALID)
    decision = waves.decide_wave(observed, builders.a_plan(**plan), NOW)
    assert (decision.slots[0].state, decision.assign) == (STATE.SOAKING, ())


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        pytest.param({"waiting": AFTER}, STATE.PENDING, id="after another wave"),
        pytest.param({"invalid": NOT_READY}, STATE.PENDING, id="release not ready"),
        pytest.param({}, STATE.SOAKING, id="starts"),
    ],
)
def test_schools_of_a_wave_that_cannot_start_are_not_remembered(given: dict[str, Any], expected: slots.State) -> None:
    """A school that has the release from another wave already belongs to that wave until this one starts."""
    observed = builders.a_wave(_pending("s-1", healthy=True, told=True), planned=False, **given)
    assert waves.decide_wave(observed, builders.a_plan(), NOW).slots[0].state is expected


def test_complete_is_never_taken_back() -> None:
    """A school that comes back after the wave is for a later wave on the remaining ones."""
    observed = builders.a_wave(*DONE[:3], _in("s-4", STATE.MISSED), complete=True)
    decision = waves.decide_wave(observed, builders.a_plan(), NOW)
    assert (decision.assign, decision.phase) == ((), "Complete")


def test_time_of_an_absent_pending_school_begins_when_it_could_be_started() -> None:
    """It blocks the wave for startWithin at most, and not at all while the wave cannot start anybody."""
    away = _pending("s-1", reachable=False)
    running = waves.decide_wave(builders.a_wave(away), builders.a_plan(), NOW)
    paused = waves.decide_wave(builders.a_wave(away), builders.a_plan(paused=True), NOW)
    assert (running.slots[0].start_by, paused.slots[0].start_by) == (NOW + timedelta(hours=1), None)
    later = replace(away, slot=running.slots[0])
    missed = waves.decide_wave(builders.a_wave(later, *DONE[1:]), builders.a_plan(), NOW + timedelta(hours=1))
    assert (missed.slots[0].state, missed.phase) == (STATE.MISSED, "Complete")


ROLLBACK = (
    _in("s-1", STATE.DONE, told=True),
    _in("s-2", STATE.ASSIGNED, told=True, reachable=False),
    _in("s-3", STATE.FAILED, told=False),
    _pending("s-4"),
)


def test_rollback_tells_every_school_that_got_the_release() -> None:
    """Also one out of reach; not one that has moved on to another release; not one that was never told."""
    decision = waves.decide_wave(builders.a_wave(*ROLLBACK), builders.a_plan(rollback=True, paused=True), NOW)
    assert decision.restore == (builders.a_site_id("s-1"), builders.a_site_id("s-2"))
    assert [slot.state for slot in decision.slots] == [*[STATE.ROLLED_BACK] * 3, STATE.PENDING]
    assert (decision.phase, _condition(decision, "Progressing")) == ("RolledBack", ("True", "RollingBack"))
    assert (_condition(decision, "Complete"), _condition(decision, "Halted")) == (
        ("False", "RolledBack"),
        ("True", "RolledBack"),
    )


@pytest.mark.parametrize("rollback", [True, False])
def test_rollback_is_done_once_and_for_good(rollback: bool) -> None:  # noqa: FBT001 - a table case
    """Observed again it tells nobody anything; taking the wish back starts nothing anew."""
    first = waves.decide_wave(builders.a_wave(*ROLLBACK), builders.a_plan(rollback=True), NOW)
    schools = tuple(replace(s, slot=slot, told=False) for s, slot in zip(ROLLBACK, first.slots, strict=True))
    second = waves.decide_wave(builders.a_wave(*schools), builders.a_plan(rollback=rollback), NOW)
    assert (second.restore, second.assign, second.slots) == ((), (), first.slots)
    assert (second.phase, _condition(second, "Progressing")) == ("RolledBack", ("False", "Done"))


def test_complete_wave_can_be_rolled_back() -> None:
    observed = builders.a_wave(*(replace(s, told=True) for s in DONE), complete=True)
    assert len(waves.decide_wave(observed, builders.a_plan(rollback=True), NOW).restore) == 4


def _after(observed: waves.ObservedWave, decision: waves.WaveDecision) -> waves.ObservedWave:
    told = [s.told or s.site.site_id in decision.assign for s in observed.schools]
    schools = tuple(
        replace(s, slot=slot, told=t) for s, slot, t in zip(observed.schools, decision.slots, told, strict=True)
    )
    return replace(observed, schools=schools, complete=conditions.is_true(decision.conditions, "Complete"))


behaviour = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=4, max_size=4)


@hypothesis.given(st.lists(st.tuples(st.integers(1, 40), behaviour), max_size=25), st.integers(1, 3), st.integers(0, 2))
def test_no_history_breaks_the_promises_of_a_wave(
    history: list[tuple[int, list[tuple[bool, bool]]]], concurrency: int, failures: int
) -> None:
    """Whatever schools do: slots are kept, nobody absent is told, and a decision that was applied decides nothing."""
    plan = builders.a_plan(max_concurrency=concurrency, max_failures=failures)
    observed, now = builders.a_wave(*RUNNING), NOW
    for minutes, schools in history:
        now += timedelta(minutes=minutes)
        observed = _seen(observed, schools, now)
        decision = waves.decide_wave(observed, plan, now)
        reachable = {s.site.site_id for s in observed.schools if s.reachable}
        assert set(decision.assign) <= reachable
        assert decision.counts["assigned"] + decision.counts["soaking"] <= max(concurrency, _holding(observed))
        observed = _after(observed, decision)
        again = waves.decide_wave(observed, plan, now)
        assert (again.slots, again.assign, again.conditions) == (decision.slots, (), decision.conditions)


def _seen(observed: waves.ObservedWave, schools: list[tuple[bool, bool]], now: datetime) -> waves.ObservedWave:
    seen = tuple(
        replace(s, reachable=reachable, healthy=s.told and healthy, reported_at=now if reachable else s.reported_at)
        for s, (reachable, healthy) in zip(observed.schools, schools, strict=True)
    )
    return replace(observed, schools=seen)


def _holding(observed: waves.ObservedWave) -> int:
    """Schools that hold a slot, or take one up again by turning out to be healthy after they were missed."""
    return sum(s.slot.state in slots.HOLDING or (s.slot.state is STATE.MISSED and s.healthy) for s in observed.schools)
