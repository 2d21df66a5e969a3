"""Status conditions and the one rule by which they change."""

import enum
from dataclasses import dataclass, replace
from datetime import datetime


class Status(enum.Enum):
    """Kubernetes condition status."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


@dataclass(frozen=True, slots=True)
class Condition:
    """One statement about an object, as of one generation of its spec.

    Attributes:
        type: the fact when true, such as ``GatesPassed``.
        status: whether it holds.
        reason: CamelCase enum member; it is API.
        message: worded for whoever must act; the same on two passes over an unchanged world.
        observed_generation: ``metadata.generation`` that was judged.
        last_transition: when the status last flipped; None until merged.
    """

    type: str
    status: Status
    reason: str
    message: str = ""
    observed_generation: int = 0
    last_transition: datetime | None = None


def merged(
    old: tuple[Condition, ...], new: tuple[Condition, ...], *, generation: int, now: datetime
) -> tuple[Condition, ...]:
    """``new`` as it should be written: order kept, transition time moved only where the status flipped.

    Conditions of ``old`` that ``new`` does not name are dropped: one writer per object decides all of them.
    """
    before = {condition.type: condition for condition in old}
    return tuple(
        replace(
            condition,
            observed_generation=generation,
            last_transition=_transition(before.get(condition.type), condition, now),
        )
        for condition in new
    )


def _transition(old: Condition | None, new: Condition, now: datetime) -> datetime:
    if old is not None and old.status is new.status and old.last_transition is not None:
        return old.last_transition
    return now


def find(conditions: tuple[Condition, ...], type_: str) -> Condition | None:
    """The condition of that type, if it was ever written."""
    return next((condition for condition in conditions if condition.type == type_), None)


def is_true(conditions: tuple[Condition, ...], type_: str) -> bool:
    """Whether that condition exists and is True."""
    found = find(conditions, type_)
    return found is not None and found.status is Status.TRUE
