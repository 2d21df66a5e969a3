"""The line is cut: first the hub hangs, then hub and district are gone; no school stops answering."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from homeroom.client import boxes
from homeroom.demo import checks, fleet, options, parts, records, schools, traffic
from homeroom.domain import errors

HANG = timedelta(seconds=8)
"""How long the hub's sockets hang: several polls of every school meet them."""

HUB_PARTS = ("hub-operator", "hub-relay", "hub-registry", "hub-apiserver", "hub-kine")
DISTRICT_PARTS = (
    "district-operator",
    "district-api",
    "district-registry",
    "district-mlflow",
    "district-apiserver",
    "district-kine",
)
_QUEUED = re.compile(r"^homeroom_school_queued_reports\{.*\} ([0-9.e+]+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Outage:
    """What was there when the line came back.

    Attributes:
        queued: reports that waited.
        waiting: the reports themselves, by school.
    """

    queued: int
    waiting: records.Queues


def cut(
    base: parts.Parts,
    everybody: fleet.Fleet,
    questions: traffic.Traffic,
    victims: Sequence[schools.School],
    ledger: checks.Ledger,
    progress: Callable[[str], None],
) -> Outage:
    """Hang the hub, end hub and district, kill two schools' processes, and wait until enough reports queue."""
    questions.phase("hub hangs")
    for name in HUB_PARTS:
        base.runner.pause(name)
    _let_traffic_run(questions, "hub hangs", HANG, progress)
    questions.phase("everything is gone")
    base.runner.stop_together((*HUB_PARTS, *DISTRICT_PARTS))
    for school in victims:
        _kill_and_await(base, everybody, school, ledger, progress)
    queued = checks.wait_for(
        "reports to queue at the schools",
        lambda: found if (found := count_queued(everybody)) >= options.QUEUED_REPORTS else None,
        within=timedelta(minutes=2),
        progress=progress,
        describe=lambda: f"{count_queued(everybody)} wait",
    )
    ledger.check(
        f"at least {options.QUEUED_REPORTS} reports wait at the schools",
        held=queued >= options.QUEUED_REPORTS,
        detail=f"{queued}",
    )
    return Outage(queued, records.read_waiting(base, everybody.all))


def reconnect(base: parts.Parts) -> None:
    """Start district and hub again, in the order in which they need each other."""
    for tier in (DISTRICT_PARTS, HUB_PARTS):
        for name in reversed(tier):
            base.runner.restart(name)


def count_queued(everybody: fleet.Fleet) -> int:
    """Reports that wait at all schools together, as their agents count them."""
    return int(sum(float(value) for text in everybody.metrics() for value in _QUEUED.findall(text)))


def _let_traffic_run(questions: traffic.Traffic, phase: str, span: timedelta, progress: Callable[[str], None]) -> None:
    """Wait until the client has asked for ``span`` in this phase; answers are what is counted, not time alone."""
    wanted = int(span / traffic.PAUSE) // 2
    checks.wait_for(
        "the client to go on asking",
        lambda: questions.answers(phase) >= wanted or bool(questions.failures),
        within=10 * span,
        progress=progress,
        describe=lambda: f"{questions.answers(phase)} answers",
    )


def _kill_and_await(
    base: parts.Parts,
    everybody: fleet.Fleet,
    school: schools.School,
    ledger: checks.Ledger,
    progress: Callable[[str], None],
) -> None:
    """Kill -9 both processes of a school; they are started again and answer from what is on its disk."""
    release = _ask(everybody, school).release
    for command in ("agent", "serve"):
        base.runner.kill(f"{school.name}-{command}")
    answer = checks.wait_for(
        f"{school.name} to come back",
        lambda: _ask(everybody, school),
        within=timedelta(seconds=60),
        progress=progress,
    )
    ledger.check(
        f"{school.display_name}, cut off and killed with -9, answers from its stored release",
        answer.release == release and answer.level == "full",
        f"{answer.level} of {answer.release[:19]}",
    )


def _ask(everybody: fleet.Fleet, school: schools.School) -> boxes.Answer:
    try:
        return boxes.ask(everybody.url(school), options.PURPOSE, options.made_up_pupils())
    except errors.SpecError as exc:  # it has just started and nobody has handed it a model yet
        raise errors.Unavailable(str(exc)) from exc
