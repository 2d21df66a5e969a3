"""The gate process: reads a work directory, writes the report there, and can do little else.

Usage: python -m homeroom.gates.job DIRECTORY

Exit codes: 0 the report is written, whatever it says; 2 the input cannot be judged, ``error.json`` says what to change;
1 a defect. Progress goes to standard error, one line each.
"""

import json
import os
import pathlib
import resource
import sys

from homeroom.domain import errors
from homeroom.packaging import sandbox

MEMORY_BYTES = 6 << 30
"""Address space, most of which the tools reserve and never touch; a run on 13,000 rows stays under 600 MiB resident."""
CPU_SECONDS = 300
FILE_BYTES = 64 << 20

BAD_INPUT = 2


def main(arguments: list[str]) -> int:
    """Runs one job; returns the exit code."""
    directory = pathlib.Path(arguments[0])
    sandbox.limit(memory_bytes=MEMORY_BYTES, cpu_seconds=CPU_SECONDS, file_bytes=FILE_BYTES)
    sandbox.cut_network()
    # What the tools cache goes where the job may write.
    os.environ["HOME"] = os.environ["MPLCONFIGDIR"] = str(directory)
    try:
        _run(directory)
    except errors.SpecError as exc:
        (directory / "error.json").write_text(json.dumps({"error": "SpecError", "message": str(exc)}), encoding="utf-8")
        say(f"cannot be judged: {exc}")
        return BAD_INPUT
    return 0


def _run(directory: pathlib.Path) -> None:
    # The tools are imported here, after the limits are in force.
    from homeroom.gates import engine, inputs, run  # noqa: PLC0415

    given, policy = inputs.read(directory)
    report = engine.run_gates(given, policy, directory, say=say)
    run.write(directory, report)
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    say(f"done: {report.outcome.value}, {len(report.verdicts)} verdicts, {peak_mib} MiB at most")


def say(line: str) -> None:
    """One line of progress."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - the process speaks to whoever started it


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
