"""Looks at a stage file before anything else does, in a limited process of its own.

Usage: python -m homeroom.packaging.intake FILE --format onnx|group-rates [--columns N] [--output NAME]
       (prints one JSON object; exit code 0 whether the file is accepted or not)

What passes is data that ONNX Runtime computes with a short list of operators and nothing else. It is not proof that this
is *our* model: only the digest is.
"""

import argparse
import json
import os
import pathlib
import stat
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta

from homeroom.domain import digests, errors, releases
from homeroom.packaging import sandbox
from homeroom.packaging.refusals import NotTaken, Reason


@dataclass(frozen=True, slots=True)
class IntakeLimits:
    """What one intake may use.

    Attributes:
        max_bytes: size of the file; the models of this product have kilobytes, so this is generous.
        memory_bytes: address space of the process.
        cpu_seconds: CPU time of the process.
        deadline: wall clock until the process is ended.
    """

    max_bytes: int = 64 << 20
    memory_bytes: int = 2 << 30
    cpu_seconds: int = 20
    deadline: timedelta = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class IntakeResult:
    """What intake says.

    Attributes:
        accepted: whether the file may enter an artifact.
        reason: ``Accepted``, or why not.
        message: what to change, for the author of the release.
        digest: of the bytes that were looked at; empty when they were not read.
        size_bytes: their number.
    """

    accepted: bool
    reason: Reason
    message: str
    digest: str = ""
    size_bytes: int = 0


async def check(
    path: pathlib.Path,
    limits: IntakeLimits | None = None,
    *,
    file_format: releases.Format = releases.Format.ONNX,
    columns: int | None = None,
    output: str = "score",
) -> IntakeResult:
    """Looks at a file in a limited process.

    Args:
        path: a regular file.
        limits: what the process may use.
        file_format: how the stage is read.
        columns: number of features that the release declares; unchecked when None.
        output: name of the output tensor.

    Raises:
        Unavailable: the process could not be started; a process that dies or hangs is a result, not an error.
    """
    limits = limits or IntakeLimits()
    arguments = [os.path.abspath(path), "--format", file_format.value, "--output", output]  # noqa: PTH100, ASYNC240 - no disk
    arguments += ["--max-bytes", str(limits.max_bytes), "--memory-bytes", str(limits.memory_bytes)]
    arguments += ["--cpu-seconds", str(limits.cpu_seconds)]
    if columns is not None:
        arguments += ["--columns", str(columns)]
    try:
        ended = await sandbox.run(
            "homeroom.packaging.intake", arguments, directory=path.parent, deadline=limits.deadline
        )
    except errors.Unavailable as exc:
        if isinstance(exc.__cause__, TimeoutError):
            return _failed(f"the file was not read and run within {limits.deadline.total_seconds():g} s")
        raise
    try:
        answer = json.loads(ended.output)
        return IntakeResult(**{**answer, "reason": Reason(answer["reason"])})
    except (ValueError, KeyError, TypeError):
        return _failed(f"the process that read it ended with {ended.code}: it asks for too much memory or time")


def main(arguments: Sequence[str]) -> int:
    """Looks at one file and prints the result."""
    chosen = _parse(arguments)
    sandbox.limit(memory_bytes=chosen.memory_bytes, cpu_seconds=chosen.cpu_seconds, file_bytes=1 << 20)
    sandbox.cut_network()
    print(json.dumps(asdict(look_at(chosen))))  # noqa: T201 - the answer of the process
    return 0


def look_at(chosen: argparse.Namespace) -> IntakeResult:
    """The result for one file, in this process."""
    try:
        content = _read(pathlib.Path(chosen.file), chosen.max_bytes)
    except NotTaken as exc:
        return IntakeResult(accepted=False, reason=exc.reason, message=str(exc))
    try:
        _examine(content, chosen)
    except NotTaken as exc:
        return _result(content, exc.reason, str(exc))
    except MemoryError:
        return _result(content, Reason.INTAKE_FAILED, "the file asks for more memory than a stage may use")
    return _result(content, Reason.ACCEPTED, "")


def _examine(content: bytes, chosen: argparse.Namespace) -> None:
    # Imported after the limits are in force, and only the one that is needed.
    if chosen.format == releases.Format.GROUP_RATES.value:
        from homeroom.packaging import grouprates  # noqa: PLC0415

        grouprates.refuse(content)
    else:
        from homeroom.packaging import onnxfiles  # noqa: PLC0415

        onnxfiles.refuse(content, columns=chosen.columns, output=chosen.output)


def _read(path: pathlib.Path, max_bytes: int) -> bytes:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError as exc:
        raise NotTaken(Reason.INTAKE_FAILED, f"the file cannot be opened: {exc.strerror}") from exc
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise NotTaken(Reason.INTAKE_FAILED, "this is no regular file")
    with os.fdopen(descriptor, "rb") as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise NotTaken(Reason.TOO_LARGE, f"the file is larger than the {max_bytes} bytes that intake reads")
    return content


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="homeroom.packaging.intake")
    limits = IntakeLimits()
    parser.add_argument("file")
    parser.add_argument("--format", choices=[known.value for known in releases.Format], default="onnx")
    parser.add_argument("--columns", type=int)
    parser.add_argument("--output", default="score")
    parser.add_argument("--max-bytes", type=int, default=limits.max_bytes)
    parser.add_argument("--memory-bytes", type=int, default=limits.memory_bytes)
    parser.add_argument("--cpu-seconds", type=int, default=limits.cpu_seconds)
    return parser.parse_args(arguments)


def _result(content: bytes, reason: Reason, message: str) -> IntakeResult:
    return IntakeResult(
        accepted=reason is Reason.ACCEPTED,
        reason=reason,
        message=message,
        digest=digests.of_bytes(content),
        size_bytes=len(content),
    )


def _failed(message: str) -> IntakeResult:
    return IntakeResult(accepted=False, reason=Reason.INTAKE_FAILED, message=message)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
