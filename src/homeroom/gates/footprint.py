"""Footprint: does the release fit the smallest and slowest box that it may go to?

Measured times and memory differ from run to run, so verdicts hold only what was found and the limit; the numbers go into
``measurements.json`` beside the report. Otherwise no two gate reports would have the same digest.
"""

from homeroom.domain import digests, releases, verdicts
from homeroom.gates import inputs, words
from homeroom.gates.evidence import Evidence
from homeroom.gates.measurements import Measurement

GATE = "footprint"
MIB = 1 << 20

SLOWNESS = {"pi4": 4.0, "pi5": 1.7, "minipc-n100": 1.0, "nuc-i5": 0.5, "old-server": 1.3}
"""Starting factors for the p95 of CPU-bound work, mini PC = 1; guesses from public benchmark classes, to be replaced by
what enrolment measures. The machine that runs the gates counts as a mini PC."""

SLOWEST = "pi4"
"""Assumed while no school is known."""

SHARE_OF_MEMORY = 0.5
"""A stage may take half of a box; the rest is for the system, the agent and the release that is being replaced."""


def decide(evidence: Evidence) -> tuple[verdicts.Verdict, ...]:
    """Size of all stages together, then time and memory of each measured one."""
    boxes = evidence.given.hardware or (
        inputs.Hardware(profile=SLOWEST, memory_mib=2 * evidence.policy.footprint.memory_mib, cores=1),
    )
    found = [decide_size(evidence)]
    for stage, measurement in evidence.measured.items():
        found += [
            decide_latency(evidence, stage, measurement, boxes),
            decide_memory(evidence, stage, measurement, boxes),
        ]
    return tuple(found)


def decide_size(evidence: Evidence) -> verdicts.Verdict:
    """Whether all stages together stay within the bytes that the policy allows."""
    size_mib = sum(file.size_bytes for file in evidence.release.stages) / MIB
    limit = evidence.policy.footprint.artifact_mib
    fits = size_mib <= limit
    return verdicts.Verdict(
        gate=GATE,
        subject="all stages: size",
        outcome=_outcome(fits),
        sentence=f"The release {'is small' if fits else 'is not small'} enough to send: {size_mib:.3f} MiB of {limit:g} allowed.",
        evidence=_release_digest(evidence),
        estimate=size_mib,
        limit=limit,
    )


def decide_latency(
    evidence: Evidence, stage: releases.Stage, measured: Measurement, boxes: tuple[inputs.Hardware, ...]
) -> verdicts.Verdict:
    """Whether the slowest box answers for a class in time."""
    slowest = max(boxes, key=lambda box: (_slowness(box), box.profile))
    limit = evidence.policy.footprint.latency_ms
    fits = measured.p95_ms * _slowness(slowest) <= limit
    verb = "answers" if fits else "does not answer"
    return verdicts.Verdict(
        gate=GATE,
        subject=f"{stage.value}: time to answer",
        outcome=_outcome(fits),
        sentence=(
            f"{words.capitalised(words.STAGES[stage])} {verb} for a class within {limit:g} ms on the slowest box "
            f"in use ({slowest.profile})."
        ),
        evidence=_stage_digest(evidence, stage),
        limit=limit,
    )


def decide_memory(
    evidence: Evidence, stage: releases.Stage, measured: Measurement, boxes: tuple[inputs.Hardware, ...]
) -> verdicts.Verdict:
    """Whether the smallest box has the memory."""
    smallest = min(boxes, key=lambda box: (box.memory_mib, box.profile))
    limit = min(evidence.policy.footprint.memory_mib, SHARE_OF_MEMORY * smallest.memory_mib)
    fits = measured.peak_mib <= limit
    return verdicts.Verdict(
        gate=GATE,
        subject=f"{stage.value}: memory",
        outcome=_outcome(fits),
        sentence=(
            f"{words.capitalised(words.STAGES[stage])} {'fits' if fits else 'does not fit'} into the {limit:g} MiB that "
            f"it may use on the smallest box in use ({smallest.profile}, {smallest.memory_mib} MiB)."
        ),
        evidence=_stage_digest(evidence, stage),
        limit=limit,
    )


def _slowness(box: inputs.Hardware) -> float:
    return SLOWNESS.get(box.profile, max(SLOWNESS.values()))


def _outcome(fits: bool) -> verdicts.Outcome:  # noqa: FBT001 - a yes or no is what it turns into an outcome
    return verdicts.Outcome.PASS if fits else verdicts.Outcome.FAIL


def _release_digest(evidence: Evidence) -> digests.Digest:
    return digests.of_json(evidence.release.to_json())


def _stage_digest(evidence: Evidence, stage: releases.Stage) -> digests.Digest:
    return next(file.digest for file in evidence.release.stages if file.stage is stage)
