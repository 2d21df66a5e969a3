"""One gate run from parsed input to report. Imports the heavy tools: only ``gates.job`` and tests call it."""

import pathlib
from collections.abc import Callable, Iterator
from dataclasses import replace

from homeroom.domain import verdicts
from homeroom.gates import (
    documents,
    drift,
    evidence,
    fairness,
    footprint,
    gathering,
    grouprates,
    inputs,
    measurements,
    quality,
    reported,
    stagefiles,
    tabulations,
)
from homeroom.gates.pages import rendering
from homeroom.gates.privacy import anonymity, duties, fallbackcells, membership, memorisation
from homeroom.resources import gatepolicies

Say = Callable[[str], None]
Gate = Callable[[evidence.Evidence], tuple[verdicts.Verdict, ...]]
Tabulator = Callable[[evidence.Evidence], tuple[tabulations.Table, ...]]

GATES: tuple[Gate, ...] = (
    fairness.decide,
    drift.decide,
    duties.decide,
    membership.decide,
    memorisation.decide,
    anonymity.decide,
    fallbackcells.decide,
    quality.decide,
    footprint.decide,
    reported.decide,
)
"""In the order of the report."""

TABLES: tuple[Tabulator, ...] = (
    fairness.tabulate,
    grouprates.tabulate,
    drift.tabulate,
    quality.tabulate,
    membership.tabulate,
    memorisation.tabulate,
    footprint.tabulate,
)
"""In the order of the page."""


def run_gates(
    given: inputs.GateInputs, policy: gatepolicies.Spec, directory: pathlib.Path, *, page: bool = True, say: Say = print
) -> documents.GateReport:
    """Judges a release.

    Args:
        given: what is judged, and on what.
        policy: the limits.
        directory: where the probes may write.
        page: whether to draw our page and Evidently's too; the latter takes the longest.
        say: takes one line of progress.

    Raises:
        SpecError: something given cannot be judged.
        Defect: Fairlearn and our own rates differ.
    """
    say("looking at the files")
    stagefiles.refuse_unfit(given.release, given.stages, directory)
    say("measuring the footprint")
    measured = measurements.measure_all(given.release, given.stages, directory)
    say("reading the evidence")
    known = gathering.gather(given, policy, measured)
    say(f"judging {len(known.table)} rows of {len(known.table.sites)} schools")
    found = tuple(_each(known, say))
    say("tabulating, and comparing the group rates with Fairlearn")
    tables = tuple(table for tabulate in TABLES for table in tabulate(known))
    report = documents.build(known, found, tables=tables)
    say("drawing the pages" if page else "no page asked for")
    return replace(
        report,
        page=rendering.render(report) if page else None,
        evidently=_draw(known) if page else None,
        measurements={stage.value: measurement.to_json() for stage, measurement in measured.items()},
    )


def _draw(known: evidence.Evidence) -> bytes:
    from homeroom.gates import pictures  # noqa: PLC0415 - Evidently takes seconds to import

    return pictures.draw(known)


def _each(known: evidence.Evidence, say: Say) -> Iterator[verdicts.Verdict]:
    for number, gate in enumerate(GATES, 1):
        say(f"gate {number} of {len(GATES)}: {gate.__module__.rpartition('.')[2]}")
        yield from gate(known)
