"""From which rung a school answers: full, core, previous release, fallback, or not at all."""

import enum
from dataclasses import dataclass
from datetime import datetime, timedelta

from homeroom.domain import digests

SLOW_IN_A_ROW = 3
"""One slow answer is a busy box; three in a row are a rung that is too heavy for it."""

FIRST_REST = timedelta(seconds=10)
LONGEST_REST = timedelta(minutes=10)
"""A rung that fails is tried again by itself, at growing intervals: staff have nothing to reset."""

NO_SUGGESTION = "no suggestion, use your usual way"


class Level(enum.Enum):
    """What an answer came from, best first."""

    FULL = "full"
    CORE = "core"
    PREVIOUS = "previous"
    FALLBACK = "fallback"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Health:
    """How a rung has been doing.

    Attributes:
        slow: slow answers in a row.
        rests: how often it was put to rest without a good answer since.
        resting_until: not asked before this moment; None while it is in use.
        reason: why it rests, empty otherwise.
    """

    slow: int = 0
    rests: int = 0
    resting_until: datetime | None = None
    reason: str = ""

    def after_answer(self, took: timedelta, budget: timedelta, now: datetime) -> "Health":
        """Health after one right answer that took that long."""
        if took <= budget:
            return Health()
        if self.slow + 1 < SLOW_IN_A_ROW:
            return Health(slow=self.slow + 1, rests=self.rests)
        return self.rested("SlowAnswers", now)

    def rested(self, reason: str, now: datetime) -> "Health":
        """Put to rest, twice as long as the last time."""
        pause = min(FIRST_REST * 2**self.rests, LONGEST_REST)
        # The exponent is capped where the pause is, so that a rung that never recovers cannot overflow it.
        return Health(rests=min(self.rests + 1, 10), resting_until=now + pause, reason=reason)

    def is_usable(self, now: datetime) -> bool:
        """Whether the rung may be asked."""
        return self.resting_until is None or now >= self.resting_until


@dataclass(frozen=True, slots=True)
class Rung:
    """One thing a school could answer from.

    Attributes:
        level: where it stands.
        release: which release it belongs to.
        stage: digest of the stage's bytes.
        health: how it has been doing.
        fault: why it cannot be used at all, such as ``LoadFailed``; empty when it can.
    """

    level: Level
    release: digests.Digest
    stage: digests.Digest
    health: Health = Health()
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """Where to answer from.

    Attributes:
        index: position of the rung; None when there is none that can answer.
        level: its level, ``NONE`` without one.
        reason: CamelCase word: ``AsAssigned``, or why no better rung answers.
    """

    index: int | None
    level: Level
    reason: str


def decide_rung(rungs: tuple[Rung, ...], now: datetime) -> Choice:
    """The best rung that can answer now, and why no better one does.

    Args:
        rungs: best first; those that the school does not have are not in it.
        now: the school's clock.
    """
    passed = ""
    for index, rung in enumerate(rungs):
        fault = rung.fault or ("" if rung.health.is_usable(now) else rung.health.reason)
        if not fault:
            return Choice(index, rung.level, passed or _reason_alone(rung.level))
        passed = passed or fault
    return Choice(None, Level.NONE, passed or "NothingInstalled")


def _reason_alone(level: Level) -> str:
    """The reason when no better rung was passed over: it is the best that is there."""
    return "AsAssigned" if level is Level.FULL else "Installing"
