"""Roles and policies, read as what they grant."""

from collections.abc import Iterator
from typing import Any

import pytest

from homeroom.domain import errors
from homeroom.resources import catalog, manifests

OPERATORS = "homeroom:operators"


def grants(tier: str, subject: str) -> Iterator[dict[str, Any]]:
    """Every rule that ``subject`` has in ``tier``."""
    found = manifests.load(tier)
    roles = {item["metadata"]["name"]: item["rules"] for item in found if item["kind"] == "ClusterRole"}
    for item in found:
        if subject in {bound["name"] for bound in item.get("subjects", ())}:
            yield from roles[item["roleRef"]["name"]]


def verbs(tier: str, subject: str, resource: str) -> set[str]:
    return {verb for rule in grants(tier, subject) if resource in rule["resources"] for verb in rule["verbs"]}


@pytest.mark.parametrize("tier", manifests.TIERS)
def test_tier_has_its_namespace_first_and_bindings_to_roles_that_exist(tier: str) -> None:
    found = manifests.load(tier)
    assert (found[0]["kind"], found[0]["metadata"]["name"]) == ("Namespace", "homeroom")
    roles = {item["metadata"]["name"] for item in found if item["kind"] == "ClusterRole"}
    bound = {item["roleRef"]["name"] for item in found if item["kind"] in {"RoleBinding", "ClusterRoleBinding"}}
    assert bound == roles


@pytest.mark.parametrize("tier", manifests.TIERS)
def test_nobody_gets_a_wildcard(tier: str) -> None:
    """A role names what it allows, so that a kind that is added later is not given away by accident."""
    for item in manifests.load(tier):
        for rule in item.get("rules", ()):
            assert "*" not in {*rule["verbs"], *rule["resources"], *rule["apiGroups"]}


def test_operator_has_no_verb_that_makes_a_decision() -> None:
    for definition in catalog.DISTRICT:
        assert verbs("district", OPERATORS, definition.kind.plural) == {"get", "list", "watch"}
    assert not verbs("district", OPERATORS, "users")


def test_only_the_api_impersonates_and_only_in_groups_of_people() -> None:
    rules = [rule for rule in grants("district", "homeroom:api") if "impersonate" in rule["verbs"]]
    groups = next(rule for rule in rules if rule["resources"] == ["groups"])["resourceNames"]
    assert OPERATORS not in groups
    assert {group for group in groups if group.startswith("system:")} == {"system:authenticated"}


@pytest.mark.parametrize("tier", manifests.TIERS)
def test_operator_reads_every_kind_and_writes_every_status(tier: str) -> None:
    for definition in catalog.TIERS[tier]:
        plural = definition.kind.plural
        assert {"get", "list", "watch"} <= verbs(tier, OPERATORS, plural)
        assert bool(definition.conditions) == ("update" in verbs(tier, OPERATORS, f"{plural}/status"))


def test_policies_deny_and_fail_closed() -> None:
    found = manifests.load("district")
    policies = {item["metadata"]["name"]: item["spec"] for item in found if item["kind"] == "ValidatingAdmissionPolicy"}
    bindings = [item["spec"] for item in found if item["kind"] == "ValidatingAdmissionPolicyBinding"]
    assert {binding["policyName"] for binding in bindings} == set(policies)
    assert all(policy["failurePolicy"] == "Fail" for policy in policies.values())
    assert all(binding["validationActions"] == ["Deny"] for binding in bindings)
    # Its parameters are the decisions that there are: the first one of a district has none, and the operator looks again.
    first = "override-by-a-second-person.homeroom.dev"
    for binding in bindings:
        if "paramKind" in policies[binding["policyName"]]:
            wanted = "Allow" if binding["policyName"] == first else "Deny"
            assert binding["paramRef"]["parameterNotFoundAction"] == wanted


def test_unknown_tier_is_refused() -> None:
    with pytest.raises(errors.SpecError, match="choose one of district, hub, school"):
        manifests.load("galaxy")
