"""Spans of time as people write them in manifests: ``30s``, ``15m``, ``24h``, ``7d``."""

import re
from datetime import timedelta
from typing import Annotated, Any

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema

from homeroom.domain import errors
from homeroom.resources import rules

PATTERN = r"^([0-9]+)(s|m|h|d)$"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_MAX_LENGTH = 7  # 999999s is eleven days, 999999d far beyond any school year: more digits are a slip


def parse(text: str) -> timedelta:
    """The span that ``text`` means; ``0s`` is no time at all.

    Raises:
        SpecError: it is not a whole number and one of the units s, m, h, d.
    """
    match = re.fullmatch(PATTERN, text)
    if match is None or len(text) > _MAX_LENGTH:
        raise errors.SpecError(f"{text[:40]!r} is no duration: write a whole number and s, m, h or d, such as 15m")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


def to_text(span: timedelta) -> str:
    """``span`` in the largest unit that divides it, so that ``24h`` reads ``1d``; fractions of a second are dropped."""
    seconds = int(span.total_seconds())
    for unit, factor in reversed(_UNITS.items()):
        if seconds and seconds % factor == 0:
            return f"{seconds // factor}{unit}"
    return "0s"


def _before(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return parse(value)
    except errors.SpecError as exc:
        raise ValueError(str(exc)) from exc  # pydantic collects these with their place


def _schema(pattern: str, message: str) -> dict[str, Any]:
    rule = rules.Rule(f"self.matches('{pattern}')", message)
    return {"type": "string", "maxLength": _MAX_LENGTH, rules.VALIDATIONS: [rule.to_json()]}


_HOW = "write a whole number and a unit: s, m, h or d, such as 30s, 15m, 24h or 7d"

Duration = Annotated[
    timedelta, BeforeValidator(_before), PlainSerializer(to_text), WithJsonSchema(_schema(PATTERN, _HOW))
]
"""A span that may be zero."""

PositiveDuration = Annotated[
    timedelta,
    BeforeValidator(_before),
    PlainSerializer(to_text),
    WithJsonSchema(_schema("^[1-9][0-9]*(s|m|h|d)$", f"{_HOW}; zero would never leave time to act")),
]
"""A span that is longer than nothing."""
