"""What is said of one school."""

from datetime import timedelta
from typing import Any

import pytest
from tests import builders

from homeroom.domain import reachability

NOW, LIMIT = builders.NOW, timedelta(seconds=30)
KEY = ("support-offer", "K-2")


def _served(release: str | None = "new", *, healthy: bool = True) -> tuple[reachability.Served, ...]:
    return (reachability.Served(*KEY, release, healthy),)


def _decide(**observed: Any) -> dict[str, tuple[str, str]]:
    values: dict[str, Any] = {
        "epoch": 1,
        "reported_at": NOW,
        "reported_epoch": 1,
        "assigned": {KEY: "new"},
        "served": _served(),
        **observed,
    }
    decided = reachability.decide_site(reachability.ObservedSite(**values), LIMIT, NOW)
    return {condition.type: (condition.status.value, condition.reason) for condition in decided}


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        pytest.param({}, ("True", "Reporting"), id="now"),
        pytest.param({"reported_at": None}, ("False", "NeverSeen"), id="never"),
        pytest.param({"reported_at": NOW - LIMIT}, ("True", "Reporting"), id="at the limit"),
        pytest.param({"reported_at": NOW - LIMIT - timedelta(seconds=1)}, ("False", "Silent"), id="past the limit"),
        pytest.param({"epoch": 2}, ("False", "OldEpoch"), id="another box"),
        pytest.param({"epoch": 2, "reported_epoch": 0}, ("True", "Reporting"), id="no status report yet"),
    ],
)
def test_reachable_is_hearing_of_it_in_time(observed: dict[str, Any], expected: tuple[str, str]) -> None:
    assert _decide(**observed)["Reachable"] == expected


@pytest.mark.parametrize(
    ("observed", "expected"),
    [
        pytest.param({}, ("True", "AsAssigned"), id="as assigned"),
        pytest.param({"assigned": {}}, ("False", "NothingAssigned"), id="nothing assigned"),
        pytest.param({"reported_epoch": 0, "served": ()}, ("False", "NotReported"), id="said nothing"),
        pytest.param({"refused": "Altered"}, ("False", "Refused"), id="refused"),
        pytest.param({"served": ()}, ("False", "NotServing"), id="serves nothing"),
        pytest.param({"served": _served(None)}, ("False", "NotServing"), id="usual way"),
        pytest.param({"served": _served("old")}, ("True", "AnotherRelease"), id="earlier release"),
        pytest.param({"served": _served(healthy=False)}, ("True", "Degraded"), id="smaller stage"),
        pytest.param({"reported_at": NOW - timedelta(days=9)}, ("True", "AsAssigned"), id="silence does not unsay it"),
    ],
)
def test_serving_is_what_the_school_said_last(observed: dict[str, Any], expected: tuple[str, str]) -> None:
    assert _decide(**observed)["Serving"] == expected
