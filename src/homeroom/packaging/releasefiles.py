"""A release as files in a directory: ``release.json``, its stages and its training reference, as training writes them."""

import json
import pathlib
from dataclasses import dataclass
from typing import Any

from homeroom.domain import digests, errors, releases
from homeroom.packaging import artifacts

RELEASE_FILE = "release.json"
MODEL_CARD = "model_card.md"
MAX_DOCUMENT_BYTES = 1 << 20
MAX_STAGE_BYTES = 256 << 20


@dataclass(frozen=True, slots=True)
class ReleaseFiles:
    """What lies in the directory, read.

    Attributes:
        config: of the release.
        stages: plain bytes of each stage.
        paths: file of each stage.
        reference: the training reference.
        manifest: of the artifact that is packaged from this; its digest is the release digest.
    """

    config: releases.ReleaseConfig
    stages: dict[releases.Stage, bytes]
    paths: dict[releases.Stage, pathlib.Path]
    reference: bytes
    manifest: bytes


def read(directory: pathlib.Path) -> ReleaseFiles:
    """The release in ``directory``.

    Raises:
        SpecError: a file is missing, too large, or not what it should be; the text names it.
    """
    described = _described(_content(directory / RELEASE_FILE, MAX_DOCUMENT_BYTES))
    try:
        paths = {
            releases.Stage(stage): directory / _plain_name(file["file"]) for stage, file in described["stages"].items()
        }
        formats = {
            releases.Stage(stage): releases.Format(file["format"]) for stage, file in described["stages"].items()
        }
        reference = directory / _plain_name(described["trainingReference"]["file"])
        stages = {stage: _content(paths[stage], MAX_STAGE_BYTES) for stage in releases.Stage if stage in paths}
        config = releases.parse_config(described | {"stages": _stage_files(stages, formats)})
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise errors.SpecError(
            f"{RELEASE_FILE} is not usable ({type(exc).__name__}: {exc!s:.200}): it needs name, purpose, bands, features, "
            "output, offerDays, parameters, stages with file and format, and trainingReference.file"
        ) from exc
    card = directory / MODEL_CARD
    extras = {MODEL_CARD: _content(card, MAX_DOCUMENT_BYTES)} if card.is_file() else {}
    manifest = artifacts.build(config, stages, extras).manifest
    return ReleaseFiles(config, stages, paths, _content(reference, MAX_DOCUMENT_BYTES), manifest)


def _described(content: bytes) -> dict[str, Any]:
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as exc:
        raise errors.SpecError(f"{RELEASE_FILE} is no JSON: {exc!s:.200}") from exc
    if not isinstance(value, dict):
        raise errors.SpecError(f"{RELEASE_FILE} is no JSON object")
    return value


def _stage_files(
    stages: dict[releases.Stage, bytes], formats: dict[releases.Stage, releases.Format]
) -> list[dict[str, Any]]:
    return [
        {
            "stage": stage.value,
            "format": formats[stage].value,
            "digest": digests.of_bytes(content),
            "sizeBytes": len(content),
        }
        for stage, content in stages.items()
    ]


def _plain_name(value: Any) -> str:
    if not isinstance(value, str) or not value or "/" in value or value.startswith("."):
        raise ValueError(f"{value!r:.80} is no plain file name")
    return value


def _content(path: pathlib.Path, max_bytes: int) -> bytes:
    try:
        if path.stat().st_size > max_bytes:
            raise errors.SpecError(f"{path.name} is larger than the {max_bytes} bytes that are read")
        return path.read_bytes()
    except OSError as exc:
        raise errors.SpecError(f"cannot read {path.name} in {path.parent}: {exc.strerror}") from exc
