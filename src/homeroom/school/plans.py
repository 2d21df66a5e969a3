"""What serving is told to answer from, and what it says back; the words between the agent and whoever serves."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from homeroom.domain import digests, errors, ladder, releases

ReadBlob = Callable[[digests.Digest], bytes]
"""Gives the plain bytes of a stage, checked against its digest."""


@dataclass(frozen=True, slots=True)
class PlannedRelease:
    """A release as far as it is installed here.

    Attributes:
        digest: of the release.
        config: what it says about itself; covered by the digest.
        installed: which of its stages are here.
    """

    digest: digests.Digest
    config: releases.ReleaseConfig
    installed: tuple[releases.Stage, ...]

    @property
    def is_complete(self) -> bool:
        """Whether every stage is here."""
        return {stage.stage for stage in self.config.stages} <= set(self.installed)

    @property
    def files(self) -> tuple[releases.StageFile, ...]:
        """The stages that are here."""
        return tuple(file for file in self.config.stages if file.stage in self.installed)


@dataclass(frozen=True, slots=True)
class PlannedEntry:
    """What to answer from for one purpose and band.

    Attributes:
        purpose: such as ``support-offer``.
        band: such as ``K-2``.
        assigned: the release that should answer.
        current: that release as far as it is here; None when nothing of it is.
        previous: the release to fall back to, None when there is none here.
        parameters: values in force, within the release's bounds.
    """

    purpose: str
    band: str
    assigned: digests.Digest
    current: PlannedRelease | None
    previous: PlannedRelease | None
    parameters: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that a school answers from.

    Attributes:
        site_id: the school; group rates are looked up under it.
        entries: one for each purpose and band.
    """

    site_id: str
    entries: tuple[PlannedEntry, ...]

    @property
    def digest(self) -> digests.Digest:
        """Equal for equal plans."""
        return digests.of_json(self.to_json())

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {"siteId": self.site_id, "entries": [_entry_to_json(entry) for entry in self.entries]}


@dataclass(frozen=True, slots=True)
class Served:
    """From what one entry is answered now.

    Attributes:
        purpose: of the entry.
        band: of the entry.
        release: whose rung answers; None when none does.
        level: the rung.
        reason: CamelCase word.
        healthy: the assigned release answers from the best stage that it has.
    """

    purpose: str
    band: str
    release: digests.Digest | None
    level: ladder.Level
    reason: str
    healthy: bool


@dataclass(frozen=True, slots=True)
class Serving:
    """What whoever serves says about itself.

    Attributes:
        instance: new at every start.
        plan: digest of the plan in force; empty before the first.
        served: one for each entry of the plan.
        answers: given since the start.
    """

    instance: str
    plan: str
    served: tuple[Served, ...]
    answers: int

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {
            "instance": self.instance,
            "plan": self.plan,
            "answers": self.answers,
            "served": [
                {
                    "purpose": s.purpose,
                    "band": s.band,
                    "release": s.release,
                    "level": s.level.value,
                    "reason": s.reason,
                    "healthy": s.healthy,
                }
                for s in self.served
            ],
        }


class ModelPort(Protocol):
    """Whoever answers with the models: in this process for hosted schools, ``homeroom serve`` behind a socket else."""

    async def serving(self) -> Serving:
        """What is answered from now.

        Raises:
            Unavailable: nobody serves.
        """

    async def apply(self, plan: Plan, read: ReadBlob) -> Serving:
        """Answer from ``plan`` from now on; requests under way end with what they began with.

        A stage that cannot be loaded is a fault of its rung, not an error here.

        Raises:
            Unavailable: nobody serves.
        """


def parse_plan(value: Any) -> Plan:
    """The plan that ``Plan.to_json`` wrote.

    Raises:
        SpecError: it is not of that form.
    """
    try:
        return Plan(value["siteId"], tuple(_entry_from_json(entry) for entry in value["entries"]))
    except (KeyError, TypeError, ValueError) as exc:
        raise errors.SpecError(f"the plan is not readable: {type(exc).__name__}: {exc}") from exc


def parse_serving(value: Any) -> Serving:
    """What ``Serving.to_json`` wrote.

    Raises:
        SpecError: it is not of that form.
    """
    try:
        served = tuple(Served(**{**item, "level": ladder.Level(item["level"])}) for item in value["served"])
        return Serving(value["instance"], value["plan"], served, value["answers"])
    except (KeyError, TypeError, ValueError) as exc:
        raise errors.SpecError(f"the serving state is not readable: {type(exc).__name__}: {exc}") from exc


def _entry_to_json(entry: PlannedEntry) -> dict[str, Any]:
    return {
        "purpose": entry.purpose,
        "band": entry.band,
        "assigned": entry.assigned,
        "current": _release_to_json(entry.current),
        "previous": _release_to_json(entry.previous),
        "parameters": dict(entry.parameters),
    }


def _entry_from_json(value: dict[str, Any]) -> PlannedEntry:
    return PlannedEntry(
        purpose=value["purpose"],
        band=value["band"],
        assigned=digests.parse(value["assigned"]),
        current=_release_from_json(value["current"]),
        previous=_release_from_json(value["previous"]),
        parameters=tuple(sorted((name, float(number)) for name, number in value["parameters"].items())),
    )


def _release_to_json(release: PlannedRelease | None) -> dict[str, Any] | None:
    if release is None:
        return None
    return {
        "digest": release.digest,
        "config": release.config.to_json(),
        "installed": [stage.value for stage in release.installed],
    }


def _release_from_json(value: dict[str, Any] | None) -> PlannedRelease | None:
    if value is None:
        return None
    return PlannedRelease(
        digest=digests.parse(value["digest"]),
        config=releases.parse_config(value["config"]),
        installed=tuple(releases.Stage(stage) for stage in value["installed"]),
    )
