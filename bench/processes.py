"""Runs one pass in a fresh process and measures the time of its work and the peak memory of its process tree."""

import json
import os
import pathlib
import subprocess
import tempfile
import time
from dataclasses import dataclass
from typing import Any

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEERS = ROOT / "build" / "bench" / "peers"
DEADLINE_SECONDS = 900.0
SAMPLE_SECONDS = 0.02
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "POLARS_MAX_THREADS")
QUIET = {"DO_NOT_TRACK": "1", "NML_DISABLE_USAGE_LOGGING": "1", "PYTHONWARNINGS": "ignore", "PYTHONHASHSEED": "0"}
"""Nobody phones home from a benchmark."""


@dataclass(frozen=True, slots=True)
class Pass:
    """One run of one contestant.

    Attributes:
        seconds: of the work alone.
        peak_mib: largest sum of resident memory over the process and its descendants, frames and imports included.
        checksum: of a column that it saw.
        found: what it found.
    """

    seconds: float
    peak_mib: float
    checksum: int
    found: Any


class PassError(Exception):
    """A contestant did not end, or not well."""


def run(python: pathlib.Path, module: str, *arguments: str) -> Pass:
    """Runs ``python -m module`` at the root of the checkout.

    Raises:
        PassError: it failed, or took longer than the deadline.
    """
    environment = os.environ | QUIET | dict.fromkeys(THREADS, "1")
    command = [str(python), "-m", module, *arguments]
    with tempfile.TemporaryFile("w+") as said, tempfile.TemporaryFile("w+") as errors:
        with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said, stderr=errors) as process:
            peak = _watch(process)
        said.seek(0)
        errors.seek(0)
        if process.returncode != 0:
            raise PassError(f"{module} ended with {process.returncode}: {errors.read()[-800:]}")
        line = said.read().strip().splitlines()[-1]
    return Pass(peak_mib=peak, **json.loads(line))


def _watch(process: "subprocess.Popen[bytes]") -> float:
    """Peak memory in MiB until the process has ended."""
    deadline, peak = time.monotonic() + DEADLINE_SECONDS, 0.0
    while process.poll() is None:
        peak = max(peak, sum(_resident_mib(pid) for pid in _tree(process.pid)))
        if time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise PassError(f"{process.args!s:.200} did not end within {DEADLINE_SECONDS:.0f} s")
        time.sleep(SAMPLE_SECONDS)
    return peak


def _tree(pid: int) -> list[int]:
    try:
        children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return [pid]
    return [pid, *(descendant for child in children for descendant in _tree(int(child)))]


def _resident_mib(pid: int) -> float:
    """Resident memory, by the kernel's own high-water mark for each process; 0 once it is gone."""
    try:
        lines = pathlib.Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0.0
    return next((float(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM:")), 0.0)
