"""Pydantic models as structural schemas, the form of OpenAPI that the API server accepts for a kind."""

import inspect
from typing import Any

from pydantic import TypeAdapter

from homeroom.domain import errors
from homeroom.resources import rules

_DROPPED = frozenset({"title", "additionalProperties", "$defs", "discriminator"})
"""What pydantic adds and a structural schema forbids or has no use for."""

_KEPT = frozenset(
    {
        "description", "type", "format", "enum", "default", "minimum", "maximum", "minLength", "maxLength", "pattern",
        "minItems", "maxItems", "items", "required", "properties", "x-kubernetes-list-type",
        "x-kubernetes-list-map-keys", rules.VALIDATIONS,
    }
)  # fmt: skip


def build(model: Any) -> dict[str, Any]:
    """The structural schema of ``model``: no references, no null, no title.

    Raises:
        Defect: the model uses something that a structural schema cannot say, such as a union of two types.
    """
    schema = TypeAdapter(model).json_schema(by_alias=True, mode="validation")
    return _structural(schema, schema.get("$defs", {}), where=getattr(model, "__qualname__", str(model)))


def docstring(model: type) -> str:
    """The docstring of ``model`` as one paragraph a line, as ``kubectl explain`` shows it."""
    return _paragraphs(inspect.getdoc(model) or "")


def _structural(schema: dict[str, Any], definitions: dict[str, Any], where: str) -> dict[str, Any]:
    schema = _without_null(_resolved(schema, definitions), definitions)
    result: dict[str, Any] = {}
    for key, value in schema.items():
        if key in _DROPPED or (key == "default" and not _is_worth_saying(value)):
            continue
        if key not in _KEPT:
            raise errors.Defect(f"{where}: a structural schema has no {key!r}; write the type another way")
        result[key] = value
    return _nested(result, definitions, where)


def _nested(schema: dict[str, Any], definitions: dict[str, Any], where: str) -> dict[str, Any]:
    if "description" in schema:
        schema["description"] = _paragraphs(schema["description"])
    schema = _with_whole_numbers_checked(schema)
    if "items" in schema:
        schema["items"] = _structural(schema["items"], definitions, f"{where}[]")
    if "properties" in schema:
        schema["properties"] = {
            name: _structural(value, definitions, f"{where}.{name}") for name, value in schema["properties"].items()
        }
    return dict(sorted(schema.items(), key=lambda item: _ORDER.index(item[0])))


def _with_whole_numbers_checked(schema: dict[str, Any]) -> dict[str, Any]:
    """``schema`` with a rule where its minimum has a fraction.

    The API server cuts the fraction off before it compares a whole number (kube-openapi, ``MinimumNativeType``), so 0 passes a
    minimum of 0.5.
    """
    minimum = schema.get("minimum")
    if schema.get("type") != "number" or minimum is None or minimum == int(minimum):
        return schema
    rule = rules.Rule(f"self >= {minimum}", f"write a number that is not under {minimum}")
    return {**schema, rules.VALIDATIONS: [*schema.get(rules.VALIDATIONS, []), rule.to_json()]}


_ORDER = (
    "description", "type", "format", "enum", "default", "minimum", "maximum", "minLength", "maxLength", "pattern",
    "minItems", "maxItems", "x-kubernetes-list-type", "x-kubernetes-list-map-keys", rules.VALIDATIONS, "items",
    "required", "properties",
)  # fmt: skip


def _resolved(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """``schema`` with its reference replaced by what it names; what stands beside the reference wins, rules add up."""
    if "$ref" not in schema:
        return schema
    target = _resolved(definitions[schema["$ref"].rsplit("/", 1)[1]], definitions)
    return _over(target, {key: value for key, value in schema.items() if key != "$ref"})


def _without_null(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    """``schema`` for a field that may be left out; pydantic writes that as a union with null."""
    choices = [choice for choice in schema.get("anyOf", ()) if choice != {"type": "null"}]
    if len(choices) != 1:
        return schema
    target = _resolved(choices[0], definitions)
    return _over(target, {key: value for key, value in schema.items() if key != "anyOf"})


def _over(target: dict[str, Any], beside: dict[str, Any]) -> dict[str, Any]:
    both = [*target.get(rules.VALIDATIONS, []), *beside.get(rules.VALIDATIONS, [])]
    return {**target, **beside, **({rules.VALIDATIONS: both} if both else {})}


def _is_worth_saying(default: Any) -> bool:
    return default is not None and default != []


def _paragraphs(text: str) -> str:
    """``text`` with the line breaks of its source taken out, paragraphs kept."""
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in inspect.cleandoc(text).split("\n\n"))
