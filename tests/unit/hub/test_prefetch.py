"""What the hub fetches, and when a school may see an assignment."""

from tests import builders

from homeroom.domain import prefetch

R1, R2, OLD = (prefetch.Release("releases/reading", builders.a_digest(name)) for name in ("1", "2", "old"))
SITES = [builders.a_site_id(f"school-{number}") for number in range(3)]


def held(
    *required: prefetch.Release,
    site: int = 0,
    version: int = 1,
    available: bool = False,
    useful: prefetch.Release | None = None,
) -> prefetch.HeldBundle:
    return prefetch.HeldBundle(
        SITES[site], version, available, frozenset(required), frozenset() if useful is None else frozenset({useful})
    )


def test_a_version_is_offered_only_when_all_its_releases_are_here() -> None:
    bundle = held(R1, R2)
    assert prefetch.decide_prefetch((bundle,), frozenset({R1})).offer == ()
    assert prefetch.decide_prefetch((bundle,), frozenset({R1, R2})).offer == ((SITES[0], 1),)


def test_an_assignment_that_names_nothing_is_offered_at_once() -> None:
    assert prefetch.decide_prefetch((held(),), frozenset()).offer == ((SITES[0], 1),)


def test_what_most_schools_wait_for_comes_first_and_the_fallback_last() -> None:
    waiting = (held(R1, site=0, useful=OLD), held(R2, site=1), held(R2, site=2))
    decision = prefetch.decide_prefetch(waiting, frozenset())
    assert decision.fetch == (R2, R1, OLD)
    assert decision.needed == 2


def test_a_previous_release_holds_nothing_up() -> None:
    decision = prefetch.decide_prefetch((held(R1, useful=OLD),), frozenset({R1}))
    assert decision.offer == ((SITES[0], 1),)
    assert (decision.fetch, decision.needed) == ((OLD,), 0)


def test_what_the_registry_lost_is_withdrawn_and_fetched_again() -> None:
    decision = prefetch.decide_prefetch((held(R1, available=True),), frozenset())
    assert decision.withdraw == ((SITES[0], 1),)
    assert decision.fetch == (R1,)


def test_nothing_known_and_nothing_changed_decide_nothing() -> None:
    assert prefetch.decide_prefetch((), frozenset({R1})) == prefetch.PrefetchDecision()
    assert prefetch.decide_prefetch((held(R1, available=True),), frozenset({R1})) == prefetch.PrefetchDecision()


def test_room_exactly_filled_is_enough() -> None:
    assert prefetch.missing_bytes(cached_bytes=60, release_bytes=40, limit_bytes=100) == 0
    assert prefetch.missing_bytes(cached_bytes=60, release_bytes=50, limit_bytes=100) == 10
