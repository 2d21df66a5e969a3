"""Measures one stage alone in a fresh process: what it takes to answer for a class of pupils.

Usage: python -m homeroom.gates.probe MODEL OUTPUT COLUMNS   (prints JSON)

The process imports ONNX Runtime and numpy only, as a school's server does, so its memory means something.
"""

import json
import pathlib
import sys
import time

import numpy as np

from homeroom.gates import scoring

CLASS_ROWS = 30
"""Rows of one question: a class."""
WARM_UP, RUNS = 50, 500


def main(arguments: list[str]) -> None:
    """Prints ``{"p95Ms": ..., "peakMiB": ...}``."""
    model, output, columns = pathlib.Path(arguments[0]), arguments[1], int(arguments[2])
    session = scoring.open_session(model.read_bytes())
    rows = np.zeros((CLASS_ROWS, columns), dtype=np.float32)
    durations = []
    for _ in range(WARM_UP + RUNS):
        began = time.perf_counter_ns()
        scoring.run_onnx(session, output, rows)
        durations.append(time.perf_counter_ns() - began)
    print(json.dumps({"p95Ms": float(np.quantile(durations[WARM_UP:], 0.95)) / 1e6, "peakMiB": peak_mib()}))  # noqa: T201


def peak_mib() -> float:
    """Largest resident memory of this process so far, in MiB.

    From /proc, because the kernel's ``ru_maxrss`` starts at the size of the process that started this one.
    """
    lines = pathlib.Path("/proc/self/status").read_text(encoding="ascii").splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM:")).split()[1]) / 1024


if __name__ == "__main__":
    main(sys.argv[1:])
