"""The honest release goes to schools: a pilot of five across all kinds, then region by region."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from homeroom.client import districts
from homeroom.demo import checks, gating, options

PILOT = "pilot"
PILOTS = 5
AT_ONCE = 30
AT_ONCE_LAST = 6
"""Few in the last region, so that its wave is half way when the line is cut."""

WAVE_LIMIT = timedelta(minutes=4)


def wave_names(regions: tuple[str, ...]) -> tuple[str, ...]:
    """Names of all waves, in order: the pilot, then one per region."""
    return (PILOT, *regions)


def create_waves(district: districts.DistrictClient, regions: tuple[str, ...]) -> None:
    """Create the waves that are not there yet; each waits for the one before it."""
    names = wave_names(regions)
    for before, name in zip((None, *names), names, strict=False):
        if district.find("waves", name) is None:
            district.create("waves", {"name": name, "spec": _spec(name, before, last=name == names[-1])})


def await_wave(
    district: districts.DistrictClient,
    name: str,
    *,
    done: Callable[[dict[str, Any]], bool],
    what: str,
    progress: Callable[[str], None],
) -> dict[str, Any]:
    """The wave once ``done`` holds for it."""

    def look() -> dict[str, Any] | None:
        wave = district.get("waves", name)
        return wave if done(wave) else None

    return checks.wait_for(
        what, look, within=WAVE_LIMIT, progress=progress, describe=lambda: describe(district.find("waves", name))
    )


def is_complete(wave: dict[str, Any]) -> bool:
    """Whether nothing is left to do."""
    condition = gating.find_condition(wave, "Complete")
    return condition is not None and condition["status"] == "True"


def is_half_way(wave: dict[str, Any]) -> bool:
    """Whether at least a quarter of the schools is done, and not all."""
    found = counts(wave)
    return bool(found) and found["total"] <= 4 * found["done"] < 4 * found["total"]


def counts(wave: dict[str, Any] | None) -> dict[str, int]:
    """How many schools are in which state; empty before the first look of the operator."""
    return dict((wave or {}).get("status", {}).get("counts", {}))


def describe(wave: dict[str, Any] | None) -> str:
    """Counts in one line."""
    found = counts(wave)
    if not found:
        return str((wave or {}).get("status", {}).get("message", "not started"))
    return f"{found.get('done', 0)} of {found.get('total', 0)} schools done"


def _spec(name: str, before: str | None, *, last: bool) -> dict[str, Any]:
    spec: dict[str, Any] = {
        "releaseRef": {"name": gating.HONEST},
        "schools": {"pilot": {"count": PILOTS}} if name == PILOT else {"region": name},
        "maxConcurrency": AT_ONCE_LAST if last else AT_ONCE,
        "maxFailures": 1,
        "requiredSoak": {"duration": options.SOAK},
        "startWithin": "30m",
        "progressDeadline": "10m",
    }
    return spec if before is None else spec | {"after": before}
