"""What a school is told changes only where the wave is about it."""

from dataclasses import replace
from datetime import timedelta

from tests import builders

from homeroom.domain import entries

LATER = builders.NOW + timedelta(hours=1)
OFFER = builders.an_offer("new", bands=("K-2", "3-5"))
OLD, OTHER = builders.an_entry("old"), builders.an_entry("other", purpose="reading-pace")


def test_offer_replaces_its_keys_and_remembers_what_was_there() -> None:
    told = entries.with_offer((OTHER, OLD), OFFER, ("K-2", "3-5"), LATER)
    assert [(e.purpose, e.band, e.release, e.previous) for e in told] == [
        ("reading-pace", "K-2", OTHER.release, None),
        ("support-offer", "3-5", OFFER.release, None),
        ("support-offer", "K-2", OFFER.release, OLD.release),
    ]
    assert {e.start_by for e in told if e.release == OFFER.release} == {LATER}


def test_offered_again_keeps_the_release_before() -> None:
    """A release is never its own predecessor."""
    once = entries.with_offer((OLD,), OFFER, ("K-2",), builders.NOW)
    twice = entries.with_offer(once, OFFER, ("K-2",), LATER)
    assert twice == (replace(once[0], start_by=LATER),)


def test_rollback_restores_the_earlier_entry_and_removes_where_there_was_none() -> None:
    earlier = (OTHER, OLD)
    told = entries.with_offer(earlier, OFFER, ("K-2", "3-5"), builders.NOW)
    assert entries.restored(told, earlier, OFFER, LATER) == (OTHER, replace(OLD, start_by=LATER, wave=OFFER.wave))


def test_rollback_leaves_a_school_that_has_moved_on() -> None:
    newer = builders.an_entry("newer")
    assert entries.restored((newer,), (OLD,), OFFER, LATER) == (newer,)


def test_names_release_needs_every_band() -> None:
    told = entries.with_offer((), OFFER, ("K-2",), LATER)
    assert entries.names_release(told, OFFER, ("K-2",))
    assert not entries.names_release(told, OFFER, ("K-2", "3-5"))
    assert not entries.names_release(told, OFFER, ())
