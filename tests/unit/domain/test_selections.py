"""Which schools a wave is about."""

from typing import Any

import pytest
from tests import builders

from homeroom.domain import selections

EVERY = [
    builders.a_site("c", region="south"),
    builders.a_site("a"),
    builders.a_site("b"),
    builders.a_site("old", bands=("9-12",)),
]


def _select(done: str = "", **selector: Any) -> selections.Selection:
    left_out = frozenset(builders.a_site_id(name) for name in done)
    return selections.decide_selection(selections.Selector(**selector), EVERY, bands=("K-2",), done=left_out)


@pytest.mark.parametrize(
    ("selector", "expected", "unknown", "matched"),
    [
        pytest.param({"region": "north"}, ["a", "b"], (), 2, id="a region, without schools of other bands"),
        pytest.param({"region": "north", "done": "a"}, ["b"], (), 2, id="without schools that are done"),
        pytest.param({"remaining": True, "done": "ab"}, ["c"], (), 3, id="what remains"),
        pytest.param({"region": "nowhere"}, [], (), 0, id="no such region"),
        pytest.param({"names": ("b", "x", "a")}, ["a", "b"], ("x",), 2, id="names, one unknown"),
        pytest.param({"names": ("old",)}, [], (), 0, id="a school that teaches no band of the release"),
        pytest.param({"pilot_count": 2}, ["a", "c"], (), 2, id="pilots across regions"),
        pytest.param({"pilot_count": 2, "done": "abc"}, [], (), 2, id="pilots that are all done"),
    ],
)
def test_selection_takes_schools_that_teach_a_band(
    selector: dict[str, Any], expected: list[str], unknown: tuple[str, ...], matched: int
) -> None:
    selection = _select(**selector)
    assert sorted(site.name for site in selection.schools) == expected
    assert (selection.unknown, selection.matched) == (unknown, matched)


def test_digest_tells_selections_apart() -> None:
    assert _select(region="north").digest == _select(names=("a", "b")).digest != _select(region="south").digest
