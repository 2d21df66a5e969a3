"""Values for tests, complete and boring; a test overrides only what it is about."""

import hashlib
import uuid
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from homeroom.domain import (
    approvals,
    assignments,
    digests,
    entries,
    readiness,
    schooldays,
    sites,
    slots,
    verdicts,
    waves,
)

NOW = datetime(2026, 9, 14, 10, 0, tzinfo=UTC)
"""A Monday in term."""


def a_digest(text: str) -> digests.Digest:
    """A digest that is the same for the same text."""
    return digests.of_bytes(text.encode())


def a_site_id(name: str) -> assignments.SiteId:
    """A UUID that is the same for the same name."""
    return assignments.SiteId(str(uuid.UUID(hashlib.md5(name.encode(), usedforsecurity=False).hexdigest())))


def a_site(name: str = "school-01", **overrides: Any) -> sites.Site:
    """A small school with young children on DSL."""
    site = sites.Site(
        name=name,
        site_id=a_site_id(name),
        region="north",
        bands=("K-2",),
        pupils=300,
        link="dsl",
        calendar=schooldays.Calendar(zone=UTC),
    )
    return replace(site, **overrides)


def a_slot(name: str = "school-01", **overrides: Any) -> slots.Slot:
    """A school that has not been told yet."""
    return replace(slots.Slot(a_site_id(name)), **overrides)


def an_assigned_slot(name: str = "school-01", **overrides: Any) -> slots.Slot:
    """A school that was told a minute ago."""
    told = slots.told(a_slot(name, assignment_version=1), a_pace(), NOW - timedelta(minutes=1))
    return replace(told, **overrides)


def a_soaking_slot(name: str = "school-01", **overrides: Any) -> slots.Slot:
    """A school that has been healthy for a minute."""
    began = NOW - timedelta(minutes=1)
    values: dict[str, Any] = {
        "state": slots.State.SOAKING,
        "waiting_since": None,
        "healthy_since": began,
        "evidence_days": (began.date(),),
        **overrides,
    }
    return an_assigned_slot(name, **values)


def a_pace(**overrides: Any) -> slots.Pace:
    """An hour to start, ten minutes to get healthy, five to soak."""
    pace = slots.Pace(timedelta(hours=1), timedelta(minutes=10), slots.Soak(duration=timedelta(minutes=5)))
    return replace(pace, **overrides)


def a_school(name: str = "school-01", **overrides: Any) -> slots.School:
    """A reachable school that does not serve the release yet."""
    slot = overrides.pop("slot", a_slot(name))
    school = slots.School(
        site=a_site(name), slot=slot, reachable=True, reported_at=NOW - timedelta(seconds=2), healthy=False
    )
    return replace(school, **overrides)


def a_plan(**overrides: Any) -> waves.Plan:
    """Two slots and no failure borne."""
    return replace(waves.Plan(pace=a_pace(), max_concurrency=2, max_failures=0), **overrides)


def a_wave(*schools: slots.School, **overrides: Any) -> waves.ObservedWave:
    """A wave with nothing in its way."""
    return replace(waves.ObservedWave(schools=schools), **overrides)


def an_offer(text: str = "release-1", **overrides: Any) -> entries.Offer:
    """A release for the youngest."""
    offer = entries.Offer(
        release=a_digest(text),
        repository="releases/reading-support",
        purpose="support-offer",
        bands=("K-2",),
        parameters=(assignments.Parameter("offer_fraction", 0.25, 0.1, 0.4),),
        wave="pilot",
    )
    return replace(offer, **overrides)


def an_entry(text: str = "release-1", band: str = "K-2", **overrides: Any) -> assignments.Entry:
    """What a school was told about one band."""
    entry = assignments.Entry(
        purpose="support-offer",
        band=band,
        release=a_digest(text),
        repository="releases/reading-support",
        start_by=NOW,
        wave="pilot",
    )
    return replace(entry, **overrides)


def a_verdict(
    subject: str = "full: free lunch against paid lunch",
    outcome: verdicts.Outcome = verdicts.Outcome.PASS,
    **overrides: Any,
) -> verdicts.Verdict:
    """A finding of the fairness gate."""
    sentence = f"{subject}: {outcome.value}."
    return replace(verdicts.Verdict("fairness", subject, outcome, sentence, a_digest("evidence")), **overrides)


def an_approval(approver: str = "paula", **overrides: Any) -> approvals.Approval:
    """An approval of the digests of ``a_release``."""
    approval = approvals.Approval(
        name=f"by-{approver}",
        approver=approver,
        choice=approvals.Choice.APPROVE,
        release_digest=a_digest("release-1"),
        gate_report_digest=a_digest("report-1"),
    )
    return replace(approval, **overrides)


def a_release(**overrides: Any) -> readiness.ObservedRelease:
    """A release that has passed its gates and waits for one approval; ``ada`` made it."""
    release = readiness.ObservedRelease(
        policy="reading",
        required=1,
        imported=True,
        release_digest=a_digest("release-1"),
        gates=readiness.GateResult(a_digest("report-1"), (a_verdict(),)),
        fault=None,
        authors=frozenset({"ada"}),
        approvals=(),
    )
    return replace(release, **overrides)
