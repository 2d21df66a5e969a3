"""One gate run from parsed input to report. Imports the heavy tools: only ``gates.job`` and tests call it."""

import pathlib
from collections.abc import Callable
from dataclasses import replace

from homeroom.domain import releases
from homeroom.gates import (
    documents,
    drift,
    evidence,
    fairness,
    footprint,
    grouprates,
    inputs,
    pictures,
    quality,
    reported,
)
from homeroom.resources import gatepolicies

Say = Callable[[str], None]


def run_gates(
    given: inputs.GateInputs, policy: gatepolicies.Spec, directory: pathlib.Path, *, page: bool = True, say: Say = print
) -> documents.GateReport:
    """Judges a release.

    Args:
        given: what is judged, and on what.
        policy: the limits.
        directory: where the probes may write.
        page: whether to draw Evidently's page too, which takes the longest.
        say: takes one line of progress.

    Raises:
        SpecError: something given cannot be judged.
        Defect: Fairlearn and our own rates differ.
    """
    say("reading the evidence")
    known = evidence.gather(given, policy)
    say("measuring the footprint")
    measured = {
        file.stage: footprint.measure(given.release, file, given.stages[file.stage], directory)
        for file in given.release.stages
        if file.format is releases.Format.ONNX
    }
    say("judging")
    found = (
        *fairness.decide(known),
        *drift.decide(known),
        *quality.decide(known, given.stages),
        *footprint.decide(known, given.hardware, measured),
        *reported.decide(known),
    )
    say("comparing the group rates with Fairlearn")
    report = documents.build(known, given, found, grouprates.tabulate(known))
    say("drawing Evidently's page" if page else "no page asked for")
    return replace(
        report,
        html=pictures.draw(known) if page else None,
        measurements={stage.value: measurement.to_json() for stage, measurement in measured.items()},
    )
