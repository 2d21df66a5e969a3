"""Every limit of a GatePolicy: where it stands, which way is stricter, and what one layer says about it."""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from homeroom.resources import gatepolicies, objects

Value = float | int | bool | None
Plain = dict[str, Any]
"""A spec as JSON, names as in the manifest."""


class Direction(enum.Enum):
    """Which of two values is stricter. Not limiting at all (None) is the loosest in both directions."""

    LOWER = "lower is stricter"
    HIGHER = "higher is stricter"


@dataclass(frozen=True, slots=True)
class Limit:
    """One limit.

    Attributes:
        path: section and field as in the manifest, such as ``fairness.excessLimit``.
        direction: which way is stricter.
        undivided: what it limits cannot be taken apart by band, so the strictest band's value holds for the release.
    """

    path: str
    direction: Direction
    undivided: bool = False

    @property
    def field(self) -> str:
        """Name of the field, as the limits of a band or a school have it."""
        return self.path.split(".")[1]

    def is_stricter(self, value: Value, than: Value) -> bool:
        """Whether ``value`` is stricter than ``than``; equal values are not. True is stricter than False."""
        if value is None or than is None:
            return value is not None and than is None
        return value < than if self.direction is Direction.LOWER else value > than

    def read(self, spec: Mapping[str, Any]) -> Value:
        """Its value in a spec as JSON; None where it is left out."""
        section, name = self.path.split(".")
        return cast("Value", spec.get(section, {}).get(name))

    def write(self, spec: Plain, value: Value) -> None:
        """Sets it in a spec as JSON."""
        section, name = self.path.split(".")
        spec.setdefault(section, {})[name] = value

    @property
    def default(self) -> Value:
        """Its value where a policy leaves it out; None where it must be given or limits nothing then."""
        section, name = self.path.split(".")
        for info in _SECTIONS[section].model_fields.values():
            if info.alias == name:
                return None if info.is_required() else cast("Value", info.default)
        raise KeyError(self.path)


@dataclass(frozen=True, slots=True)
class Line:
    """What one layer says about one limit.

    Attributes:
        limit: such as ``fairness.minimumCell``.
        value: what it asks for.
        layer: ``pack us-federal``, ``policy``, ``band K-2``, ``school heron-valley``, ``default``, or the limit that it follows.
        place: where that is written.
        source: where a pack has it from; empty elsewhere.
        band: the band that it holds in; None for the whole release.
    """

    limit: str
    value: Value
    layer: str
    place: str
    source: str = ""
    band: str | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, for the policy document of a gate run."""
        return {
            "limit": self.limit,
            "value": self.value,
            "layer": self.layer,
            "place": self.place,
            "source": self.source,
            "band": self.band,
        }


_SECTIONS: dict[str, type[objects.Part]] = {
    "fairness": gatepolicies.Fairness,
    "drift": gatepolicies.Drift,
    "privacy": gatepolicies.Privacy,
    "quality": gatepolicies.Quality,
    "footprint": gatepolicies.Footprint,
}

_LOWER, _HIGHER = Direction.LOWER, Direction.HIGHER

LIMITS = (
    Limit("fairness.excessLimit", _LOWER),
    Limit("fairness.oppositeLimit", _LOWER),
    Limit("fairness.falseAlarmLimit", _LOWER),
    Limit("fairness.calibrationLimit", _LOWER),
    Limit("fairness.abrocaLimit", _LOWER),
    Limit("fairness.notRecordedLimit", _LOWER),
    # A cell of the whole release may lie in one band, so its band's minimum must hold there too.
    Limit("fairness.minimumCell", _HIGHER, undivided=True),
    Limit("fairness.resamples", _HIGHER, undivided=True),
    Limit("fairness.permutations", _HIGHER, undivided=True),
    Limit("drift.ksLimit", _LOWER),
    Limit("drift.lossLimit", _LOWER),
    Limit("drift.progressionLimit", _LOWER),
    Limit("drift.minimumWindow", _HIGHER),
    Limit("drift.detectableTarget", _LOWER),
    Limit("privacy.membershipLimit", _LOWER, undivided=True),
    Limit("privacy.memorisedLimit", _LOWER, undivided=True),
    Limit("privacy.anonymity", _HIGHER, undivided=True),
    Limit("privacy.epsilonLimit", _LOWER, undivided=True),
    Limit("quality.agreementLimit", _LOWER),
    Limit("quality.stageAgreementLimit", _LOWER),
    Limit("quality.netBenefit", _HIGHER),
    Limit("quality.calibrationLimit", _LOWER),
    Limit("footprint.artifactMiB", _LOWER, undivided=True),
    Limit("footprint.memoryMiB", _LOWER, undivided=True),
    Limit("footprint.latencyMs", _LOWER, undivided=True),
)
BY_PATH = {limit.path: limit for limit in LIMITS}

SETTINGS = (
    "drift.weeklyError",
    "drift.lookError",
    "drift.actError",
    "drift.progressionCertainty",
    "drift.historyYears",
    "drift.weekTolerance",
    "quality.dropOneLimit",
)
"""Numbers without a stricter side: fewer false alarms are more missed changes. The policy alone sets them, and no pack."""

OWN_FIELDS = {limit.field: limit for limit in LIMITS if limit.path != "quality.calibrationLimit"}
"""Limits by the name that a band or school uses; calibrationLimit there is that of fairness."""
