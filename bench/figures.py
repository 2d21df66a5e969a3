"""Figures: one number each with its range, its goal, and whether it was met."""

import json
import os
import pathlib
import platform
import statistics
import subprocess
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from bench import processes


@dataclass(frozen=True, slots=True)
class Figure:
    """One number that we state.

    Attributes:
        name: what it says.
        value: median over passes, or a share over trials.
        low: smallest of the passes, or the lower bound of the share.
        high: largest of the passes, or the upper bound of the share.
        unit: such as s, MiB, x or share.
        goal: such as ">= 100"; empty for a number that is only told.
        met: whether the value keeps the goal; None without one.
    """

    name: str
    value: float
    low: float
    high: float
    unit: str
    goal: str
    met: bool | None

    def line(self) -> str:
        """For a terminal."""
        told = {None: "", True: f"  goal {self.goal}: met", False: f"  goal {self.goal}: MISSED"}[self.met]
        return f"{self.name}: {self.value:.4g} {self.unit} [{self.low:.4g}, {self.high:.4g}]{told}"


def of_passes(name: str, values: Sequence[float], unit: str, goal: str = "") -> Figure:
    """Median and range of a few passes. Example: 3, 1, 2 give 2 [1, 3]."""
    value = statistics.median(values)
    return Figure(name, value, min(values), max(values), unit, goal, keeps(value, goal))


def of_trials(name: str, happened: int, trials: int, goal: str = "") -> Figure:
    """Share with its 95 % interval.

    Source:
        Wilson 1927. Example: 0 of 100 give 0 [0, 0.037].
    """
    share, z = happened / trials, 1.959964
    centre = (share + z * z / (2 * trials)) / (1 + z * z / trials)
    half = z * (share * (1 - share) / trials + z * z / (4 * trials * trials)) ** 0.5 / (1 + z * z / trials)
    low, high = (min(max(bound, 0.0), 1.0) for bound in (centre - half, centre + half))
    return Figure(name, share, low, high, "share", goal, keeps(share, goal))


def keeps(value: float, goal: str) -> bool | None:
    """Whether a value keeps a goal such as ``>= 100`` or ``<= 0.05``; None for an empty goal."""
    if not goal:
        return None
    sign, limit = goal.split()
    return value >= float(limit) if sign == ">=" else value <= float(limit)


def write(path: pathlib.Path, figures: Sequence[Figure], notes: dict[str, Any]) -> None:
    """Writes the document of a rig."""
    document = {
        "machine": machine(),
        "commit": commit(),
        **notes,
        "figures": [asdict(figure) for figure in figures],
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(document, indent=2) + "\n")


def machine() -> dict[str, Any]:
    """What the numbers were measured on; no name of a host."""
    lines = pathlib.Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")
    memory = int(pathlib.Path("/proc/meminfo").read_text().split()[1]) // (1 << 20)
    return {"cpu": model, "cores": os.cpu_count(), "memoryGiB": memory, "python": platform.python_version()}


def commit() -> str:
    """Commit of the checkout, with a plus sign where files differ from it."""
    git = ["git", "-C", str(processes.ROOT)]
    name = subprocess.run([*git, "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False).stdout
    changed = subprocess.run(
        [*git, "status", "--porcelain", "-uno"], capture_output=True, text=True, check=False
    ).stdout
    return (name.strip() or "unknown") + ("+" if changed.strip() else "")
