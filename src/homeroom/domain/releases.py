"""What a release is made of: stages, served in order of preference, and what may be done with them."""

import enum
import math
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


STUDENT_YEAR = "student-year"
"""The unit that protects a child: everything about one pupil in one school year."""


@dataclass(frozen=True, slots=True)
class LedgerRecord:
    """What the privacy ledger says about the training of a release.

    Attributes:
        purpose: that the training was booked under.
        unit: whose presence is hidden, such as ``student-year``.
        mechanism: how.
        delta: chance that the promise does not hold.
        before: epsilon that the population had spent before, at least 0.
        after: epsilon that it had spent after, at least ``before``.
    """

    purpose: str
    unit: str
    mechanism: str
    delta: float
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class PrivacyStatement:
    """What a release says about how well it hides that anybody was in its training data.

    Attributes:
        unit: whose presence is hidden.
        epsilon: how much of the budget it spent, above 0.
        delta: chance that the promise does not hold, between 0 and 1.
        mechanism: how, such as ``gaussian-sgd``.
        ledger: the ledger's record of it, where there is one.
    """

    unit: str
    epsilon: float
    delta: float
    mechanism: str
    ledger: LedgerRecord | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, as in ``release.json``."""
        stated = {"unit": self.unit, "epsilon": self.epsilon, "delta": self.delta, "mechanism": self.mechanism}
        if self.ledger is None:
            return stated
        record = self.ledger
        return {
            **stated,
            "ledger": {
                "purpose": record.purpose,
                "unit": record.unit,
                "mechanism": record.mechanism,
                "delta": record.delta,
                "epsilonBefore": record.before,
                "epsilonAfter": record.after,
            },
        }


def parse_statement(value: dict[str, Any]) -> PrivacyStatement:
    """The statement in that JSON; what a ledger's record has beside is not read.

    Raises:
        KeyError, TypeError, ValueError: it is none.
    """
    record = value.get("ledger")
    statement = PrivacyStatement(
        unit=str(value["unit"]),
        epsilon=float(value["epsilon"]),
        delta=float(value["delta"]),
        mechanism=str(value["mechanism"]),
        ledger=None if record is None else _parse_record(record),
    )
    if not (0 < statement.epsilon < math.inf and 0 < statement.delta < 1):
        raise ValueError("a privacy statement needs an epsilon above 0 and a delta between 0 and 1")
    return statement


def _parse_record(value: dict[str, Any]) -> LedgerRecord:
    record = LedgerRecord(
        purpose=str(value["purpose"]),
        unit=str(value["unit"]),
        mechanism=str(value["mechanism"]),
        delta=float(value["delta"]),
        before=float(value["epsilonBefore"]),
        after=float(value["epsilonAfter"]),
    )
    if not 0 <= record.before <= record.after < math.inf:
        raise ValueError("a ledger record needs 0 <= epsilonBefore <= epsilonAfter")
    return record


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
        privacy: what it says about its privacy budget; None when it says nothing.
    """

    name: str
    purpose: str
    bands: tuple[str, ...]
    features: tuple[str, ...]
    output: str
    offer_days: int
    parameters: tuple[ParameterBounds, ...]
    stages: tuple[StageFile, ...]
    privacy: PrivacyStatement | None = None

    def stage(self, stage: Stage) -> StageFile | None:
        """That rung, if the release has it."""
        return next((file for file in self.stages if file.stage is stage), None)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; without a privacy statement the key is left out, so that older digests stay what they were."""
        stated = {} if self.privacy is None else {"privacy": self.privacy.to_json()}
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
            **stated,
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
        privacy=None if value.get("privacy") is None else parse_statement(value["privacy"]),
    )
