"""The reference page of all kinds, generated so that no field, condition or reason is missing from it."""

from collections.abc import Iterator, Sequence
from typing import Any

from homeroom.resources import definitions, kinds, rules, statuses

_HEAD = f"""# Resources

Kinds of `{kinds.GROUP}/{kinds.VERSION}`. All are namespaced and in the category `homeroom`, so that
`kubectl get homeroom -n {kinds.NAMESPACE}` shows them together. Conditions carry the truth; `phase` only summarises.
Reasons of conditions are API: they are added to, never renamed.

This page is generated from `src/homeroom/resources` by `make generate`.
"""


def page(catalog: Sequence[definitions.Definition]) -> str:
    """The whole page in Markdown."""
    index = "\n".join(f"- [{item.kind.kind}](#{item.kind.kind.lower()})" for item in catalog)
    return "\n".join([_HEAD, index, "", *(_section(item) for item in catalog)]).rstrip() + "\n"


def _section(item: definitions.Definition) -> str:
    schema = item.build_schema()
    parts = [
        f"## {item.kind.kind}\n",
        f"{schema['description']}\n",
        f"Short name: {', '.join(f'`{name}`' for name in item.short_names)}.\n",
        _table("Spec", schema["properties"]["spec"]),
    ]
    if item.conditions:
        parts += [_table("Status", schema["properties"]["status"]), _conditions(item.conditions)]
    return "\n".join(parts)


def _table(title: str, schema: dict[str, Any]) -> str:
    rows = "\n".join(_row(path, field, required=required) for path, field, required in _fields(schema))
    rules_of = "".join(f"- {message}\n" for message in dict.fromkeys(_messages(schema)))
    checked = f"\nChecked by the API server:\n\n{rules_of}" if rules_of else ""
    return f"### {title}\n\n| Field | Type | Meaning |\n|---|---|---|\n{rows}\n{checked}"


def _fields(schema: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, dict[str, Any], bool]]:
    for name, field in schema.get("properties", {}).items():
        path = f"{prefix}{name}"
        yield path, field, name in schema.get("required", ())
        inner = field.get("items", field)
        yield from _fields(inner, f"{path}[]." if "items" in field else f"{path}.")


def _row(path: str, field: dict[str, Any], *, required: bool) -> str:
    notes = [_type(field), *(["required"] if required else []), *_bounds(field)]
    if "default" in field:
        notes.append(f"default {_literal(field['default'])}")
    meaning = field.get("description", "").replace("\n\n", " ").replace("|", "\\|")
    return f"| `{path}` | {', '.join(notes)} | {meaning} |"


def _type(field: dict[str, Any]) -> str:
    if "items" in field:
        return f"list of {_type(field['items'])}"
    if "enum" in field:
        return " or ".join(f"`{value}`" for value in field["enum"])
    return str(field.get("format", field.get("type", "any")))


def _bounds(field: dict[str, Any]) -> Iterator[str]:
    for low, high, unit in (("minimum", "maximum", ""), ("minLength", "maxLength", " characters")):
        if low in field and high in field:
            yield f"{field[low]} to {field[high]}{unit}"
        elif high in field:
            yield f"at most {field[high]}{unit}"
        elif low in field:
            yield f"at least {field[low]}{unit}"
    if "items" in field and "maxItems" in field:
        yield f"{field.get('minItems', 0)} to {field['maxItems']} items"


def _literal(value: Any) -> str:
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def _messages(schema: dict[str, Any]) -> Iterator[str]:
    yield from (rule["message"] for rule in schema.get(rules.VALIDATIONS, ()))
    for field in schema.get("properties", {}).values():
        yield from _messages(field)
    if "items" in schema:
        yield from _messages(schema["items"])


def _conditions(conditions: Sequence[statuses.ConditionType]) -> str:
    lines = ["### Conditions\n"]
    for condition in conditions:
        lines.append(f"**{condition.name}**: {condition.meaning}\n")
        lines.append("| Reason | Meaning |\n|---|---|")
        lines += [f"| `{reason.value}` | {reason.__doc__} |" for reason in condition.reasons]
        lines.append("")
    return "\n".join(lines)
