"""What the API server demands of a schema, and what people demand of its words."""

import re
from collections.abc import Iterator
from typing import Annotated, Any

import pytest
from pydantic import Field

from homeroom.domain import errors
from homeroom.resources import catalog, definitions, fields, objects, rules, schemas


def nodes(schema: dict[str, Any], path: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every schema in ``schema`` with its path."""
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from nodes(inner, f"{path}.{name}")
    if "items" in schema:
        yield from nodes(schema["items"], f"{path}[]")


ALL = [
    node
    for definition in catalog.ALL
    for part in ("spec", "status")
    for node in nodes(definition.build_schema()["properties"].get(part, {}), f"{definition.kind.kind}.{part}")
    if node[1]
]


@pytest.mark.parametrize(("path", "schema"), ALL, ids=[path for path, _ in ALL])
def test_schema_is_structural_and_bounded(path: str, schema: dict[str, Any]) -> None:
    """Every node has a type; every list and string an upper bound, or rules over it would be too dear to check."""
    assert set(schema) <= schemas._KEPT
    assert schema["type"] in {"object", "array", "string", "integer", "number", "boolean"}
    if schema["type"] == "array":
        assert schema["maxItems"] <= 1000
    if schema["type"] == "string":
        assert "maxLength" in schema or "enum" in schema or schema["format"] in {"date", "date-time"}
    if schema["type"] == "object":
        assert schema.get("properties") is not None


@pytest.mark.parametrize(("path", "schema"), ALL, ids=[path for path, _ in ALL])
def test_field_is_described_and_each_rule_says_what_to_change(path: str, schema: dict[str, Any]) -> None:
    """`kubectl explain` shows the description; `kubectl apply` shows the message."""
    if not path.endswith("[]"):
        assert re.fullmatch(r"[A-Z].*[.]", schema["description"], re.DOTALL), schema.get("description")
    for rule in schema.get(rules.VALIDATIONS, ()):
        assert len(rule["message"]) > 20
        assert not rule["message"].endswith(".")
        assert "\n" not in rule["message"]


@pytest.mark.parametrize("definition", catalog.ALL, ids=lambda item: item.kind.kind)
def test_conditions_are_a_map_by_type_and_have_columns(definition: definitions.Definition) -> None:
    shown = " ".join(column.path for column in definition.columns)
    for condition in definition.conditions:
        assert f'"{condition.name}"' in shown
    if definition.conditions:
        status = definition.build_schema()["properties"]["status"]["properties"]
        assert status["conditions"]["x-kubernetes-list-map-keys"] == ["type"]
    assert definitions.AGE in definition.columns


@pytest.mark.parametrize("definition", catalog.ALL, ids=lambda item: item.kind.kind)
def test_reasons_are_camel_case_and_explained(definition: definitions.Definition) -> None:
    """A reason is API and a word for people who search the documentation."""
    for condition in definition.conditions:
        for reason in condition.reasons:
            assert re.fullmatch("[A-Z][A-Za-z]+", reason.value)
            assert reason.__doc__
            assert reason.__doc__.endswith(".")
            assert list(condition.reasons).count(reason) == 1


def test_union_of_two_types_is_a_defect_of_ours() -> None:
    class Odd(objects.Part):
        either: int | str

    with pytest.raises(errors.Defect, match=r"Odd\.either: a structural schema has no 'anyOf'"):
        schemas.build(Odd)


def test_rules_of_a_type_and_of_its_field_add_up() -> None:
    """A field that is immutable keeps the rule on its form."""

    class Named(objects.Part):
        name: Annotated[fields.Name, Field(json_schema_extra=rules.unchanging("a name never changes"))]

    first, second = schemas.build(Named)["properties"]["name"][rules.VALIDATIONS]
    assert first["message"].startswith("write a name of lower-case letters")
    assert second == {"rule": "self == oldSelf", "message": "a name never changes"}


def test_every_rule_in_the_models_reaches_the_schema() -> None:
    """Pydantic drops an extra that is put on an inner part of a union; this one was dropped once."""
    messages = {rule["message"] for _, schema in ALL for rule in schema.get(rules.VALIDATIONS, ())}
    assert "write remaining: true, or leave it out" in messages


def test_minimum_with_a_fraction_is_checked_for_whole_numbers_as_well() -> None:
    """The API server would let 0 pass a minimum of 0.5."""

    class Bounded(objects.Part):
        share: Annotated[float, Field(ge=0.5)]
        count: Annotated[float, Field(ge=1)]

    built = schemas.build(Bounded)["properties"]
    assert built["share"][rules.VALIDATIONS] == [
        {"rule": "self >= 0.5", "message": "write a number that is not under 0.5"}
    ]
    assert rules.VALIDATIONS not in built["count"]
