"""CEL rules that the API server checks, and the marks that make it merge lists well."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

VALIDATIONS = "x-kubernetes-validations"


@dataclass(frozen=True, slots=True)
class Rule:
    """One check by the API server.

    Attributes:
        expression: CEL; ``self`` is the value, ``oldSelf`` its former one (then it runs on updates only).
        message: what to change, for the person whose object was refused.
    """

    expression: str
    message: str

    def to_json(self) -> dict[str, str]:
        """As an item of ``x-kubernetes-validations``."""
        return {"rule": self.expression, "message": self.message}


def checked(*rules: Rule) -> Callable[[dict[str, Any]], None]:
    """A ``json_schema_extra`` that adds these rules to those that the type has in its ``WithJsonSchema``.

    Put it on the field itself. Pydantic keeps only the last of several extras, and none on an inner part of a union.
    """

    def extend(schema: dict[str, Any]) -> None:
        schema[VALIDATIONS] = [*schema.get(VALIDATIONS, []), *(rule.to_json() for rule in rules)]

    return extend


def unchanging(message: str) -> Callable[[dict[str, Any]], None]:
    """A ``json_schema_extra`` that forbids any change after creation."""
    return checked(Rule("self == oldSelf", message))


def as_set(schema: dict[str, Any]) -> None:
    """A ``json_schema_extra`` for a list without order or repetition; the API server refuses repeated items."""
    schema["x-kubernetes-list-type"] = "set"


def as_map(*keys: str) -> Callable[[dict[str, Any]], None]:
    """A ``json_schema_extra`` for a list whose items are told apart by ``keys``, which must not repeat."""

    def mark(schema: dict[str, Any]) -> None:
        schema["x-kubernetes-list-type"] = "map"
        schema["x-kubernetes-list-map-keys"] = list(keys)

    return mark
