"""What the demo measures: memory per kind of process, bytes per school, and the report file."""

import json
import os
import platform
import re
import statistics
from collections import defaultdict
from pathlib import Path
from typing import Any

import httpx

from homeroom.demo import fleet, parts
from homeroom.domain import errors

MIB = 2**20
_RECEIVED = re.compile(r'^homeroom_school_received_bytes_total\{school="([^"]+)"\} ([0-9.e+]+)$', re.MULTILINE)
_OUTCOMES = re.compile(r'^homeroom_district_reports_total\{outcome="([a-z]+)"\} ([0-9.e+]+)$', re.MULTILINE)
_KINDS = ("apiserver", "kine", "registry", "mlflow", "operator", "api", "relay", "agent", "serve", "host")


def memory(base: parts.Parts, everybody: fleet.Fleet) -> dict[str, Any]:
    """Proportional set size in MiB: in all, by kind of process, and per hosted school."""
    by_process = {name: size / MIB for name, size in base.runner.pss_bytes().items()}
    by_kind: defaultdict[str, list[float]] = defaultdict(list)
    for name, size in by_process.items():
        by_kind[next((kind for kind in _KINDS if kind in name.split("-")), name)].append(size)
    hosts = sum(by_process[host] for host in everybody.hosted)
    hosted = sum(len(members) for members in everybody.hosted.values())
    return {
        "totalMiB": round(sum(by_process.values()), 1),
        "perHostedSchoolMiB": round(hosts / hosted, 2),
        "byKindMiB": {kind: [round(size, 1) for size in sizes] for kind, sizes in sorted(by_kind.items())},
        "byProcessMiB": {name: round(size, 1) for name, size in by_process.items()},
    }


def bytes_per_school(everybody: fleet.Fleet) -> dict[str, float]:
    """Model bytes that each school received since its process started: smallest, median, largest."""
    received: dict[str, float] = {}
    for text in everybody.metrics():
        received |= {name: float(value) for name, value in _RECEIVED.findall(text)}
    if not received:
        return {"schools": 0}
    return {
        "schools": len(received),
        "min": min(received.values()),
        "median": statistics.median(received.values()),
        "max": max(received.values()),
    }


def reports_received(base: parts.Parts) -> dict[str, int]:
    """Reports that reached the district since its service started, by what became of them.

    Raises:
        Unavailable: the district does not answer.
    """
    try:
        text = httpx.get(f"{base.api_url}/metrics", timeout=5).raise_for_status().text
    except httpx.HTTPError as exc:
        raise errors.Unavailable(f"the district's metrics cannot be read: {exc}") from exc
    return {outcome: int(float(value)) for outcome, value in _OUTCOMES.findall(text)}


def machine() -> dict[str, Any]:
    """What the numbers were measured on; no name and no path of it."""
    return {
        "system": platform.system(),
        "cores": os.cpu_count(),
        "memoryGiB": round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        "python": platform.python_version(),
    }


def write_report(path: Path, report: dict[str, Any]) -> None:
    """The report as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report, indent=2, ensure_ascii=False) + "\n")
