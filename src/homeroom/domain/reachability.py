"""What is said of one school: whether it is heard of, and whether it serves what it was told."""

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta

from homeroom.domain import conditions


class Reason(enum.StrEnum):
    """Why a condition of a school is what it is."""

    NEVER_SEEN = "NeverSeen"
    """No report has ever come."""
    REPORTING = "Reporting"
    """Reports come in time."""
    SILENT = "Silent"
    """None has come for longer than a school may be silent."""
    OLD_EPOCH = "OldEpoch"
    """The newest status report is of another epoch than the school's."""
    NOTHING_ASSIGNED = "NothingAssigned"
    """Nothing was assigned."""
    NOT_REPORTED = "NotReported"
    """The school has not said what it serves."""
    AS_ASSIGNED = "AsAssigned"
    """Everything assigned is served well."""
    DEGRADED = "Degraded"
    """Something assigned is served from a lower rung."""
    ANOTHER_RELEASE = "AnotherRelease"
    """The school still follows an earlier assignment."""
    NOT_SERVING = "NotServing"
    """Nothing answers for something that was assigned."""
    REFUSED = "Refused"
    """The school refused its assignment."""


@dataclass(frozen=True, slots=True)
class Served:
    """What the school said of one purpose and band."""

    purpose: str
    band: str
    release: str | None
    healthy: bool


@dataclass(frozen=True, slots=True)
class ObservedSite:
    """One school as its reports show it.

    Attributes:
        epoch: of its SchoolSite.
        reported_at: time of its newest record; None when there was none.
        reported_epoch: epoch of its newest status report; 0 when there was none.
        assigned: release by (purpose, band), as last published.
        served: what it said last.
        refused: why it refused its assignment; None when it did not.
    """

    epoch: int
    reported_at: datetime | None
    reported_epoch: int
    assigned: dict[tuple[str, str], str]
    served: tuple[Served, ...]
    refused: str | None = None


def decide_site(
    observed: ObservedSite, offline_after: timedelta, now: datetime
) -> tuple[conditions.Condition, conditions.Condition]:
    """Reachable and Serving; not merged with the old ones yet.

    Serving is what the school said last: being out of reach does not make it untrue.
    """
    return _reachable(observed, offline_after, now), _serving(observed)


def _reachable(observed: ObservedSite, offline_after: timedelta, now: datetime) -> conditions.Condition:
    if observed.reported_at is None:
        return _condition("Reachable", Reason.NEVER_SEEN, "no report has ever come: start its box")
    if now - observed.reported_at > offline_after:
        return _condition("Reachable", Reason.SILENT, "nothing is heard of it; it goes on with what it has")
    if observed.reported_epoch not in (0, observed.epoch):
        return _condition(
            "Reachable", Reason.OLD_EPOCH, f"it has not reported in epoch {observed.epoch} yet: enrol the new box"
        )
    return _condition("Reachable", Reason.REPORTING, "", holds=True)


def _serving(observed: ObservedSite) -> conditions.Condition:
    if not observed.assigned:
        return _condition("Serving", Reason.NOTHING_ASSIGNED, "")
    if observed.refused is not None:
        return _condition("Serving", Reason.REFUSED, f"it refused its assignment: {observed.refused}")
    if observed.reported_epoch == 0:
        return _condition("Serving", Reason.NOT_REPORTED, "it has not said what it serves")
    return _compared(observed)


def _compared(observed: ObservedSite) -> conditions.Condition:
    served = {(s.purpose, s.band): s for s in observed.served}
    found = [(served.get(key), release) for key, release in observed.assigned.items()]
    if any(s is None or s.release is None for s, _ in found):
        return _condition("Serving", Reason.NOT_SERVING, "nothing answers there for something that was assigned")
    if any(s is not None and s.release != release for s, release in found):
        return _condition("Serving", Reason.ANOTHER_RELEASE, "it still answers from an earlier assignment", holds=True)
    if any(s is not None and not s.healthy for s, _ in found):
        return _condition("Serving", Reason.DEGRADED, "it answers from a smaller stage", holds=True)
    return _condition("Serving", Reason.AS_ASSIGNED, "", holds=True)


def _condition(type_: str, reason: Reason, message: str, *, holds: bool = False) -> conditions.Condition:
    status = conditions.Status.TRUE if holds else conditions.Status.FALSE
    return conditions.Condition(type_, status, reason, message)
