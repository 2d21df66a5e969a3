"""What the school operator needs from whatever runs its workload."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Program:
    """One long-running part of the workload.

    Attributes:
        name: unique within the school.
        command: program and arguments.
        environment: settings; nothing else of ours reaches it.
    """

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Running:
    """How one program does.

    Attributes:
        is_up: it runs now.
        restarts: how often it was started again since this runtime began.
    """

    is_up: bool
    restarts: int


class Runtime(Protocol):
    """Runs a school's programs: local processes on a small box, a Deployment in a cluster."""

    async def ensure(self, programs: tuple[Program, ...]) -> dict[str, Running]:
        """Start what does not run, unless it failed a moment ago; never waits for a program to become ready."""

    async def stop(self) -> None:
        """End everything that this runtime keeps running."""
