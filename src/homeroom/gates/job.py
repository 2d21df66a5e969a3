"""The gate process: reads a work directory, writes the report there, and can do little else.

Usage: python -m homeroom.gates.job DIRECTORY [--no-pages]

Exit codes: 0 the report is written, whatever it says; 2 the input cannot be judged, ``error.json`` says what to change;
1 a defect. Progress goes to standard error and to ``progress.txt``, one line each.
"""

import os
import pathlib
import resource
import signal
import sys
from collections.abc import Callable
from typing import TextIO

from homeroom.domain import errors
from homeroom.gates import workfiles
from homeroom.packaging import releasefiles, sandbox

MEMORY_BYTES = 6 << 30
"""Address space, most of which the tools reserve and never touch; a run on 13,000 rows stays under 600 MiB resident."""
CPU_SECONDS = 300
FILE_BYTES = releasefiles.MAX_STAGE_BYTES
"""Stages are written again for the processes that look at them, which say by themselves what is too large."""

BAD_INPUT = 2


def main(arguments: list[str]) -> int:
    """Runs one job; returns the exit code."""
    directory = pathlib.Path(arguments[0])
    sandbox.limit(memory_bytes=MEMORY_BYTES, cpu_seconds=CPU_SECONDS, file_bytes=FILE_BYTES)
    signal.signal(signal.SIGXCPU, _refuse_more)
    sandbox.cut_network()
    # What the tools cache goes where the job may write.
    os.environ["HOME"] = os.environ["MPLCONFIGDIR"] = str(directory)
    workfiles.clear(directory)
    with (directory / workfiles.PROGRESS).open("a", encoding="utf-8", buffering=1) as progress:
        return _tried(directory, pages=workfiles.NO_PAGES not in arguments[1:], say=lambda line: _say(line, progress))


def _tried(directory: pathlib.Path, *, pages: bool, say: Callable[[str], None]) -> int:
    try:
        _run(directory, pages=pages, say=say)
    except errors.SpecError as exc:
        return _refused(directory, str(exc), say)
    except MemoryError:
        limit_gib = MEMORY_BYTES >> 30
        return _refused(
            directory, f"a gate run may use {limit_gib} GiB of memory, and this one needs more: thin the table", say
        )
    return 0


def _refuse_more(*_: object) -> None:
    # Killed, the run would be tried again and again.
    raise errors.SpecError(f"a gate run may use {CPU_SECONDS} s of CPU time, and this one needs more: thin the table")


def _refused(directory: pathlib.Path, message: str, say: Callable[[str], None]) -> int:
    workfiles.write_refusal(directory, message)
    say("cannot be judged")
    return BAD_INPUT


def _run(directory: pathlib.Path, *, pages: bool, say: Callable[[str], None]) -> None:
    # The tools are imported here, after the limits are in force.
    from homeroom.gates import engine, inputs, run  # noqa: PLC0415

    given, policy = inputs.read(directory)
    report = engine.run_gates(given, policy, directory, page=pages, say=say)
    run.write(directory, report)
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    say(f"done: {report.outcome.value}, {len(report.verdicts)} verdicts, {peak_mib} MiB at most")


def _say(line: str, progress: TextIO) -> None:
    """One line of progress, to whoever started this process and to whoever can only see its directory."""
    print(line, file=sys.stderr, flush=True)  # noqa: T201 - the process speaks to whoever started it
    progress.write(f"{line}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
