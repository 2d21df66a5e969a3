"""Two waves on the same school, purpose and band: the one that goes first keeps it."""

from datetime import timedelta

import pytest
from tests import builders

from homeroom.domain import conflicts


def _claim(
    wave: str, *schools: str, age: int = 0, started: bool = False, after: str | None = None, band: str = "K-2"
) -> conflicts.Claim:
    keys = frozenset((builders.a_site_id(school), "support-offer", band) for school in schools)
    return conflicts.Claim(wave, builders.NOW - timedelta(days=age), started, after, keys)


@pytest.mark.parametrize(
    ("claims", "expected"),
    [
        pytest.param([], {}, id="no waves"),
        pytest.param([_claim("a", "x"), _claim("b", "y")], {}, id="other schools"),
        pytest.param([_claim("a", "x"), _claim("b", "x", band="3-5")], {}, id="other bands"),
        pytest.param([_claim("a", "x", age=1), _claim("b", "x")], {"b": "a"}, id="the younger waits"),
        pytest.param([_claim("b", "x"), _claim("a", "x")], {"b": "a"}, id="same age goes by name"),
        pytest.param([_claim("a", "x", age=1), _claim("b", "x", started=True)], {"a": "b"}, id="started goes first"),
        pytest.param([_claim("a", "x", age=1), _claim("b", "x", after="a")], {}, id="one follows the other"),
        pytest.param([_claim("a", "x", after="b", age=1), _claim("b", "x")], {}, id="the older follows the younger"),
        pytest.param(
            [_claim("a", "x", age=2), _claim("b", "y", after="a", age=1), _claim("c", "x", after="b")], {},
            id="follows over another",
        ),
        pytest.param(
            [_claim("a", "x", after="b", age=2), _claim("b", "y", after="a"), _claim("c", "x")], {"c": "a"},
            id="a loop ends the search",
        ),
        pytest.param(
            [_claim("a", "x", age=3), _claim("b", "x", "y", age=2), _claim("c", "y", age=1)], {"b": "a", "c": "b"},
            id="each waits for the next",
        ),
        pytest.param(
            [_claim("a", "x", age=3), _claim("b", "y", age=2), _claim("c", "x", "y", age=1)], {"c": "a"},
            id="the first in the way is named",
        ),
    ],
)  # fmt: skip
def test_the_wave_that_goes_first_keeps_the_school(claims: list[conflicts.Claim], expected: dict[str, str]) -> None:
    assert conflicts.decide_conflicts(claims) == conflicts.decide_conflicts(reversed(claims)) == expected
