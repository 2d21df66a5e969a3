"""What each stage takes on this machine, measured alone in a fresh process."""

import json
import pathlib
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from homeroom.domain import errors, releases

PROBE_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Measurement:
    """What one stage took on this machine.

    Attributes:
        p95_ms: 95th percentile of the time to answer for a class.
        peak_mib: largest resident memory of a process that does nothing else.
    """

    p95_ms: float
    peak_mib: float

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, three decimals."""
        return {"p95Ms": round(self.p95_ms, 3), "peakMiB": round(self.peak_mib, 1)}


def measure(
    release: releases.ReleaseConfig, file: releases.StageFile, content: bytes, directory: pathlib.Path
) -> Measurement:
    """Runs the probe on an ONNX stage.

    Raises:
        SpecError: the stage does not run, or not within ``PROBE_SECONDS``.
    """
    model = directory / f"probe-{file.stage.value}.onnx"
    model.write_bytes(content)
    command = [sys.executable, "-m", "homeroom.gates.probe", str(model), release.output, str(len(release.features))]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PROBE_SECONDS, check=False)
    except subprocess.TimeoutExpired as exc:
        raise errors.SpecError(f"stage {file.stage.value!r} did not answer within {PROBE_SECONDS:g} s") from exc
    if done.returncode != 0:
        reason = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise errors.SpecError(f"stage {file.stage.value!r} does not run on a class of zeros: {reason[0]:.200}")
    found = json.loads(done.stdout)
    return Measurement(p95_ms=found["p95Ms"], peak_mib=found["peakMiB"])


def measure_all(
    release: releases.ReleaseConfig, stages: dict[releases.Stage, bytes], directory: pathlib.Path
) -> dict[releases.Stage, Measurement]:
    """Measurements of every ONNX stage; a table of group rates takes nothing worth measuring.

    Raises:
        SpecError: a stage does not run, or not within ``PROBE_SECONDS``.
    """
    return {
        file.stage: measure(release, file, stages[file.stage], directory)
        for file in release.stages
        if file.format is releases.Format.ONNX
    }
