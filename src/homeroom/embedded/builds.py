"""Running the Go builds: one at a time on the machine, with progress that a person can wait by."""

import fcntl
import os
import subprocess
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from homeroom.domain import errors
from homeroom.embedded import files, go, probes

PROGRESS_SECONDS = 5.0
LOCK_SECONDS = 3600.0
BUILD_SECONDS = 3600.0
MEASURED_CORES = 2
"""What ``Command.seconds`` was measured on; compiling uses all there are."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command to build.

    Attributes:
        name: of the binary.
        package: Go import path.
        seconds: what a first build takes on two cores; only for the estimate.
    """

    name: str
    package: str
    seconds: int


class Tracker:
    """Says what is being built, for how long, and about how long it will still take.

    The estimate is the measured share of work left at the speed seen so far, or of two cores to begin with: a warm Go
    cache shows as soon as the first command is done.
    """

    def __init__(self, commands: Sequence[Command], progress: go.Progress) -> None:
        self._commands = list(commands)
        self._progress = progress
        self._started = time.monotonic()
        self._finished: list[Command] = []
        self._spoken = float("-inf")

    def tick(self, command: Command) -> None:
        """Speak if the last line is older than ``PROGRESS_SECONDS``."""
        now = time.monotonic()
        if now - self._spoken >= PROGRESS_SECONDS:
            self._spoken = now
            number = len(self._finished) + 1
            self._progress(
                f"building {command.name} ({number} of {len(self._commands)}), {_words(now - self._started)} so far, "
                f"about {_words(self._left(now))} left"
            )

    def done(self, command: Command) -> None:
        """Count a command as built."""
        self._finished.append(command)

    def _left(self, now: float) -> float:
        total = sum(command.seconds for command in self._commands)
        built = sum(command.seconds for command in self._finished)
        elapsed = now - self._started
        expected = elapsed * total / built if built else total * MEASURED_CORES / (os.cpu_count() or 1)
        return max(expected - elapsed, PROGRESS_SECONDS)


def expected_minutes(commands: Sequence[Command], cores: int) -> int:
    """About how long a first build of these takes; at least 1. Example: 485 s of work give 8 on 2 cores, 2 on 8."""
    seconds = sum(command.seconds for command in commands) * MEASURED_CORES / cores
    return max(1, round(seconds / 60))


def build(command: Command, argv: Sequence[str], directory: Path, tracker: Tracker) -> None:
    """Run one ``go build`` and wait for it.

    Raises:
        Unavailable: it could not fetch a module, or took too long.
        SpecError: it does not compile.
    """
    # GOTOOLCHAIN=local: never a silent download of another Go. GOWORK=off: a go.work above the checkout does not count.
    environment = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOWORK": "off"}
    log = Path(argv[argv.index("-o") + 1]) / f"{command.name}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(argv, cwd=directory, env=environment, stdout=output, stderr=output)
        try:
            _await(process, command, tracker)
        finally:
            if process.poll() is None:  # Ctrl-C, or too slow
                process.terminate()
                process.wait(timeout=30)
    if process.returncode:
        raise _failure(command, log)
    tracker.done(command)


def _await(process: subprocess.Popen[bytes], command: Command, tracker: Tracker) -> None:
    def ended() -> bool:
        tracker.tick(command)
        return process.poll() is not None

    if not probes.wait_until(ended, seconds=BUILD_SECONDS, poll_seconds=0.2):
        raise errors.Unavailable(f"building {command.name} took longer than {_words(BUILD_SECONDS)}: gave up")


def _failure(command: Command, log: Path) -> errors.HomeroomError:
    said = files.last_lines(log)
    if any(
        word in said for word in ("dial tcp", "proxyconnect", "no such host", "TLS handshake", "connection refused")
    ):
        return errors.Unavailable(
            f"building {command.name} needs modules that could not be fetched; check the network. Go said:\n{said}"
        )
    return errors.SpecError(f"{command.name} does not build. Go said:\n{said}")


@contextmanager
def build_lock(directory: Path, progress: go.Progress) -> Iterator[None]:
    """Hold the machine-wide lock of a cache directory; waits for another builder.

    Raises:
        Unavailable: the other builder did not finish in ``LOCK_SECONDS``.
    """
    directory.mkdir(parents=True, exist_ok=True)
    handle = os.open(directory / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _acquire(handle, directory, progress)
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(handle)


def _acquire(handle: int, directory: Path, progress: go.Progress) -> None:
    spoken = float("-inf")

    def acquired() -> bool:
        nonlocal spoken
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() - spoken >= PROGRESS_SECONDS:
                spoken = time.monotonic()
                progress(
                    f"waiting for another process (pid {_holder(handle)}) that is building the tools in {directory}"
                )
            return False
        return True

    if not probes.wait_until(acquired, seconds=LOCK_SECONDS, poll_seconds=0.5):
        raise errors.Unavailable(
            f"process {_holder(handle)} has been building in {directory} for {_words(LOCK_SECONDS)}: stop it"
        )


def _holder(handle: int) -> str:
    return os.pread(handle, 32, 0).decode().strip() or "unknown"


def _words(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest:02d} s" if minutes else f"{rest} s"
