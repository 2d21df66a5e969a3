"""One rule for how conditions change."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from homeroom.domain import conditions
from homeroom.domain.conditions import Condition, Status

NOON = datetime(2026, 9, 1, 12, tzinfo=UTC)
LATER = NOON + timedelta(minutes=5)
IMPORTED = Condition("Imported", Status.TRUE, "Imported", "version 3 is here")


def test_transition_time_moves_only_when_the_status_flips() -> None:
    """A new reason or message is no transition."""
    first = conditions.merged((), (IMPORTED,), generation=1, now=NOON)
    again = conditions.merged(first, (replace(IMPORTED, message="other words"),), generation=2, now=LATER)
    flipped = conditions.merged(again, (replace(IMPORTED, status=Status.FALSE),), generation=2, now=LATER)
    assert first[0].last_transition == again[0].last_transition == NOON
    assert flipped[0].last_transition == LATER


def test_merging_twice_changes_nothing() -> None:
    """A pass over an unchanged world writes what is there already."""
    once = conditions.merged((), (IMPORTED,), generation=1, now=NOON)
    assert conditions.merged(once, (IMPORTED,), generation=1, now=LATER) == once


def test_a_condition_that_nobody_decided_is_dropped() -> None:
    """One writer decides all conditions of an object."""
    old = conditions.merged((), (IMPORTED,), generation=1, now=NOON)
    assert conditions.merged(old, (), generation=1, now=LATER) == ()


def test_a_condition_that_was_never_written_is_not_true() -> None:
    assert not conditions.is_true((), "Imported")
    assert conditions.is_true((IMPORTED,), "Imported")
    assert conditions.find((IMPORTED,), "Packaged") is None
