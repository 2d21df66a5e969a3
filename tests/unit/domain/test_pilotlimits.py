"""A release with waived evidence goes to pilots, and to no more of them than are needed to tell."""

from typing import Any

import pytest
from tests import builders

from homeroom.domain import assignments, pilotlimits, selections, waveconditions

PILOT, REGION = selections.Selector(pilot_count=5), selections.Selector(region="north")
NAMES, REMAINING = selections.Selector(names=("a", "b")), selections.Selector(remaining=True)


def ids(*numbers: int) -> frozenset[assignments.SiteId]:
    return frozenset(builders.a_site_id(str(number)) for number in numbers)


def asked(selector: selections.Selector = PILOT, **overrides: Any) -> pilotlimits.Asked:
    values: dict[str, Any] = {"schools": ids(*range(5)), "told": frozenset(), "teaching": 79, **overrides}
    return pilotlimits.Asked(release="reading-1", selector=selector, restricted="waived by paula", **values)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        pytest.param(asked(PILOT), None, id="pilot"),
        pytest.param(asked(NAMES), None, id="named schools"),
        pytest.param(asked(REGION), "may go to pilots only (waived by paula): choose schools by pilot or names", id="region"),
        pytest.param(asked(REGION, schools=ids(1)), "may go to pilots only", id="a region of one school"),
        pytest.param(asked(REMAINING), "may go to pilots only", id="all that remain"),
        pytest.param(asked(schools=ids(*range(10))), None, id="as many as may be"),
        pytest.param(asked(schools=ids(*range(11))), "10 pilots at most, and would be in 11 schools", id="one too many"),
        pytest.param(asked(NAMES, schools=ids(*range(79))), "10 pilots at most", id="everybody by name"),
        pytest.param(asked(told=ids(*range(5, 10))), None, id="two pilots together"),
        pytest.param(asked(told=ids(*range(5, 11))), "would be in 11 schools with this wave", id="many small waves"),
        pytest.param(asked(told=ids(*range(5))), None, id="the same schools again"),
        pytest.param(asked(schools=ids(*range(50)), teaching=500), None, id="a tenth of a large district"),
        pytest.param(asked(schools=ids(*range(51)), teaching=500), "50 pilots at most", id="more than a tenth"),
    ],
)  # fmt: skip
def test_waived_release_goes_to_a_few_chosen_schools(given: pilotlimits.Asked, said: str | None) -> None:
    found = pilotlimits.decide_pilot(given)
    if said is None:
        assert found is None
        return
    assert found is not None
    assert found.reason is waveconditions.Reason.PILOTS_ONLY
    assert said in found.message
    assert "decide Override on the release" in found.message


@pytest.mark.parametrize(("teaching", "most"), [(1, 10), (79, 10), (100, 10), (101, 11), (10_000, 1000)])
def test_pilots_are_ten_or_a_tenth(teaching: int, most: int) -> None:
    """Fewer than ten schools give no bound, so the missing evidence would never come."""
    assert pilotlimits.most_pilots(teaching) == most
