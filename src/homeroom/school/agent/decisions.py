"""What the agent should do, as plain functions of what it has seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from homeroom.domain import assignments, digests, errors, ladder, releases
from homeroom.school import plans

Key = tuple[str, str]
Installed = Mapping[digests.Digest, plans.PlannedRelease]

RELOAD_AFTER = timedelta(seconds=30)
"""A stage that could not be loaded for want of memory is tried again this often."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """Where to go, in the assignment's order, and which of them is left alone for a while.

    Attributes:
        resting: by name, until when an endpoint that did not answer is asked last.
    """

    resting: Mapping[str, datetime]

    def order(self, endpoints: tuple[assignments.Endpoint, ...], now: datetime) -> tuple[assignments.Endpoint, ...]:
        """Those that may answer first, in their order; then the others, in case nobody else is there either."""
        awake = tuple(e for e in endpoints if self.resting.get(e.name, now) <= now)
        return awake + tuple(e for e in endpoints if e not in awake)


def refuse_too_new(assignment: assignments.Assignment, agent_version: str) -> None:
    """Pass when this agent is new enough for the assignment.

    Raises:
        Refused: reason ``AgentTooOld``; what is installed goes on serving.
    """
    if _version(agent_version) < _version(assignment.min_agent):
        raise errors.Refused(
            "AgentTooOld",
            f"assignment {assignment.version} needs agent {assignment.min_agent}, this is {agent_version}: update it",
        )


def refuse_other_use(entry: assignments.Entry, config: releases.ReleaseConfig) -> None:
    """Pass when the release may be used for what the entry says (decision 5).

    Raises:
        Refused: reason ``WrongUse``.
    """
    if entry.purpose != config.purpose or entry.band not in config.bands:
        raise errors.Refused(
            "WrongUse",
            f"{config.name} is for {config.purpose} in {', '.join(config.bands)},"
            f" not for {entry.purpose} in {entry.band}",
        )


def decide_releases(assignment: assignments.Assignment, installed: Installed) -> tuple[assignments.Entry, ...]:
    """Entries whose release is not complete here, in the assignment's order; each release once."""
    wanted: dict[digests.Digest, assignments.Entry] = {}
    for entry in assignment.entries:
        here = installed.get(entry.release)
        if here is None or not here.is_complete:
            wanted.setdefault(entry.release, entry)
    return tuple(wanted.values())


def decide_stage(release: plans.PlannedRelease) -> releases.StageFile | None:
    """The next stage to fetch - fallback, core, full - None when all are here."""
    missing = {file.stage: file for file in release.config.stages if file.stage not in release.installed}
    return next((missing[stage] for stage in releases.Stage if stage in missing), None)


def decide_active(assignment: assignments.Assignment, installed: Installed) -> dict[Key, digests.Digest]:
    """Keys whose assigned release is complete: what to fall back to when the next one comes."""
    complete = {digest for digest, release in installed.items() if release.is_complete}
    return {entry.key: entry.release for entry in assignment.entries if entry.release in complete}


def build_plan(
    assignment: assignments.Assignment, installed: Installed, active: Mapping[Key, digests.Digest]
) -> plans.Plan:
    """What to answer from.

    The release to fall back to is the one that the assignment names, or, when this school never got that one, the one
    that was complete here last: a school that missed a release must not fall silent while the next one arrives.
    """
    return plans.Plan(
        assignment.site_id,
        tuple(_planned(entry, installed, active.get(entry.key)) for entry in assignment.entries),
    )


def decide_kept(assignment: assignments.Assignment, active: Mapping[Key, digests.Digest]) -> frozenset[digests.Digest]:
    """Releases that stay on disk: current, previous, and what was complete last."""
    named = {entry.release for entry in assignment.entries} | {entry.previous for entry in assignment.entries}
    return frozenset(digest for digest in named | set(active.values()) if digest is not None)


def plan_is_due(plan: plans.Plan, serving: plans.Serving, since_applied: timedelta) -> bool:
    """Whether serving must be told: it has another plan, or could not load a stage for want of memory."""
    if serving.plan != plan.digest:
        return True
    pressed = any(served.reason == "MemoryPressure" for served in serving.served)
    return pressed and since_applied >= RELOAD_AFTER


def summary(serving: plans.Serving | None) -> list[dict[str, object]]:
    """Serving as a status report has it; empty when nobody serves."""
    return [
        {"purpose": s.purpose, "band": s.band, "release": s.release, "level": s.level.value, "healthy": s.healthy}
        for s in (() if serving is None else serving.served)
    ]


def is_down(plan: plans.Plan) -> plans.Serving:
    """What serving is when nobody answers on its socket."""
    served = tuple(
        plans.Served(entry.purpose, entry.band, None, ladder.Level.NONE, "WorkloadDown", healthy=False)
        for entry in plan.entries
    )
    return plans.Serving("", "", served, 0)


def _planned(entry: assignments.Entry, installed: Installed, active: digests.Digest | None) -> plans.PlannedEntry:
    current = _usable(entry, installed.get(entry.release))
    previous = None if entry.previous is None else installed.get(entry.previous)
    if previous is None and active is not None and active != entry.release:
        previous = installed.get(active)
    return plans.PlannedEntry(
        purpose=entry.purpose,
        band=entry.band,
        assigned=entry.release,
        current=current,
        previous=previous,
        parameters=_parameters(entry, current),
    )


def _usable(entry: assignments.Entry, release: plans.PlannedRelease | None) -> plans.PlannedRelease | None:
    """``release`` where something of it is here and it may be used for the entry, whatever the online key says."""
    if (
        release is None
        or not release.installed
        or entry.purpose != release.config.purpose
        or entry.band not in release.config.bands
    ):
        return None
    return release


def _parameters(entry: assignments.Entry, current: plans.PlannedRelease | None) -> tuple[tuple[str, float], ...]:
    """Values in force: within the assignment's bounds and those of the release, which the online key cannot widen."""
    bounds = {} if current is None else {p.name: p for p in current.config.parameters}
    values = {}
    for parameter in entry.parameters:
        value = min(max(parameter.value, parameter.minimum), parameter.maximum)
        if parameter.name in bounds:
            value = min(max(value, bounds[parameter.name].minimum), bounds[parameter.name].maximum)
        values[parameter.name] = value
    return tuple(sorted(values.items()))


def _version(text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split("."))
    except ValueError as exc:
        raise errors.Refused("Unreadable", f"{text[:40]!r} is no agent version") from exc
