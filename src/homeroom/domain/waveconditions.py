"""What the conditions of a wave say, for programs and for people."""

import enum
from collections import Counter
from dataclasses import dataclass

from homeroom.domain import conditions, slots


class Reason(enum.StrEnum):
    """Why a condition of a wave is what it is."""

    VALID = "Valid"
    """Everything that the wave refers to exists and is ready, and no other wave is in its way."""
    RELEASE_NOT_FOUND = "ReleaseNotFound"
    """``spec.releaseRef`` names a ModelRelease that does not exist."""
    RELEASE_NOT_READY = "ReleaseNotReady"
    """The release is not Ready, or no longer."""
    PILOTS_ONLY = "PilotsOnly"
    """The release is Ready through a waiver, and this wave is no pilot, or takes more schools than pilots may be."""
    AFTER_NOT_FOUND = "AfterNotFound"
    """``spec.after`` names a RolloutWave that does not exist."""
    AFTER_LOOPS = "AfterLoops"
    """Following ``spec.after`` leads back to this wave."""
    SITE_NOT_FOUND = "SiteNotFound"
    """``spec.schools.names`` has a name that no SchoolSite has."""
    NO_SCHOOLS = "NoSchools"
    """No school matches ``spec.schools`` and teaches a band of the release."""
    HUB_NOT_FOUND = "HubNotFound"
    """A school of the wave names a RegionalHub that does not exist."""
    CONFLICTING_WAVE = "ConflictingWave"
    """An earlier unfinished wave is about the same school, purpose and band."""
    WAITING = "Waiting"
    """Nothing is started until ``Valid`` holds."""
    WAITING_FOR_WAVE = "WaitingForWave"
    """The wave in ``spec.after`` is not complete."""
    ASSIGNING = "Assigning"
    """Schools are told, or are not healthy on the release yet."""
    SOAKING = "Soaking"
    """Every school that was told is healthy; some not for long enough."""
    WAITING_FOR_SCHOOLS = "WaitingForSchools"
    """Only schools that are out of reach are left, or none has finished: there is no evidence to go on with."""
    PAUSED = "Paused"
    """``spec.paused`` is set: nothing new is started."""
    HALTED = "Halted"
    """See the condition ``Halted``."""
    ROLLING_BACK = "RollingBack"
    """Schools are told to go back to what they had."""
    DONE = "Done"
    """Nothing is left to do."""
    TOO_MANY_FAILURES = "TooManyFailures"
    """More schools failed than ``spec.maxFailures``."""
    RUNNING = "Running"
    """Nothing stops the wave."""
    NOT_STARTED = "NotStarted"
    """No school was told yet."""
    IN_PROGRESS = "InProgress"
    """Some schools are not done."""
    FINISHED = "Finished"
    """Every school is done or was missed, and at least one is done."""
    ROLLED_BACK = "RolledBack"
    """``spec.rollback`` is set: every school that was told the release was told to go back."""


@dataclass(frozen=True, slots=True)
class Obstacle:
    """One thing that keeps a wave from starting schools: why, and what to change."""

    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Standing:
    """What is true of a wave after a pass.

    Attributes:
        slots: of every school.
        invalid: what is wrong with what it refers to.
        waiting: the wave that it waits for.
        max_failures: that are borne.
        paused: as the spec says.
        complete: now or before.
        rollback: as the spec says.
        restoring: schools are told to go back in this very pass.
    """

    slots: tuple[slots.Slot, ...]
    invalid: Obstacle | None
    waiting: Obstacle | None
    max_failures: int
    paused: bool
    complete: bool
    rollback: bool = False
    restoring: bool = False

    @property
    def started(self) -> bool:
        """Whether any school was told."""
        return any(slot.assigned_at is not None for slot in self.slots)

    @property
    def halt(self) -> Obstacle | None:
        """What stops a wave that has begun; None when nothing does."""
        failed = sum(slot.state is slots.State.FAILED for slot in self.slots)
        if failed > self.max_failures:
            return Obstacle(
                Reason.TOO_MANY_FAILURES,
                f"{failed} schools failed and {self.max_failures} are borne: look at them, then roll back, or raise "
                "maxFailures to go on",
            )
        if self.invalid is not None and self.invalid.reason is Reason.RELEASE_NOT_READY and self.started:
            return self.invalid
        return None


