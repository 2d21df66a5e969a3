"""Conditions between JSON and decisions."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from homeroom.domain import conditions as domain_conditions
from homeroom.domain import errors
from homeroom.kube import conditions
from homeroom.resources import modelreleases, statuses

MOMENT = datetime(2026, 11, 23, 9, 30, tzinfo=UTC)
IMPORTED = domain_conditions.Condition(
    "Imported", domain_conditions.Status.TRUE, modelreleases.ImportedReason.IMPORTED, "all read", 3, MOMENT
)


def test_conditions_come_back_as_written() -> None:
    written = conditions.to_json((IMPORTED,))
    assert written == [
        {
            "type": "Imported",
            "status": "True",
            "reason": "Imported",
            "message": "all read",
            "observedGeneration": 3,
            "lastTransitionTime": "2026-11-23T09:30:00Z",
        }
    ]
    assert type(written[0]["reason"]) is str
    assert conditions.parse({"status": {"conditions": written}}) == (IMPORTED,)


@pytest.mark.parametrize("body", [{}, {"status": {}}, {"status": None}, {"status": {"conditions": None}}])
def test_object_that_nobody_has_looked_at_has_none(body: dict[str, object]) -> None:
    assert conditions.parse(body) == ()


def test_moment_of_another_zone_is_written_in_utc() -> None:
    elsewhere = MOMENT.astimezone(timezone(timedelta(hours=-6)))
    [written] = conditions.to_json((replace(IMPORTED, last_transition=elsewhere),))
    assert written["lastTransitionTime"] == "2026-11-23T09:30:00Z"


@pytest.mark.parametrize("length", [statuses.MAX_MESSAGE_LENGTH, statuses.MAX_MESSAGE_LENGTH + 1])
def test_long_message_is_cut_to_what_the_schema_takes(length: int) -> None:
    [written] = conditions.to_json((replace(IMPORTED, message="x" * length),))
    assert len(written["message"]) == statuses.MAX_MESSAGE_LENGTH
    assert written["message"].endswith("…") == (length > statuses.MAX_MESSAGE_LENGTH)


def test_what_is_no_condition_is_refused() -> None:
    with pytest.raises(errors.SpecError, match=r"status\.conditions is not readable"):
        conditions.parse({"status": {"conditions": [{"type": "Imported"}]}})
