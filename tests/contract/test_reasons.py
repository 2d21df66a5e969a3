"""Decisions and documentation speak of the same reasons."""

import pytest

from homeroom.domain import approvals, readiness, waveconditions
from homeroom.resources import modelreleases, rolloutwaves


@pytest.mark.parametrize("reason", [*readiness.Reason, *approvals.Reason], ids=lambda reason: reason.value)
def test_reason_of_a_decision_is_documented(reason: readiness.Reason | approvals.Reason) -> None:
    """A reason is API: what a release's conditions may say is in the reference page."""
    assert reason.value in {member.value for condition in modelreleases.CONDITIONS for member in condition.reasons}


@pytest.mark.parametrize("reason", waveconditions.Reason, ids=lambda reason: reason.value)
def test_reason_of_a_wave_is_documented(reason: waveconditions.Reason) -> None:
    assert reason.value in {member.value for condition in rolloutwaves.CONDITIONS for member in condition.reasons}
