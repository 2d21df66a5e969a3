"""What the hub's conditions say, as a plain function of what was observed."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from homeroom.domain import conditions, digests, prefetch
from homeroom.resources import regionalhubs


@dataclass(frozen=True, slots=True)
class Problem:
    """What keeps the hub from being ready.

    Attributes:
        reason: the reason of ``Ready``.
        sentence: for whoever must act; stable while the world is.
    """

    reason: regionalhubs.ReadyReason
    sentence: str


@dataclass(frozen=True, slots=True)
class Observed:
    """What a hub knows about itself.

    Attributes:
        last_contact: when the district last answered; None before the first time.
        offline_after: the district counts as away after so long without an answer.
        version_problem: why hub and district do not understand each other; empty when they do.
        missing: releases that some school waits for.
        problem: what went wrong with the registry or a release, if anything.
    """

    last_contact: datetime | None
    offline_after: timedelta
    version_problem: str = ""
    missing: tuple[prefetch.Release, ...] = ()
    problem: Problem | None = None


def decide_conditions(observed: Observed, now: datetime) -> tuple[conditions.Condition, ...]:
    """``Connected`` and ``Ready``, in this order."""
    return (_connected(observed, now), _ready(observed))


def _connected(observed: Observed, now: datetime) -> conditions.Condition:
    reasons = regionalhubs.ConnectedReason
    if observed.version_problem:
        return _condition("Connected", reasons.PROTOCOL_TOO_OLD, observed.version_problem)
    if observed.last_contact is None:
        return _condition("Connected", reasons.NEVER_CONNECTED, "The district has not answered yet.")
    if now - observed.last_contact > observed.offline_after:
        since = observed.last_contact.isoformat(timespec="seconds")
        sentence = f"The district has not answered since {since}; schools go on, and their reports wait here."
        return _condition("Connected", reasons.DISTRICT_UNREACHABLE, sentence)
    return _condition("Connected", reasons.CONNECTED, holds=True)


def _ready(observed: Observed) -> conditions.Condition:
    reasons = regionalhubs.ReadyReason
    if observed.problem is not None:
        return _condition("Ready", observed.problem.reason, observed.problem.sentence)
    if observed.missing:
        names = ", ".join(f"{item.repository}@{digests.short(item.digest)}" for item in observed.missing[:3])
        more = f" and {len(observed.missing) - 3} more" if len(observed.missing) > 3 else ""  # noqa: PLR2004 - as above
        return _condition("Ready", reasons.FETCHING, f"Schools wait for {names}{more}.")
    if observed.last_contact is None:
        return _condition("Ready", reasons.STARTING, "Waiting for the district's first answer.")
    return _condition("Ready", reasons.READY, holds=True)


def _condition(type_: str, reason: str, message: str = "", *, holds: bool = False) -> conditions.Condition:
    status = conditions.Status.TRUE if holds else conditions.Status.FALSE
    return conditions.Condition(type_, status, reason, message)
