"""What people see of a kind through their own kubectl."""

import json
import re
from typing import Any

import pytest
import yaml

from homeroom.embedded import kubernetes
from homeroom.kube import client
from homeroom.resources import catalog, definitions, rolloutwaves

pytestmark = pytest.mark.real


@pytest.mark.parametrize("definition", catalog.ALL, ids=lambda item: item.kind.kind)
def test_kubectl_explain_shows_every_description(
    control_plane: kubernetes.ControlPlane, definition: definitions.Definition
) -> None:
    """The docstring of each spec field reaches the person who asks for it."""
    shown = " ".join(control_plane.admin.run("explain", f"{definition.kind.plural}.spec").split())
    for name, field in definition.build_schema()["properties"]["spec"]["properties"].items():
        assert name in shown
        assert " ".join(field["description"].split()) in shown


@pytest.mark.parametrize("definition", catalog.ALL, ids=lambda item: item.kind.kind)
def test_short_name_and_category_find_the_kind(
    control_plane: kubernetes.ControlPlane, definition: definitions.Definition
) -> None:
    for short in definition.short_names:
        control_plane.admin.run("get", short, "-n", "homeroom")
    found = control_plane.admin.run("api-resources", "--categories=homeroom", "-o", "name").split()
    assert f"{definition.kind.plural}.{definition.kind.group}" in found


async def test_get_shows_conditions_age_and_message(
    control_plane: kubernetes.ControlPlane, kube: client.Kubernetes, example: Any
) -> None:
    """One column per condition that matters."""
    kind = rolloutwaves.KIND
    created = await kube.apply(kind, {**example("RolloutWave"), "metadata": {"name": "shown"}})
    condition = {"type": "Valid", "status": "False", "reason": "ReleaseNotReady", "message": "",
                 "lastTransitionTime": "2026-11-23T10:00:00Z"}  # fmt: skip
    status = {"conditions": [condition], "message": "release reading-support-3 is not approved"}
    await kube.write_status(kind, "shown", status, created["metadata"]["resourceVersion"])
    heading, row = control_plane.admin.run("get", "wave", "shown", "-n", "homeroom").splitlines()
    assert heading.split() == [
        "NAME", "RELEASE", "VALID", "PROGRESSING", "HALTED", "COMPLETE", "DONE", "TOTAL", "FAILED", "AGE", "MESSAGE",
    ]  # fmt: skip
    assert re.search(r"^shown +reading-support-3 +False .* release reading-support-3 is not approved$", row)


@pytest.mark.parametrize("definition", catalog.ALL, ids=lambda item: item.kind.kind)
async def test_example_is_accepted(
    control_plane: kubernetes.ControlPlane, definition: definitions.Definition, example: Any
) -> None:
    """What the documentation shows works as it stands, defaults filled in and nothing dropped."""
    manifest = example(definition.kind.kind)
    author = manifest["spec"].get("author") or manifest["spec"].get("approver") or "anybody"
    if definition.kind.kind == "ReleaseApproval":
        _a_release_exists(control_plane, example)
    shown = control_plane.admin.run(
        "create", "-n", "homeroom", "--dry-run=server", "--validate=strict", "-o", "json", "-f", "-",
        "--as", author, "--as-group", "system:masters", stdin=yaml.safe_dump(manifest),
    )  # fmt: skip
    stored = json.loads(shown)["spec"]
    assert _given(stored, manifest["spec"]) == manifest["spec"]


def _given(stored: Any, manifest: Any) -> Any:
    """What was stored, at any depth without the defaults that the manifest leaves out."""
    if isinstance(manifest, dict):
        return {key: _given(stored[key], value) for key, value in manifest.items()}
    if isinstance(manifest, list) and isinstance(stored, list) and len(stored) == len(manifest):
        return [_given(*pair) for pair in zip(stored, manifest, strict=True)]
    return stored


def _a_release_exists(control_plane: kubernetes.ControlPlane, example: Any) -> None:
    """Without any release every approval is denied."""
    manifest = {**example("ModelRelease"), "metadata": {"name": "explained"}}
    control_plane.admin.run(
        "apply", "-n", "homeroom", "--server-side", "--force-conflicts", "-f", "-",
        "--as", "mara.lee", "--as-group", "system:masters", stdin=yaml.safe_dump(manifest),
    )  # fmt: skip
