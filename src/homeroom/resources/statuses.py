"""Conditions as the API server keeps them, and how a kind declares which it has and why they hold."""

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Self

from pydantic import Field, StringConstraints

from homeroom.domain import conditions
from homeroom.resources import fields, objects

MAX_MESSAGE_LENGTH = 4096


class Reason(enum.StrEnum):
    """Why a condition has its status: API, so a member is never renamed.

    Members are written ``NAME = "CamelCase", "docstring"``; the docstring goes into the reference page.
    """

    def __new__(cls, value: str, doc: str) -> Self:
        """A member that carries its own docstring."""
        member = str.__new__(cls, value)
        member._value_ = value
        member.__doc__ = doc
        return member


@dataclass(frozen=True, slots=True)
class ConditionType:
    """One condition that a kind has.

    Attributes:
        name: the fact when true, such as ``GatesPassed``.
        meaning: one sentence for the reference page.
        reasons: every reason that it may have.
    """

    name: str
    meaning: str
    reasons: type[Reason]


class ConditionStatus(enum.StrEnum):
    """Whether the fact holds."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"


class Condition(objects.Part):
    """One statement about this object, as of one generation of its spec."""

    type: Annotated[str, StringConstraints(max_length=63)]
    """The fact when the status is True."""
    status: ConditionStatus
    """True, False, or Unknown when it could not be judged yet."""
    reason: Annotated[str, StringConstraints(min_length=1, max_length=63, pattern="^[A-Z][A-Za-z0-9]*$")]
    """Why, as one word that programs may rely on; the reference page lists them all."""
    message: fields.Sentence = ""
    """Why, for the person who must act; empty when there is nothing to do."""
    observed_generation: Annotated[int, Field(ge=0)] = 0
    """The metadata.generation that was judged; older than the object's means that the operator has yet to look."""
    last_transition_time: datetime | None = None
    """When the status last flipped."""

    def to_domain(self) -> conditions.Condition:
        """As decisions see it."""
        return conditions.Condition(
            type=self.type,
            status=conditions.Status(self.status.value),
            reason=self.reason,
            message=self.message,
            observed_generation=self.observed_generation,
            last_transition=self.last_transition_time,
        )
