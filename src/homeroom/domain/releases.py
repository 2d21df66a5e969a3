"""What a release is made of: stages, served in order of preference, and what may be done with them."""

import enum
from dataclasses import dataclass
from typing import Any

from homeroom.domain import digests


class Stage(enum.Enum):
    """One rung of what a release can answer with; members in the order in which they arrive at a school."""

    FALLBACK = "fallback"
    CORE = "core"
    FULL = "full"


class Format(enum.Enum):
    """How a stage's bytes are read."""

    ONNX = "onnx"
    GROUP_RATES = "group-rates"


@dataclass(frozen=True, slots=True)
class StageFile:
    """One stage as packaged.

    Attributes:
        stage: which rung.
        format: how to read it.
        digest: of the plain bytes.
        size_bytes: length of the plain bytes.
    """

    stage: Stage
    format: Format
    digest: digests.Digest
    size_bytes: int


@dataclass(frozen=True, slots=True)
class ParameterBounds:
    """A setting that educators may turn, as the release declares it."""

    name: str
    default: float
    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True)
class ReleaseConfig:
    """What a school needs to know to serve a release; part of the OCI config blob, so the release digest covers it.

    Attributes:
        name: of the model in the registry, such as ``reading-support``.
        purpose: the one purpose that it may be used for.
        bands: year-group bands that it may be used in.
        features: names of the columns of the input tensor, in order; shape (n, len(features)), float32.
        output: name of the output tensor, a score in [0, 1], shape (n,).
        offer_days: an offer made from a score expires after this many days.
        parameters: what educators may turn.
        stages: rungs, in the order of ``Stage``.
    """

    name: str
    purpose: str
    bands: tuple[str, ...]
    features: tuple[str, ...]
    output: str
    offer_days: int
    parameters: tuple[ParameterBounds, ...]
    stages: tuple[StageFile, ...]

    def stage(self, stage: Stage) -> StageFile | None:
        """That rung, if the release has it."""
        return next((file for file in self.stages if file.stage is stage), None)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "name": self.name,
            "purpose": self.purpose,
            "bands": list(self.bands),
            "features": list(self.features),
            "output": self.output,
            "offerDays": self.offer_days,
            "parameters": [
                {"name": p.name, "default": p.default, "minimum": p.minimum, "maximum": p.maximum}
                for p in self.parameters
            ],
            "stages": [
                {"stage": s.stage.value, "format": s.format.value, "digest": s.digest, "sizeBytes": s.size_bytes}
                for s in self.stages
            ],
        }


def parse_config(value: dict[str, Any]) -> ReleaseConfig:
    """The config that ``ReleaseConfig.to_json`` wrote.

    Raises:
        KeyError, ValueError: it is not of that form; the caller has already checked the digest of the bytes.
    """
    return ReleaseConfig(
        name=value["name"],
        purpose=value["purpose"],
        bands=tuple(value["bands"]),
        features=tuple(value["features"]),
        output=value["output"],
        offer_days=value["offerDays"],
        parameters=tuple(ParameterBounds(**parameter) for parameter in value["parameters"]),
        stages=tuple(
            StageFile(
                stage=Stage(stage["stage"]),
                format=Format(stage["format"]),
                digest=digests.parse(stage["digest"]),
                size_bytes=stage["sizeBytes"],
            )
            for stage in value["stages"]
        ),
    )
