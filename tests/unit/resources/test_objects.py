"""Reading what the API server sent."""

import copy
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests import builders

from homeroom.domain import assignments, errors
from homeroom.resources import (
    catalog,
    definitions,
    durations,
    modelreleases,
    objects,
    regionalhubs,
    rolloutwaves,
    schoolsites,
    siteassignments,
)

EXAMPLES = {
    manifest["kind"]: manifest
    for path in (Path(__file__).parents[3] / "examples" / "manifests").glob("*.yaml")
    for manifest in [yaml.safe_load(path.read_text())]
}


@pytest.mark.parametrize("definition", catalog.ALL, ids=lambda item: item.kind.kind)
def test_example_reads_and_writes_back(definition: definitions.Definition) -> None:
    """Nothing is lost between the manifest and the model."""
    manifest = EXAMPLES[definition.kind.kind]
    read = objects.parse(definition.model, definition.kind, manifest)
    assert read.name == manifest["metadata"]["name"]
    written = objects.build(definition.kind, read.name, read.spec)
    assert objects.parse(definition.model, definition.kind, written).spec == read.spec
    assert _given(written["spec"], manifest["spec"]) == _timed(manifest["spec"])


def _given(written: Any, manifest: Any) -> Any:
    """What was written, without the defaults that the manifest leaves out."""
    if not isinstance(manifest, dict):
        return written
    return {key: _given(written[key], value) for key, value in manifest.items()}


def _timed(spec: dict[str, Any]) -> dict[str, Any]:
    """``24h`` is written back as ``1d``."""
    return {key: "1d" if value == "24h" else value for key, value in spec.items()}


def test_missing_status_reads_as_an_empty_one() -> None:
    release = modelreleases.parse(EXAMPLES["ModelRelease"])
    assert release.status.conditions == ()
    assert release.status.release_digest is None


def test_message_names_each_wrong_field_and_no_content() -> None:
    """A log may hold the message, so it never holds what was written in the field."""
    body = copy.deepcopy(EXAMPLES["SchoolSite"])
    body["spec"]["pupils"] = "secret"
    body["spec"]["colour"] = "secret"
    with pytest.raises(errors.SpecError) as refusal:
        schoolsites.parse(body)
    assert "SchoolSite lincoln-elementary" in str(refusal.value)
    assert "spec.pupils" in str(refusal.value)
    assert "spec.colour" in str(refusal.value)
    assert "secret" not in str(refusal.value)


def test_another_kind_is_refused() -> None:
    with pytest.raises(errors.SpecError, match=r"expected homeroom\.dev/v1alpha1 RolloutWave, found .* SchoolSite"):
        rolloutwaves.parse(EXAMPLES["SchoolSite"])


def test_body_without_metadata_is_refused_in_words() -> None:
    with pytest.raises(errors.SpecError, match="RolloutWave without a name: metadata: Field required"):
        rolloutwaves.parse({"spec": EXAMPLES["RolloutWave"]["spec"]})


def test_assignment_is_shown_as_it_was_signed() -> None:
    """The projection has every entry, and reads back as the same entries."""
    assignment = assignments.parse(
        {
            "schemaVersion": 1,
            "siteId": builders.a_site_id("school-01"),
            "version": 7,
            "minAgent": "0.1.0",
            "endpoints": [],
            "entries": [
                {
                    "purpose": "support-offer",
                    "band": "K-2",
                    "release": builders.a_digest("new"),
                    "repository": "releases/reading-support",
                    "previous": builders.a_digest("old"),
                    "startBy": builders.NOW.isoformat(),
                    "wave": "pilot",
                    "parameters": [{"name": "offer_fraction", "value": 0.2, "minimum": 0.1, "maximum": 0.3}],
                }
            ],
        }
    )
    shown = siteassignments.from_domain(assignment)
    read = siteassignments.parse(objects.build(siteassignments.KIND, "current", shown)).spec
    assert read.version == 7
    assert tuple(siteassignments.entry_to_domain(entry) for entry in read.entries) == assignment.entries


def test_hub_is_an_endpoint_of_assignments() -> None:
    endpoint = regionalhubs.parse(EXAMPLES["RegionalHub"]).to_endpoint()
    assert endpoint == assignments.Endpoint(
        "west", "https://hub-west.example.org:8443", "https://hub-west.example.org:5000"
    )


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("0s", timedelta(0)),
        ("30s", timedelta(seconds=30)),
        ("90m", timedelta(minutes=90)),
        ("24h", timedelta(days=1)),
        ("7d", timedelta(days=7)),
        ("999999d", timedelta(days=999_999)),
    ],
)
def test_duration_means_what_it_says(text: str, span: timedelta) -> None:
    assert durations.parse(text) == span
    assert durations.parse(durations.to_text(span)) == span


@pytest.mark.parametrize("text", ["", "5", "m", "5 m", "1.5h", "-1s", "1h30m", "9999999d", "5M", "٣s"])
def test_what_is_no_duration_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(errors.SpecError, match="such as 15m"):
        durations.parse(text)


def test_duration_is_written_in_its_largest_whole_unit() -> None:
    spans = [timedelta(seconds=90), timedelta(minutes=90), timedelta(hours=36), timedelta(days=2), timedelta(0)]
    assert [durations.to_text(span) for span in spans] == ["90s", "90m", "36h", "2d", "0s"]
