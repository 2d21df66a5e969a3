"""Decisions and documentation speak of the same reasons."""

import pytest

from homeroom.domain import readiness
from homeroom.resources import modelreleases


@pytest.mark.parametrize("reason", readiness.Reason, ids=lambda reason: reason.value)
def test_reason_of_a_decision_is_documented(reason: readiness.Reason) -> None:
    """A reason is API: what a release's conditions may say is in the reference page."""
    assert reason.value in {member.value for condition in modelreleases.CONDITIONS for member in condition.reasons}
