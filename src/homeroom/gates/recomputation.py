"""Judging again what was judged once: the same verdicts, and numbers within a tolerance."""

import asyncio
import pathlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from homeroom.domain import digests, errors
from homeroom.domain.verdicts import Verdict
from homeroom.gates import documents, inputs, run
from homeroom.packaging import releasefiles
from homeroom.resources import gatepolicies

TOLERANCE = 0.001
"""Of every number. The draws are seeded, so only the order in which another machine adds up makes a difference; a score that
falls on the other side of a threshold by that moves one pupil of at least a thousand."""

MEASURED = "footprint"
"""The gate whose verdicts rest on this machine: another one may rightly differ."""

_NUMBERS = ("estimate", "low", "high", "limit", "detectable")


@dataclass(frozen=True, slots=True)
class Given:
    """What somebody kept and hands in again.

    Attributes:
        evaluation: the table, csv.gz.
        release: files of the release.
        calendars: by file name.
        cells: by file name.
        earlier: earlier reports that were compared, by file name.
    """

    evaluation: bytes
    release: releasefiles.ReleaseFiles
    calendars: Mapping[str, bytes]
    cells: Mapping[str, bytes]
    earlier: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class Compared:
    """Differences: those that count, and those that only this machine may explain."""

    problems: tuple[str, ...]
    notes: tuple[str, ...]


def recompute(report: documents.GateReport, given: Given, deadline: timedelta, say: Callable[[str], None]) -> Compared:
    """Runs the gates on what was handed in and compares.

    Raises:
        SpecError: what was handed in cannot be judged.
        Unavailable, Defect: the gate process failed.
    """
    other = tuple(_other_inputs(report, given))
    if other:
        return Compared(other, ())
    with tempfile.TemporaryDirectory(prefix="homeroom-verify-") as directory:
        work = pathlib.Path(directory)
        policy = gatepolicies.Spec.model_validate(report.policy["written"])
        inputs.write(work, _inputs(report, given), policy)
        again = asyncio.run(run.start(work, deadline, say, pages=False))
    return compare(report, again)


def compare(then: documents.GateReport, now: documents.GateReport) -> Compared:
    """How two runs on the same input differ."""
    if then.policy["packs"] != now.policy["packs"]:
        return Compared(("the policy packs of this version are other ones: use the version that judged then",), ())
    before, after = _by_name(then.verdicts), _by_name(now.verdicts)
    problems = [f"{name[2]}: was judged then and is not now" for name in before.keys() - after.keys()]
    problems += [f"{name[2]}: is judged now and was not then" for name in after.keys() - before.keys()]
    notes: list[str] = []
    for name in sorted(before.keys() & after.keys(), key=str):
        differing = list(_differing(before[name], after[name]))
        (notes if name[0] == MEASURED else problems).extend(differing)
    if _rounded_tables(then) != _rounded_tables(now) and not problems:
        notes.append("some numbers of the tables differ in their last decimals")
    return Compared(tuple(sorted(problems)), tuple(notes))


def _differing(then: Verdict, now: Verdict) -> Iterator[str]:
    if then.outcome is not now.outcome:
        yield f"{then.subject}: was {then.outcome.value}, is {now.outcome.value}"
    for name in _NUMBERS:
        before, after = getattr(then, name), getattr(now, name)
        same = before is after if before is None or after is None else abs(before - after) <= TOLERANCE + 1e-9
        if not same:
            yield f"{then.subject}: {name} was {before}, is {after}"
    if then.rows != now.rows:
        yield f"{then.subject}: rows were {then.rows}, are {now.rows}"


def _by_name(found: tuple[Verdict, ...]) -> dict[tuple[str, str, str, str | None], Verdict]:
    return {(v.gate, v.check or v.gate, v.subject, v.band): v for v in found}


def _rounded_tables(report: documents.GateReport) -> digests.Digest:
    return digests.of_json(report.evidence["tables"])


def _other_inputs(report: documents.GateReport, given: Given) -> Iterator[str]:
    read = report.evidence["inputs"]
    pairs = (
        ("the evaluation table", digests.of_bytes(given.evaluation), read["evaluation"]),
        ("the training reference", digests.of_bytes(given.release.reference), read["reference"]),
        (
            "the release",
            digests.of_json(given.release.config.to_json()),
            digests.of_json(report.evidence["release"]["config"]),
        ),
    )
    for name, found, wanted in pairs:
        if found != wanted:
            yield f"{name} is not the one that was judged ({digests.short(found)}, not {digests.short(digests.parse(wanted))})"
    for kind, words, files in (
        ("calendars", "calendars", given.calendars),
        ("cells", "cells", given.cells),
        ("earlier", "earlier reports", given.earlier),
    ):
        if {name: digests.of_bytes(content) for name, content in files.items()} != read.get(kind, {}):
            yield f"the {words} are not those that were judged with: {', '.join(read.get(kind, {})) or 'none'}"


def _inputs(report: documents.GateReport, given: Given) -> inputs.GateInputs:
    try:
        return inputs.GateInputs(
            release=given.release.config,
            release_digest=digests.parse(report.document["release"]),
            stages=given.release.stages,
            evaluation=given.evaluation,
            reference=given.release.reference,
            on=date.fromisoformat(report.document["on"]),
            hardware=tuple(inputs.parse_hardware(box) for box in report.evidence["inputs"]["hardware"]),
            calendars=given.calendars,
            cells=given.cells,
            earlier=given.earlier,
            unread=report.evidence["inputs"].get("unread", 0),
        )
    except (KeyError, TypeError, ValueError) as exc:
        raise errors.SpecError(f"the evidence does not say on which day and boxes was judged: {exc!s:.100}") from exc
