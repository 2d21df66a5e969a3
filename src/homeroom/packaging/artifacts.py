"""A release as an OCI artifact in ModelPack media types: one layer per stage, in the order in which schools fetch them.

The manifest digest is the release digest, so building is deterministic: no time, no machine, keys sorted. The
ModelPack config schema forbids members of others, so what a school needs to serve the release is a layer of its own.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeroom.domain import digests, errors, releases

MANIFEST_TYPE = "application/vnd.oci.image.manifest.v1+json"
ARTIFACT_TYPE = "application/vnd.cncf.model.manifest.v1+json"
CONFIG_TYPE = "application/vnd.cncf.model.config.v1+json"
WEIGHT_TYPE = "application/vnd.cncf.model.weight.v1.raw"
WEIGHT_CONFIG_TYPE = "application/vnd.cncf.model.weight.config.v1.raw"
DOCUMENT_TYPE = "application/vnd.cncf.model.doc.v1.raw"

PATH_ANNOTATION = "org.cncf.model.filepath"
STAGE_ANNOTATION = "dev.homeroom.stage"
RELEASE_PATH = "homeroom.json"
"""File name of the layer that holds the ``ReleaseConfig``; extras may not use it."""

MAX_BLOBS = 64
_SUFFIXES = {releases.Format.ONNX: "onnx", releases.Format.GROUP_RATES: "json"}
_DOCUMENT_SUFFIXES = (".md", ".txt", ".html")


@dataclass(frozen=True, slots=True)
class Layer:
    """One file of an artifact.

    Attributes:
        path: file name that plain OCI clients give it.
        media_type: of ModelPack.
        content: its bytes, uncompressed: what is stored is what is hashed and served.
        stage: which rung it is, None for what is no rung.
    """

    path: str
    media_type: str
    content: bytes
    stage: releases.Stage | None = None


@dataclass(frozen=True, slots=True)
class Artifact:
    """A built release, ready to push.

    Attributes:
        manifest: bytes of the OCI manifest.
        config: bytes of the ModelPack config.
        layers: release config first, then the stages, then what comes along.
        digest: of ``manifest``: the release digest.
    """

    manifest: bytes
    config: bytes
    layers: tuple[Layer, ...]
    digest: digests.Digest

    @property
    def blobs(self) -> tuple[bytes, ...]:
        """Everything that a registry must hold before it takes the manifest."""
        return (self.config, *(layer.content for layer in self.layers))


@dataclass(frozen=True, slots=True)
class Blob:
    """One blob that a manifest names.

    Attributes:
        digest: of its bytes.
        size_bytes: exactly.
        path: file name; empty for the config.
        stage: which rung it is, if it is one.
    """

    digest: digests.Digest
    size_bytes: int
    path: str = ""
    stage: releases.Stage | None = None


@dataclass(frozen=True, slots=True)
class Manifest:
    """A parsed manifest.

    Attributes:
        config: the ModelPack config, for other people's tools.
        release: the blob that ``parse_config`` reads.
        stages: rungs in the order in which they are fetched.
        extras: model card and the like.
    """

    config: Blob
    release: Blob
    stages: tuple[Blob, ...]
    extras: tuple[Blob, ...]

    @property
    def blobs(self) -> tuple[Blob, ...]:
        """All of them, each digest once, what serves first coming first."""
        named = {blob.digest: blob for blob in (self.config, self.release, *self.stages, *self.extras)}
        return tuple(named.values())

    def stage(self, stage: releases.Stage) -> Blob | None:
        """That rung, if the release has it."""
        return next((blob for blob in self.stages if blob.stage is stage), None)


def build(
    config: releases.ReleaseConfig, stages: Mapping[releases.Stage, bytes], extras: Mapping[str, bytes]
) -> Artifact:
    """The artifact of a release; equal input gives equal bytes, whatever the order of the mappings.

    Args:
        config: what schools need to serve it; names digest and size of each stage.
        stages: plain bytes of each stage that ``config`` names.
        extras: further files by name, such as ``model_card.md``.

    Raises:
        SpecError: the stages are not those that ``config`` names, or an extra takes a name that is used.
    """
    _check_stages(config, stages)
    rungs = [_stage_layer(file, stages[file.stage]) for file in config.stages]
    layers = (_release_layer(config), *rungs, *_extra_layers(extras, taken={rung.path for rung in rungs}))
    model_config = digests.canonical_json(_model_config(config, layers))
    manifest = digests.canonical_json(_manifest(model_config, layers))
    return Artifact(manifest, model_config, layers, digests.of_bytes(manifest))


def parse_manifest(content: bytes) -> Manifest:
    """What a manifest of ours names; the caller has checked its digest.

    Raises:
        SpecError: it is no manifest that ``build`` could have made; the text says what is wrong with it.
    """
    try:
        value = json.loads(content)
        _check_manifest(value)
        layers = [_blob(descriptor) for descriptor in value["layers"]]
        return _sorted_manifest(_blob(value["config"]), layers)
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as exc:
        raise errors.SpecError(f"the manifest is not readable: {type(exc).__name__}: {exc}") from exc


def parse_config(content: bytes) -> releases.ReleaseConfig:
    """The release config in the blob that ``Manifest.release`` names; the caller has checked its digest.

    Raises:
        SpecError: it is none.
    """
    try:
        return releases.parse_config(json.loads(content))
    except (KeyError, TypeError, ValueError, RecursionError) as exc:
        raise errors.SpecError(f"the release config is not readable: {type(exc).__name__}: {exc}") from exc


def _check_stages(config: releases.ReleaseConfig, stages: Mapping[releases.Stage, bytes]) -> None:
    if {file.stage for file in config.stages} != set(stages) or not stages:
        raise errors.SpecError("the config and the files name different stages, or none: give each stage in both")
    for file in config.stages:
        content = stages[file.stage]
        if (digests.of_bytes(content), len(content)) != (file.digest, file.size_bytes):
            raise errors.SpecError(f"the config names other bytes for stage {file.stage.value} than were given")


def _stage_layer(file: releases.StageFile, content: bytes) -> Layer:
    return Layer(f"{file.stage.value}.{_SUFFIXES[file.format]}", WEIGHT_TYPE, content, file.stage)


def _release_layer(config: releases.ReleaseConfig) -> Layer:
    return Layer(RELEASE_PATH, WEIGHT_CONFIG_TYPE, digests.canonical_json(config.to_json()))


def _extra_layers(extras: Mapping[str, bytes], *, taken: set[str]) -> list[Layer]:
    for path in extras:
        if path in taken | {RELEASE_PATH} or "/" in path or path.startswith(".") or not path:
            raise errors.SpecError(f"an extra file cannot be called {path!r}: use a plain file name that is not taken")
    return [Layer(path, _extra_type(path), content) for path, content in sorted(extras.items())]


def _extra_type(path: str) -> str:
    return DOCUMENT_TYPE if path.endswith(_DOCUMENT_SUFFIXES) else WEIGHT_CONFIG_TYPE


def _model_config(config: releases.ReleaseConfig, layers: tuple[Layer, ...]) -> dict[str, Any]:
    return {
        "descriptor": {"name": config.name},
        "config": {"format": releases.Format.ONNX.value},
        "modelfs": {"type": "layers", "diffIds": [digests.of_bytes(layer.content) for layer in layers]},
    }


def _manifest(model_config: bytes, layers: tuple[Layer, ...]) -> dict[str, Any]:
    return {
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "artifactType": ARTIFACT_TYPE,
        "config": _descriptor(CONFIG_TYPE, model_config),
        "layers": [_layer_descriptor(layer) for layer in layers],
    }


def _layer_descriptor(layer: Layer) -> dict[str, Any]:
    annotations = {PATH_ANNOTATION: layer.path}
    if layer.stage is not None:
        annotations[STAGE_ANNOTATION] = layer.stage.value
    return {**_descriptor(layer.media_type, layer.content), "annotations": annotations}


def _descriptor(media_type: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digests.of_bytes(content), "size": len(content)}


def _check_manifest(value: dict[str, Any]) -> None:
    if value["schemaVersion"] != 2 or value["mediaType"] != MANIFEST_TYPE:  # noqa: PLR2004 - the OCI version
        raise errors.SpecError(f"the manifest is not of media type {MANIFEST_TYPE}, version 2")
    if value["artifactType"] != ARTIFACT_TYPE:
        raise errors.SpecError(f"the artifact is a {str(value['artifactType'])[:100]!r}, not a {ARTIFACT_TYPE}")
    if len(value["layers"]) >= MAX_BLOBS:
        raise errors.SpecError(
            f"the manifest names {len(value['layers'])} layers; a release has fewer than {MAX_BLOBS}"
        )


def _blob(descriptor: dict[str, Any]) -> Blob:
    annotations = descriptor.get("annotations", {})
    stage, size_bytes = annotations.get(STAGE_ANNOTATION), descriptor["size"]
    if type(size_bytes) is not int or size_bytes < 0:
        raise errors.SpecError("the manifest gives a blob a size that is none")
    return Blob(
        digest=digests.parse(descriptor["digest"]),
        size_bytes=size_bytes,
        path=annotations.get(PATH_ANNOTATION, ""),
        stage=None if stage is None else releases.Stage(stage),
    )


def _sorted_manifest(config: Blob, layers: list[Blob]) -> Manifest:
    release = [blob for blob in layers if blob.stage is None and blob.path == RELEASE_PATH]
    stages = sorted((blob for blob in layers if blob.stage is not None), key=_rung)
    if len(release) != 1 or not stages or len({blob.stage for blob in stages}) != len(stages):
        raise errors.SpecError(f"a release has one {RELEASE_PATH}, and each stage once: this artifact is none")
    extras = tuple(blob for blob in layers if blob.stage is None and blob.path != RELEASE_PATH)
    return Manifest(config, release[0], tuple(stages), extras)


def _rung(blob: Blob) -> int:
    return list(releases.Stage).index(blob.stage) if blob.stage is not None else -1
