"""Limited processes: what a process may use of the machine, set by itself before it reads anything from outside."""

import asyncio
import contextlib
import os
import pathlib
import resource
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from homeroom.domain import errors

MOST_OUTPUT_BYTES = 1 << 20
_CHUNK_BYTES = 1 << 16
_LAST_SECONDS = 5
_KEPT_VARIABLES = ("PATH", "LANG", "LC_ALL", "VIRTUAL_ENV", "PYTHONPATH", "TMPDIR", "COVERAGE_PROCESS_START")


def limit(*, memory_bytes: int, cpu_seconds: int, file_bytes: int) -> None:
    """Limits this process for good: address space, CPU time, size of a written file, open files, no core dump.

    Out of CPU time it gets SIGXCPU, and a few seconds to say so before it is killed.
    """
    _set(resource.RLIMIT_AS, memory_bytes)
    _set(resource.RLIMIT_CPU, cpu_seconds, spare=_LAST_SECONDS)
    _set(resource.RLIMIT_FSIZE, file_bytes)
    _set(resource.RLIMIT_NOFILE, 256)
    _set(resource.RLIMIT_CORE, 0)
    os.nice(5)


def cut_network() -> None:
    """Refuses every connection that Python code of this process tries to make.

    A guard against tools that phone home, not against hostile native code; nothing hostile is executed here, and the
    models that are read have no way to call out.
    """
    sys.addaudithook(_refuse_connections)


def _refuse_connections(event: str, _arguments: tuple[Any, ...]) -> None:
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto", "socket.bind"}:
        raise PermissionError(f"{event} is not allowed in this process")


def _set(kind: int, value: int, spare: int = 0) -> None:
    _, hard = resource.getrlimit(kind)
    most = value + spare if hard == resource.RLIM_INFINITY else min(value + spare, hard)
    resource.setrlimit(kind, (min(value, most), most))


@dataclass(frozen=True, slots=True)
class Ended:
    """How a limited process ended.

    Attributes:
        code: exit code; negative for the signal that ended it.
        output: standard output, at most ``MOST_OUTPUT_BYTES``.
        progress: standard error, at most ``MOST_OUTPUT_BYTES``.
    """

    code: int
    output: bytes
    progress: str


async def run(
    module: str,
    arguments: Sequence[str],
    *,
    directory: pathlib.Path,
    deadline: timedelta,
    say: Callable[[str], None] | None = None,
) -> Ended:
    """Runs a Python module in a process of its own, in its own session, and ends all of it at the deadline.

    Args:
        module: to run as ``python -m``.
        arguments: of its command line.
        directory: where it runs.
        deadline: longest time.
        say: takes each line of its standard error as it comes.

    Raises:
        Unavailable: the process could not be started, or did not end in time.
    """
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            module,
            *arguments,
            cwd=directory,
            env=_environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as exc:
        raise errors.Unavailable(f"cannot start {module}: {exc}") from exc
    try:
        async with asyncio.timeout(deadline.total_seconds()):
            output, progress, _ = await asyncio.gather(
                _read(process.stdout, None), _read(process.stderr, say), process.wait()
            )
    except TimeoutError as exc:
        raise errors.Unavailable(f"{module} did not end within {deadline.total_seconds():g} s") from exc
    finally:
        # Also when the caller is cancelled: no process outlives whoever asked for it.
        if process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
    text = progress[-MOST_OUTPUT_BYTES:].decode(errors="replace")
    return Ended(code=process.returncode or 0, output=output[:MOST_OUTPUT_BYTES], progress=text)


async def _read(stream: asyncio.StreamReader | None, say: Callable[[str], None] | None) -> bytes:
    """Everything that comes, up to twice what is kept; each whole line is told as it comes."""
    read, line = bytearray(), b""
    while stream is not None and (chunk := await stream.read(_CHUNK_BYTES)):
        read += chunk
        *whole, line = (line + chunk).split(b"\n")
        for one in whole:
            if say is not None:
                say(one.decode(errors="replace"))
        line = line[-_CHUNK_BYTES:]
        if len(read) > 2 * MOST_OUTPUT_BYTES:
            del read[MOST_OUTPUT_BYTES:-MOST_OUTPUT_BYTES]
    return bytes(read)


def _environment() -> dict[str, str]:
    """Few variables on purpose: no token, proxy or address of the parent reaches the process."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return {**kept, "OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2", "DO_NOT_TRACK": "1", "PYTHONUNBUFFERED": "1"}
