"""A release as files: ``release.json``, its stages and its training reference, as training writes them."""

import json
import pathlib
from dataclasses import dataclass
from typing import Any

from homeroom.domain import digests, errors, releases
from homeroom.packaging import artifacts

RELEASE_FILE = "release.json"
MODEL_CARD = "model_card.md"
MAX_DOCUMENT_BYTES = 1 << 20
"""``release.json``, the training reference and the model card are text that people write or read."""
MAX_STAGE_BYTES = 256 << 20

REQUIRED_STAGES = frozenset({releases.Stage.FALLBACK, releases.Stage.FULL})
"""Without a fallback a school has nothing under its ladder; without full there is no model."""


@dataclass(frozen=True, slots=True)
class Description:
    """What every reader of ``release.json`` needs of it.

    Attributes:
        features: input columns in order.
        output: name of the output tensor.
        stages: file name and format of each stage.
        reference: file name of the training reference.
        privacy: what the version says about its privacy budget.
    """

    features: tuple[str, ...]
    output: str
    stages: dict[releases.Stage, tuple[str, releases.Format]]
    reference: str
    privacy: releases.PrivacyStatement | None = None


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
    content = _content(directory / RELEASE_FILE, MAX_DOCUMENT_BYTES)
    described = describe(content)
    paths = {stage: directory / name for stage, (name, _) in described.stages.items()}
    stages = {stage: _content(paths[stage], MAX_STAGE_BYTES) for stage in releases.Stage if stage in paths}
    config = _config(content, stages, described)
    card = directory / MODEL_CARD
    extras = {MODEL_CARD: _content(card, MAX_DOCUMENT_BYTES)} if card.is_file() else {}
    manifest = artifacts.build(config, stages, extras).manifest
    reference = _content(directory / described.reference, MAX_DOCUMENT_BYTES)
    return ReleaseFiles(config, stages, paths, reference, manifest)


def describe(content: bytes) -> Description:
    """What ``release.json`` says, checked; the operator and a CI read it by the same rules.

    Raises:
        SpecError: it is not that, or lacks a stage that every release has.
    """
    try:
        value = json.loads(content)
    except (ValueError, RecursionError) as exc:
        raise errors.SpecError(f"{RELEASE_FILE} is no JSON: {exc!s:.200}") from exc
    try:
        described = Description(
            features=tuple(_text(name) for name in value["features"]),
            output=_text(value["output"]),
            stages={
                releases.Stage(stage): (_plain_name(file["file"]), releases.Format(file["format"]))
                for stage, file in value["stages"].items()
            },
            reference=_plain_name(value["trainingReference"]["file"]),
            privacy=None if value.get("privacy") is None else releases.parse_statement(value["privacy"]),
        )
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise errors.SpecError(
            f"{RELEASE_FILE} is not usable ({type(exc).__name__}: {exc!s:.200}): it needs features, output, stages with file "
            "and format, and trainingReference.file; privacy, if there, needs unit, epsilon, delta and mechanism"
        ) from exc
    missing = sorted(stage.value for stage in REQUIRED_STAGES - described.stages.keys())
    if missing or not described.features:
        raise errors.SpecError(f"{RELEASE_FILE} lacks {', '.join(missing) or 'features'}: add what is missing")
    return described


def _config(content: bytes, stages: dict[releases.Stage, bytes], described: Description) -> releases.ReleaseConfig:
    files = [
        {
            "stage": stage.value,
            "format": described.stages[stage][1].value,
            "digest": digests.of_bytes(plain),
            "sizeBytes": len(plain),
        }
        for stage, plain in stages.items()
    ]
    try:
        return releases.parse_config(json.loads(content) | {"stages": files})
    except (KeyError, TypeError, ValueError, AttributeError) as exc:
        raise errors.SpecError(
            f"{RELEASE_FILE} is not usable ({type(exc).__name__}: {exc!s:.200}): to be judged without a ModelRelease it needs "
            "name, purpose, bands, offerDays and parameters too"
        ) from exc


def _text(value: Any) -> str:
    if not isinstance(value, str) or not value:
        raise ValueError(f"{value!r:.80} is no text")
    return value


def _plain_name(value: Any) -> str:
    name = _text(value)
    if "/" in name or name.startswith(".") or not name.isprintable():
        raise ValueError(f"{name!r:.80} is no plain file name")
    return name


def _content(path: pathlib.Path, max_bytes: int) -> bytes:
    try:
        if path.stat().st_size > max_bytes:
            raise errors.SpecError(f"{path.name} is larger than the {max_bytes} bytes that are read")
        return path.read_bytes()
    except OSError as exc:
        raise errors.SpecError(f"cannot read {path.name} in {path.parent}: {exc.strerror}") from exc