def is_complete(after: tuple[slots.Slot, ...]) -> bool:
    """Nothing is left to do, and it does not rest on missing evidence: somebody finished, or nobody had to."""
    open_states = {slots.State.PENDING, *slots.HOLDING}
    if any(slot.state in open_states for slot in after):
        return False
    return not after or any(slot.state is slots.State.DONE for slot in after)


def build(standing: Standing) -> tuple[conditions.Condition, ...]:
    """Valid, Progressing, Halted and Complete; not merged with the old ones yet."""
    halt = standing.halt
    progressing = progress(standing)
    halted = Obstacle(Reason.ROLLED_BACK, "rolled back") if standing.rollback else halt
    return (
        _condition("Valid", standing.invalid or Obstacle(Reason.VALID, ""), holds=standing.invalid is None),
        _condition("Progressing", progressing, holds=progressing.reason in _GOING_ON),
        _condition("Halted", halted or Obstacle(Reason.RUNNING, ""), holds=halted is not None),
        _complete(standing),
    )


_GOING_ON = frozenset({Reason.ASSIGNING, Reason.SOAKING, Reason.ROLLING_BACK})


def progress(standing: Standing) -> Obstacle:
    """What a person should know first; its message is the wave's message."""
    if standing.rollback:
        told = sum(slot.state is slots.State.ROLLED_BACK for slot in standing.slots)
        reason = Reason.ROLLING_BACK if standing.restoring else Reason.DONE
        return Obstacle(reason, f"rolled back: {told} schools were told to go back")
    if standing.complete:
        return Obstacle(Reason.DONE, _summary(standing.slots))
    if standing.halt is not None:
        return Obstacle(Reason.HALTED, standing.halt.message)
    if standing.invalid is not None:
        return Obstacle(Reason.WAITING, standing.invalid.message)
    if standing.paused:
        return Obstacle(Reason.PAUSED, "paused: set spec.paused to false to go on")
    return standing.waiting or _going_on(standing.slots)


def phase(standing: Standing) -> str:
    """Summary of the conditions, for tables."""
    if standing.rollback:
        return "RolledBack"
    return {
        Reason.DONE: "Complete",
        Reason.HALTED: "Halted",
        Reason.PAUSED: "Paused",
        Reason.ASSIGNING: "Progressing",
        Reason.SOAKING: "Progressing",
        Reason.WAITING: "Waiting" if standing.invalid and standing.invalid.reason in _WILL_PASS else "Invalid",
    }.get(progress(standing).reason, "Waiting")


_WILL_PASS = frozenset({Reason.RELEASE_NOT_READY, Reason.CONFLICTING_WAVE})


def _going_on(after: tuple[slots.Slot, ...]) -> Obstacle:
    states = {slot.state for slot in after}
    if slots.State.ASSIGNED in states:
        return Obstacle(Reason.ASSIGNING, _summary(after))
    if slots.State.SOAKING in states:
        return Obstacle(Reason.SOAKING, _summary(after))
    return Obstacle(
        Reason.WAITING_FOR_SCHOOLS, f"{_summary(after)}: it goes on when a school that is out of reach comes back"
    )


def _complete(standing: Standing) -> conditions.Condition:
    if standing.complete and not standing.rollback:
        return _condition("Complete", Obstacle(Reason.FINISHED, _summary(standing.slots)), holds=True)
    if standing.rollback:
        return _condition("Complete", Obstacle(Reason.ROLLED_BACK, "rolled back"), holds=False)
    reason = Reason.IN_PROGRESS if standing.started else Reason.NOT_STARTED
    return _condition("Complete", Obstacle(reason, ""), holds=False)


def _summary(after: tuple[slots.Slot, ...]) -> str:
    if not after:
        return "every school has this release already"
    found = Counter(slot.state for slot in after)
    said = [f"{found[slots.State.DONE]} of {len(after)} schools done"]
    said += [f"{found[state]} {_WORDS[state]}" for state in slots.State if found[state] and state in _WORDS]
    return ", ".join(said)


_WORDS = {
    slots.State.PENDING: "waiting",
    slots.State.ASSIGNED: "installing",
    slots.State.SOAKING: "proving themselves",
    slots.State.FAILED: "failed",
    slots.State.MISSED: "missed",
    slots.State.ROLLED_BACK: "rolled back",
}


def _condition(type_: str, why: Obstacle, *, holds: bool) -> conditions.Condition:
    status = conditions.Status.TRUE if holds else conditions.Status.FALSE
    return conditions.Condition(type_, status, why.reason, why.message)
