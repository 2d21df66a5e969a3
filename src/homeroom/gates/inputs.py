"""Everything that a gate run reads, and the directory form in which it crosses into the limited process."""

import json
import pathlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from homeroom.domain import digests, errors, releases
from homeroom.gates.reading import files
from homeroom.resources import gatepolicies

THRESHOLD = "threshold"
"""Parameter that decides who is offered support: a score at or above it."""

_INPUTS, _EVALUATION, _REFERENCE = "inputs.json", "evaluation.csv.gz", "reference.json"
_CALENDARS, _CELLS, _EARLIER = "calendars", "cells", "earlier"


@dataclass(frozen=True, slots=True)
class Hardware:
    """One kind of box among the schools that the release may go to."""

    profile: str
    memory_mib: int
    cores: int

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {"profile": self.profile, "memoryMiB": self.memory_mib, "cores": self.cores}


@dataclass(frozen=True, slots=True)
class GateInputs:
    """What is judged, and on what evidence.

    Attributes:
        release: config of the packaged release.
        release_digest: digest of its OCI manifest.
        stages: plain bytes of every stage of ``release``.
        evaluation: the evaluation table, csv.gz.
        reference: the training reference, ``reference.json``.
        on: the day as of which is judged; an input like any other, so that a rerun says the same.
        hardware: distinct boxes of the schools; empty when none is known yet.
        calendars: AcademicCalendar documents by file name, for tables whose rows have a period; one named after a school is that
            school's, one other is for all.
        cells: group sums of other districts by file name, to be pooled with ours.
        earlier: reports published earlier, each with its documents in one file, by file name; the new one is compared with them.
        unread: how many more of them there are that are not given.
    """

    release: releases.ReleaseConfig
    release_digest: digests.Digest
    stages: dict[releases.Stage, bytes]
    evaluation: bytes
    reference: bytes
    on: date
    hardware: tuple[Hardware, ...] = field(default=())
    calendars: Mapping[str, bytes] = field(default_factory=dict)
    cells: Mapping[str, bytes] = field(default_factory=dict)
    earlier: Mapping[str, bytes] = field(default_factory=dict)
    unread: int = 0

    def __post_init__(self) -> None:
        for file in self.release.stages:
            if digests.of_bytes(self.stages.get(file.stage, b"")) != file.digest:
                raise errors.SpecError(f"the bytes of stage {file.stage.value!r} are not those of the release")


def thresholds(release: releases.ReleaseConfig) -> tuple[float, ...]:
    """Default and both ends of the declared range, each once, default first.

    Raises:
        SpecError: the release declares no threshold, or one that is no probability.
    """
    bounds = next((parameter for parameter in release.parameters if parameter.name == THRESHOLD), None)
    if bounds is None:
        raise errors.SpecError(
            f"the release declares no parameter {THRESHOLD!r}: without it nobody knows who is offered"
        )
    if not 0.0 < bounds.minimum <= bounds.default <= bounds.maximum < 1.0:
        raise errors.SpecError(f"parameter {THRESHOLD!r} must be above 0, below 1, and its default within its range")
    return tuple(dict.fromkeys((bounds.default, bounds.minimum, bounds.maximum)))


def write(directory: pathlib.Path, inputs: GateInputs, policy: gatepolicies.Spec) -> None:
    """Lays out the work directory of a gate run."""
    directory.mkdir(parents=True, exist_ok=True)
    for file in inputs.release.stages:
        (directory / _stage_name(file.stage)).write_bytes(inputs.stages[file.stage])
    (directory / _EVALUATION).write_bytes(inputs.evaluation)
    (directory / _REFERENCE).write_bytes(inputs.reference)
    for folder, contents in ((_CALENDARS, inputs.calendars), (_CELLS, inputs.cells), (_EARLIER, inputs.earlier)):
        _write_files(directory / folder, contents)
    described = {
        "release": inputs.release.to_json(),
        "releaseDigest": inputs.release_digest,
        "on": inputs.on.isoformat(),
        "policy": policy.to_json(),
        "hardware": [box.to_json() for box in inputs.hardware],
        "unread": inputs.unread,
    }
    (directory / _INPUTS).write_text(json.dumps(described), encoding="utf-8")


def read(directory: pathlib.Path) -> tuple[GateInputs, gatepolicies.Spec]:
    """What ``write`` laid out.

    Raises:
        SpecError: a file is missing, or not what it should be.
    """
    try:
        described: dict[str, Any] = json.loads((directory / _INPUTS).read_text(encoding="utf-8"))
        release = releases.parse_config(described["release"])
        inputs = GateInputs(
            release=release,
            release_digest=digests.parse(described["releaseDigest"]),
            stages={file.stage: (directory / _stage_name(file.stage)).read_bytes() for file in release.stages},
            evaluation=files.read(directory / _EVALUATION),
            reference=(directory / _REFERENCE).read_bytes(),
            on=date.fromisoformat(described["on"]),
            hardware=tuple(parse_hardware(box) for box in described["hardware"]),
            calendars=_read_files(directory / _CALENDARS),
            cells=_read_files(directory / _CELLS),
            earlier=_read_files(directory / _EARLIER),
            unread=int(described["unread"]),
        )
        return inputs, gatepolicies.Spec.model_validate(described["policy"])
    except (OSError, KeyError, TypeError, ValueError) as exc:
        raise errors.SpecError(f"the gates cannot read their input: {exc!s:.300}") from exc


def parse_hardware(value: dict[str, Any]) -> Hardware:
    """What ``Hardware.to_json`` wrote.

    Raises:
        KeyError: it is not that.
    """
    return Hardware(profile=value["profile"], memory_mib=value["memoryMiB"], cores=value["cores"])


def _write_files(directory: pathlib.Path, contents: Mapping[str, bytes]) -> None:
    directory.mkdir(exist_ok=True)
    for name, content in contents.items():
        (directory / name).write_bytes(content)


def _read_files(directory: pathlib.Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(directory.iterdir())}


def _stage_name(stage: releases.Stage) -> str:
    return f"stage-{stage.value}"
