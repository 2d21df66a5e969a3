"""What a school is told to run, as JSON and back."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from homeroom.domain import assignments, digests, errors

ASSIGNMENT = assignments.Assignment(
    site_id=assignments.SiteId("9b2f0c9e-0d5e-4c1e-8a55-0d3b1c1f7a01"),
    version=4,
    min_agent="0.1.0",
    endpoints=(assignments.Endpoint("hub", "https://127.0.0.1:1", "https://127.0.0.1:2"),),
    entries=(
        assignments.Entry(
            purpose="support-offer",
            band="K-2",
            release=digests.of_bytes(b"new"),
            previous=digests.of_bytes(b"old"),
            repository="releases/reading-support",
            start_by=datetime(2026, 9, 1, 12, tzinfo=UTC),
            wave="pilot",
            parameters=(assignments.Parameter("threshold", 0.25, 0.2, 0.3),),
        ),
    ),
)


def test_an_assignment_reads_back() -> None:
    assert assignments.parse(ASSIGNMENT.to_json()) == ASSIGNMENT


def test_entries_are_found_by_purpose_and_band() -> None:
    assert ASSIGNMENT.entry("support-offer", "K-2") == ASSIGNMENT.entries[0]
    assert ASSIGNMENT.entry("support-offer", "3-5") is None


def test_a_newer_schema_is_refused_with_what_to_do() -> None:
    """An old agent must not guess at what it cannot read."""
    newer = replace(ASSIGNMENT, schema_version=assignments.SCHEMA_VERSION + 1)
    with pytest.raises(errors.SpecError, match="update the agent"):
        assignments.parse(newer.to_json())


@pytest.mark.parametrize(
    "change",
    [{"siteId": None} | {"entries": [{}]}, {"version": "many"}, {"endpoints": [{"name": "hub"}]}, {"entries": 3}],
    ids=["empty-entry", "version-no-number", "endpoint-without-url", "entries-no-list"],
)
def test_what_is_no_assignment_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(errors.SpecError, match="assignment is not readable"):
        assignments.parse(ASSIGNMENT.to_json() | change)
