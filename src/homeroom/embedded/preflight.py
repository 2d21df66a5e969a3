"""Whether this machine can run the embedded parts, asked before anything is started or built."""

import os
import platform
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from homeroom.embedded import builds, places, ports, toolchain

GIB = 2**30
DISK_BYTES = 1 * GIB
BUILD_DISK_BYTES = 6 * GIB
"""Go modules 1.5 GB, Go's build cache 3 GB, the binaries 0.3 GB, and room to link."""
MEMORY_BYTES = 4 * GIB


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """What was found on this machine.

    Attributes:
        system: ``Linux`` or another.
        cores: processors we may use.
        memory_bytes: memory that can be had without swapping, within the limit of the container if there is one.
        state_disk_bytes: free where the state directory lies.
        cache_disk_bytes: free where the cache lies.
        ports_taken: one sentence for each port of ours that somebody else holds.
        to_build: commands that are not in the cache yet.
    """

    system: str
    cores: int
    memory_bytes: int
    state_disk_bytes: int
    cache_disk_bytes: int
    ports_taken: tuple[str, ...] = ()
    to_build: tuple[builds.Command, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What stands in the way, and how long it will take.

    Attributes:
        problems: sentences that say what to do; empty if it can go ahead.
        build_minutes: about how long building takes first; 0 if nothing is to be built.
    """

    problems: tuple[str, ...]
    build_minutes: int


def check(state: Path, *, source: Path | None = None, cache: Path | None = None) -> Report:
    """Look at the machine and judge it.

    Call it after the supervisor has reaped what an earlier run left: its processes would still hold their ports.

    Raises:
        SpecError: there is nothing to build the tools from.
    """
    return decide_report(gather_machine(state, source or toolchain.find_source(), cache or places.cache_directory()))


def gather_machine(state: Path, source: Path, cache: Path) -> Machine:
    """What matters about this machine, read now."""
    return Machine(
        system=platform.system(),
        cores=os.cpu_count() or 1,
        memory_bytes=_memory_bytes(),
        state_disk_bytes=_free_bytes(state),
        cache_disk_bytes=_free_bytes(cache),
        ports_taken=tuple(ports.PortBook(state / "ports.json").taken()),
        to_build=tuple(command for module in toolchain.missing(source, cache) for command in module.commands),
    )


def decide_report(machine: Machine) -> Report:
    """Judge what was found."""
    minutes = builds.expected_minutes(machine.to_build, machine.cores) if machine.to_build else 0
    return Report(tuple(_problems(machine)), minutes)


def _problems(machine: Machine) -> Iterator[str]:
    if machine.system != "Linux":
        yield f"this is {machine.system}, the embedded parts need Linux: use a Linux machine, WSL 2 or a virtual machine"
    if machine.memory_bytes < MEMORY_BYTES:
        yield (
            f"{_gib(machine.memory_bytes)} of memory are available, {_gib(MEMORY_BYTES)} are needed: "
            "close other programs, or give the container or virtual machine more"
        )
    if machine.to_build and machine.cache_disk_bytes < BUILD_DISK_BYTES:
        yield (
            f"{_gib(machine.cache_disk_bytes)} of disk are free for building, {_gib(BUILD_DISK_BYTES)} are needed: "
            "free some, or set HOMEROOM_CACHE (and GOCACHE, GOMODCACHE) to a larger disk"
        )
    if machine.state_disk_bytes < DISK_BYTES:
        yield (
            f"{_gib(machine.state_disk_bytes)} of disk are free for the state directory, {_gib(DISK_BYTES)} are "
            "needed: free some, or choose a state directory on a larger disk"
        )
    yield from machine.ports_taken


def _gib(count: int) -> str:
    return f"{count / GIB:.1f} GiB"


def _free_bytes(path: Path) -> int:
    existing = next(place for place in (path, *path.parents) if place.exists())
    return shutil.disk_usage(existing).free


def _memory_bytes() -> int:
    limits = [limit for file in _CGROUP_LIMITS if (limit := _number(file)) is not None]
    return min([_available_bytes(), *limits])


# Version 2 and version 1. Inside a container its own limit is at the root of the mount; elsewhere there is none.
_CGROUP_LIMITS = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def _number(file: Path) -> int | None:
    try:
        text = file.read_text().strip()
    except OSError:
        return None
    return int(text) if text.isdigit() else None


def _available_bytes() -> int:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
    except OSError:  # not Linux: said so already
        return MEMORY_BYTES
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
