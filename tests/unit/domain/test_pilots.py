"""Pilot schools together look like all schools."""

import random

import hypothesis
from hypothesis import strategies as st
from tests import builders

from homeroom.domain import pilots, sites

LINKS = ("fiber", "dsl", "lte-shared", "satellite", "evening-window")
REGIONS = ("north", "south", "east", "west")

schools = st.lists(
    st.tuples(st.integers(1, 900), st.sampled_from(LINKS), st.sampled_from(REGIONS)), min_size=1, max_size=30
).map(
    lambda rows: [
        builders.a_site(f"s-{number:02}", pupils=pupils, link=link, region=region)
        for number, (pupils, link, region) in enumerate(rows)
    ]
)


def _values(chosen: tuple[sites.Site, ...], every: list[sites.Site]) -> set[str]:
    terciles = pilots.size_terciles(every)
    return {value for site in chosen for value in (terciles[site.name], site.link, site.region)}


def test_five_pilots_see_every_size_link_and_region() -> None:
    """With five links, four regions and three sizes, five schools are enough when they are chosen across strata."""
    every = [
        builders.a_site(f"s-{n:02}", pupils=100 + 7 * n, link=LINKS[n % 5], region=REGIONS[(n // 5) % 4])
        for n in range(79)
    ]
    assert _values(pilots.decide_pilots(every, 5), every) == _values(tuple(every), every)


def test_terciles_split_by_pupils() -> None:
    every = [builders.a_site(name, pupils=n) for name, n in (("a", 300), ("b", 100), ("c", 200))]
    assert pilots.size_terciles(every) == {"b": "small", "c": "middle", "a": "large"}


def test_no_schools_give_no_pilots() -> None:
    assert pilots.decide_pilots([], 5) == ()


@hypothesis.given(schools, st.integers(1, 8), st.randoms())
def test_pilots_do_not_depend_on_the_order_of_schools(every: list[sites.Site], count: int, rng: random.Random) -> None:
    """The same schools give the same pilots, as many as asked for or all."""
    shuffled = rng.sample(every, len(every))
    chosen = pilots.decide_pilots(every, count)
    assert chosen == pilots.decide_pilots(shuffled, count)
    assert len(set(chosen)) == min(count, len(every))


@hypothesis.given(schools)
def test_the_first_two_pilots_differ_wherever_schools_differ(every: list[sites.Site]) -> None:
    """Greedy: the second pilot brings as many new values as any school could."""
    terciles = pilots.size_terciles(every)
    axes = {site.name: (terciles[site.name], site.link, site.region) for site in every}
    chosen = pilots.decide_pilots(every, 2)
    if len(chosen) == 2:
        first, second = (axes[site.name] for site in chosen)
        gain = sum(a != b for a, b in zip(first, second, strict=True))
        assert gain == max(sum(a != b for a, b in zip(first, axes[s.name], strict=True)) for s in every)
