"""A release as an OCI artifact: the same bytes every time, readable by anybody's tools."""

import json
from dataclasses import replace

import pytest

from homeroom.domain import digests, errors, releases
from homeroom.packaging import artifacts

STAGES = {releases.Stage.FULL: b"full", releases.Stage.FALLBACK: b"{}"}


def a_config(stages: dict[releases.Stage, bytes] = STAGES) -> releases.ReleaseConfig:
    formats = {releases.Stage.FALLBACK: releases.Format.GROUP_RATES}
    files = tuple(
        releases.StageFile(
            stage, formats.get(stage, releases.Format.ONNX), digests.of_bytes(stages[stage]), len(stages[stage])
        )
        for stage in releases.Stage
        if stage in stages
    )
    return releases.ReleaseConfig("reading", "support-offer", ("K-2",), ("a", "b"), "score", 30, (), files)


def test_equal_input_gives_equal_bytes_whatever_the_order() -> None:
    """The digest is what gets approved and signed; a second build must not look like another release."""
    extras = {"model_card.md": b"# card", "a.json": b"{}"}
    first = artifacts.build(a_config(), STAGES, extras)
    second = artifacts.build(a_config(), dict(reversed(STAGES.items())), dict(reversed(extras.items())))
    assert first == second
    assert first.digest == digests.of_bytes(first.manifest)


def test_any_changed_byte_gives_another_digest() -> None:
    changed = {**STAGES, releases.Stage.FULL: b"fulL"}
    first = artifacts.build(a_config(), STAGES, {})
    assert artifacts.build(a_config(changed), changed, {}).digest != first.digest
    assert artifacts.build(replace(a_config(), offer_days=31), STAGES, {}).digest != first.digest
    assert artifacts.build(a_config(), STAGES, {"model_card.md": b""}).digest != first.digest


def test_a_plain_oci_client_can_read_the_manifest() -> None:
    """OCI image specification 1.1: what every client looks at before anything else."""
    manifest = json.loads(artifacts.build(a_config(), STAGES, {"model_card.md": b"# card"}).manifest)
    assert manifest["schemaVersion"] == 2
    assert manifest["mediaType"] == "application/vnd.oci.image.manifest.v1+json"
    assert manifest["artifactType"] == "application/vnd.cncf.model.manifest.v1+json"
    for descriptor in (manifest["config"], *manifest["layers"]):
        assert set(descriptor) >= {"mediaType", "digest", "size"}
    assert [layer["annotations"]["org.cncf.model.filepath"] for layer in manifest["layers"]] == [
        "homeroom.json",
        "fallback.json",
        "full.onnx",
        "model_card.md",
    ]


def test_the_model_config_has_only_what_the_modelpack_schema_allows() -> None:
    """Its schema says additionalProperties: false; diffIds are the layers, in order."""
    artifact = artifacts.build(a_config(), STAGES, {})
    config = json.loads(artifact.config)
    assert set(config) == {"descriptor", "config", "modelfs"}
    assert set(config["config"]) <= {"architecture", "format", "paramSize", "precision", "quantization"}
    assert config["modelfs"]["diffIds"] == [digests.of_bytes(layer.content) for layer in artifact.layers]


def test_what_was_built_is_parsed_again() -> None:
    artifact = artifacts.build(a_config(), STAGES, {"model_card.md": b"# card"})
    manifest = artifacts.parse_manifest(artifact.manifest)
    by_digest = {digests.of_bytes(blob): blob for blob in artifact.blobs}
    assert {blob.digest for blob in manifest.blobs} == set(by_digest)
    assert artifacts.parse_config(by_digest[manifest.release.digest]) == a_config()
    assert [blob.stage for blob in manifest.stages] == [releases.Stage.FALLBACK, releases.Stage.FULL]
    assert manifest.stage(releases.Stage.CORE) is None


@pytest.mark.parametrize(
    ("stages", "extras", "sentence"),
    [
        ({releases.Stage.FULL: b"full"}, {}, "different stages"),
        ({**STAGES, releases.Stage.FULL: b"other"}, {}, "other bytes"),
        (STAGES, {"homeroom.json": b""}, "homeroom.json"),
        (STAGES, {"full.onnx": b""}, "full.onnx"),
        (STAGES, {"../x": b""}, "plain file name"),
    ],
    ids=["missing stage", "other bytes", "reserved name", "taken name", "path"],
)
def test_what_does_not_fit_is_refused(
    stages: dict[releases.Stage, bytes], extras: dict[str, bytes], sentence: str
) -> None:
    with pytest.raises(errors.SpecError, match=sentence):
        artifacts.build(a_config(), stages, extras)


@pytest.mark.parametrize(
    "change",
    [
        {"schemaVersion": 1},
        {"artifactType": "application/vnd.docker.container"},
        {"layers": []},
        {"layers": [{}]},
        {"layers": None},
        {"config": {"digest": "sha256:short", "size": 1}},
        {"config": {"digest": digests.of_bytes(b""), "size": -1}},
    ],
    ids=lambda change: str(change)[:40],
)
def test_a_manifest_that_is_no_release_is_a_spec_error(change: dict[str, object]) -> None:
    manifest = json.loads(artifacts.build(a_config(), STAGES, {}).manifest)
    with pytest.raises(errors.SpecError):
        artifacts.parse_manifest(json.dumps({**manifest, **change}).encode())


@pytest.mark.parametrize("content", [b"", b"[]", b"{", b"null", b"[" * 100_000])
def test_garbage_is_a_spec_error(content: bytes) -> None:
    for parse in (artifacts.parse_manifest, artifacts.parse_config):
        with pytest.raises(errors.SpecError):
            parse(content)
