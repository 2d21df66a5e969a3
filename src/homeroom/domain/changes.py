"""What to do about a change: the table that says when to look, when to retrain, and when to do nothing at all.

Other pupils are no fault of a model, and a broken camera is no reason to train one. Only a model that does worse on the same
kind of pupils may lead to retraining.
"""

import enum
from dataclasses import dataclass

RETRAIN_SCHOOLS = 3
"""So many schools of a region with more wrong answers are no local matter (education.md A5)."""
RETRAIN_EVIDENCE = 100.0
"""Evidence of a whole region, as the wealth of a gambler who started with 1, that is enough by itself (education.md A5)."""
CHECKED_CASES = 30
"""Cases to look at by hand where outcomes are not known yet."""
QUIET_WEEKS = 2
"""Weeks in a row without evidence before an alarm ends, so that it does not flicker."""


class Action(enum.Enum):
    """What to do next, rising."""

    NOTHING = "Nothing"
    """A line in the weekly summary."""
    OTHER_PUPILS = "OtherPupils"
    """Say that the pupils changed and the model copes."""
    CHECK_CASES = "CheckCases"
    """Have people look at some cases, because outcomes are not known yet."""
    IT_TASK = "ITTask"
    """Look at the boxes, not at the model."""
    REVIEW_LOCALLY = "ReviewLocally"
    """The school looks, may move its threshold or hold; the region is looked at together."""
    RETRAIN_SEGMENT = "RetrainSegment"
    """Retrain what is affected, and roll it out from the pilots."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What was seen in one region.

    Attributes:
        mix: other shares of year groups or programmes.
        features: pupils of the same year group look different to the model.
        device: and the difference follows the kind of box.
        loss: more wrong answers within year groups; None when too few outcomes are known to tell.
        schools: schools in which that was found.
        region_evalue: the same for all schools of the region together, 1 without evidence.
    """

    mix: bool = False
    features: bool = False
    device: bool = False
    loss: bool | None = None
    schools: int = 0
    region_evalue: float = 1.0


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do, why, and what to tell a principal."""

    action: Action
    reason: str
    sentence: str


def decide(seen: Seen) -> Advice:
    """The row of the table that fits; the first that does.

    Example: three schools with more wrong answers give ``RETRAIN_SEGMENT``; the same pupils on broken boxes ``IT_TASK``.
    """
    if seen.loss:
        return _worse(seen)
    if seen.device:
        return Advice(
            Action.IT_TASK,
            "FollowsTheBox",
            "What the model is given changed on one kind of box and not on the others: a fault of equipment or of how data "
            "is prepared there. Open a task for IT; do not retrain.",
        )
    if seen.features:
        return _different(seen)
    if seen.mix:
        return Advice(
            Action.OTHER_PUPILS, "OtherPupils", "Your pupils changed, the model copes. There is no need to retrain."
        )
    return Advice(Action.NOTHING, "NothingChanged", "Nothing that we could notice has changed.")


def holds(*, before: bool, found: bool, quiet_weeks: int) -> bool:
    """Whether an alarm stands: it begins when found and ends only after ``QUIET_WEEKS`` weeks without any evidence.

    Args:
        before: whether it stood the week before.
        found: whether this week's evidence suffices to begin one.
        quiet_weeks: weeks in a row, this one included, in which the evidence spoke against it.
    """
    return found or (before and quiet_weeks < QUIET_WEEKS)


def _worse(seen: Seen) -> Advice:
    if seen.schools >= RETRAIN_SCHOOLS or seen.region_evalue > RETRAIN_EVIDENCE:
        return Advice(
            Action.RETRAIN_SEGMENT,
            "WorseInManySchools",
            "The model is wrong more often than it was for the same kind of pupils, and not in one school only. Retrain the "
            "year groups that are affected, and roll the new release out from the pilots.",
        )
    return Advice(
        Action.REVIEW_LOCALLY,
        "WorseInFewSchools",
        "The model is wrong more often than it was for the same kind of pupils, in single schools. Let the school look at "
        "its cases; it may change its threshold or pause. Look at the region together.",
    )


def _different(seen: Seen) -> Advice:
    if seen.loss is None:
        return Advice(
            Action.CHECK_CASES,
            "LooksDifferentWithoutOutcomes",
            "Pupils of the same year group look different to the model, and whether it is wrong more often is not known yet. "
            f"Have {CHECKED_CASES} cases checked by people, and report more often until then.",
        )
    return Advice(
        Action.OTHER_PUPILS,
        "LooksDifferentAndCopes",
        "Pupils of the same year group look different to the model, and it is not wrong more often. There is no need to "
        "retrain.",
    )
