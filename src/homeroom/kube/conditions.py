"""Conditions between the JSON of an object's status and the values that decisions use."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import TypeAdapter, ValidationError

from homeroom.domain import conditions, errors
from homeroom.resources import statuses

_CONDITIONS = TypeAdapter(tuple[statuses.Condition, ...])


def parse(body: Mapping[str, Any]) -> tuple[conditions.Condition, ...]:
    """The conditions in ``body``'s status; empty before the first one was written.

    Raises:
        SpecError: they are not conditions.
    """
    try:
        written = _CONDITIONS.validate_python((body.get("status") or {}).get("conditions") or ())
    except ValidationError as exc:
        raise errors.SpecError(f"status.conditions is not readable: {exc.error_count()} fields do not fit") from exc
    return tuple(condition.to_domain() for condition in written)


def to_json(values: tuple[conditions.Condition, ...]) -> list[dict[str, Any]]:
    """``values`` as they are written; merge them first, because the API wants a transition time.

    A message that is longer than the schema allows is cut: a status that cannot be written tells nobody anything.
    """
    return [_to_json(value) for value in values]


def _to_json(value: conditions.Condition) -> dict[str, Any]:
    written = {
        "type": value.type,
        "status": value.status.value,
        "reason": str(value.reason),
        "message": _cut(value.message),
        "observedGeneration": value.observed_generation,
    }
    if value.last_transition is not None:
        written["lastTransitionTime"] = _moment(value.last_transition)
    return written


def _cut(message: str) -> str:
    limit = statuses.MAX_MESSAGE_LENGTH
    return message if len(message) <= limit else message[: limit - 1] + "…"


def _moment(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")
