"""Footprint: does the release fit every box that it may go to?

Measured times and memory differ from run to run and from machine to machine, so verdicts and tables hold only what was found
and the limit; the numbers go into ``measurements.json`` beside the report. Otherwise no two gate reports would have the same
digest. For the same reason nothing is called a pass or a fail within a fifth of its limit: there the next machine could say
the opposite, and the answer is that we cannot tell until it is measured on such a box.
"""

from dataclasses import dataclass

from homeroom.domain import digests, releases, verdicts
from homeroom.gates import inputs, tabulations, words
from homeroom.gates.evidence import Evidence
from homeroom.gates.measurements import Measurement
from homeroom.resources import schoolsites

GATE = "footprint"
MIB = 1 << 20

SLOWNESS = {
    schoolsites.Profile.PI4: 4.0,
    schoolsites.Profile.PI5: 1.7,
    schoolsites.Profile.MINIPC_N100: 1.0,
    schoolsites.Profile.NUC_I5: 0.5,
    schoolsites.Profile.OLD_SERVER: 1.3,
}
"""Starting factors for the p95 of CPU-bound work, mini PC = 1; guesses from public benchmark classes, to be replaced by
what enrolment measures. The machine that runs the gates counts as a mini PC."""

LEAST_MEMORY_MIB = {
    schoolsites.Profile.PI4: 2048,
    schoolsites.Profile.PI5: 4096,
    schoolsites.Profile.MINIPC_N100: 8192,
    schoolsites.Profile.NUC_I5: 16_384,
    schoolsites.Profile.OLD_SERVER: 8192,
}
"""Smallest memory that a box of each profile is sold with; stands in while no school is known."""

SHARE_OF_MEMORY = 0.5
"""A stage may take half of a box; the rest is for the system, the agent and the release that is being replaced."""

MARGIN = 0.2
"""Within this share of a limit another machine may say the opposite. A choice, wide because the factors above are guesses."""

_TIME, _MEMORY = "time to answer", "memory"


@dataclass(frozen=True, slots=True)
class Fit:
    """Whether one stage fits one kind of box, by one measure.

    Attributes:
        stage: which rung.
        box: which kind.
        outcome: what was found.
        use: share of the limit that it needs; differs from machine to machine and is not reported.
        limit: what it may take.
    """

    stage: releases.Stage
    box: inputs.Hardware
    outcome: verdicts.Outcome
    use: float
    limit: float


def decide(evidence: Evidence) -> tuple[verdicts.Verdict, ...]:
    """Size of all stages together, then time and memory of each measured one on the box that is worst for it."""
    found = [decide_size(evidence)]
    kinds = boxes(evidence)
    for stage, measured in evidence.measured.items():
        found += [
            decide_latency(evidence, stage, measured, kinds),
            decide_memory(evidence, stage, measured, kinds),
        ]
    return tuple(found)


def tabulate(evidence: Evidence) -> tuple[tabulations.Table, ...]:
    """Each stage on each kind of box, in words; the numbers differ from machine to machine."""
    rows = tuple(
        (
            box.profile,
            f"{box.memory_mib} MiB",
            stage.value,
            _SAID[fit_time(evidence, stage, measured, box).outcome],
            _SAID[fit_memory(evidence, stage, measured, box).outcome],
        )
        for box in boxes(evidence)
        for stage, measured in evidence.measured.items()
    )
    caption = "Whether each stage fits each kind of box, as measured here and scaled to the box."
    columns = ("box", "memory of the box", "stage", "answers in time", "fits into memory")
    return (tabulations.Table("footprint.profiles", caption, columns, rows),) if rows else ()


_SAID = {
    verdicts.Outcome.PASS: "yes",
    verdicts.Outcome.NOT_ENOUGH_EVIDENCE: "too close to the limit to tell",
    verdicts.Outcome.FAIL: "no",
}


def boxes(evidence: Evidence) -> tuple[inputs.Hardware, ...]:
    """Kinds of box in use, or one of every profile where no school is known yet; in a fixed order."""
    known = evidence.given.hardware or tuple(
        inputs.Hardware(profile=profile.value, memory_mib=memory, cores=4)
        for profile, memory in LEAST_MEMORY_MIB.items()
    )
    return tuple(sorted(set(known), key=lambda box: (box.profile, box.memory_mib, box.cores)))


def decide_size(evidence: Evidence) -> verdicts.Verdict:
    """Whether all stages together stay within the bytes that the policy allows; counted, so there is no margin."""
    size_mib = sum(file.size_bytes for file in evidence.release.stages) / MIB
    limit = evidence.policy.footprint.artifact_mib
    fits = size_mib <= limit
    return verdicts.Verdict(
        gate=GATE,
        check="footprint.size",
        subject="all stages: size",
        outcome=verdicts.Outcome.PASS if fits else verdicts.Outcome.FAIL,
        sentence=f"The release {'is small' if fits else 'is not small'} enough to send: {size_mib:.3f} MiB of {limit:g} allowed.",
        evidence=digests.of_json(evidence.release.to_json()),
        estimate=size_mib,
        limit=limit,
        action="" if fits else _SMALLER,
    )


def fit_time(evidence: Evidence, stage: releases.Stage, measured: Measurement, box: inputs.Hardware) -> Fit:
    """Whether that box would answer for a class in time."""
    limit = evidence.policy.footprint.latency_ms
    return _fit(stage, box, measured.p95_ms * _slowness(box), limit)


def fit_memory(evidence: Evidence, stage: releases.Stage, measured: Measurement, box: inputs.Hardware) -> Fit:
    """Whether that box has the memory."""
    limit = min(evidence.policy.footprint.memory_mib, SHARE_OF_MEMORY * box.memory_mib)
    return _fit(stage, box, measured.peak_mib, limit)


def decide_latency(
    evidence: Evidence, stage: releases.Stage, measured: Measurement, kinds: tuple[inputs.Hardware, ...]
) -> verdicts.Verdict:
    """Whether the slowest box answers for a class in time."""
    worst = _worst([fit_time(evidence, stage, measured, box) for box in kinds])
    sentence = (
        f"{_claim(worst, 'answers', 'does not answer')} for a class within {worst.limit:g} ms on the slowest box in use "
        f"({worst.box.profile})"
    )
    return _verdict(evidence, worst, _TIME, sentence)


def decide_memory(
    evidence: Evidence, stage: releases.Stage, measured: Measurement, kinds: tuple[inputs.Hardware, ...]
) -> verdicts.Verdict:
    """Whether the smallest box has the memory."""
    worst = _worst([fit_memory(evidence, stage, measured, box) for box in kinds])
    sentence = (
        f"{_claim(worst, 'fits', 'does not fit')} into the {worst.limit:g} MiB that it may use on the smallest box in use "
        f"({worst.box.profile}, {worst.box.memory_mib} MiB)"
    )
    return _verdict(evidence, worst, _MEMORY, sentence)


def _claim(worst: Fit, does: str, does_not: str) -> str:
    stage = words.STAGES[worst.stage]
    return {
        verdicts.Outcome.PASS: f"{words.capitalised(stage)} {does}",
        verdicts.Outcome.FAIL: f"{words.capitalised(stage)} {does_not}",
    }.get(worst.outcome, f"We cannot tell yet whether {stage} {does}")


_SMALLER = "Make the model smaller, or leave out the boxes that it does not fit."
_MEASURE_THERE = "Measure it on such a box: run the gates there, or ask the school to."


def _verdict(evidence: Evidence, worst: Fit, what: str, sentence: str) -> verdicts.Verdict:
    close = f": it is within {MARGIN:.0%} of the limit, where machines disagree"
    unsure = worst.outcome is verdicts.Outcome.NOT_ENOUGH_EVIDENCE
    return verdicts.Verdict(
        gate=GATE,
        check="footprint.latency" if what == _TIME else "footprint.memory",
        subject=f"{worst.stage.value}: {what}",
        outcome=worst.outcome,
        sentence=sentence + (close if unsure else "") + ".",
        evidence=next(file.digest for file in evidence.release.stages if file.stage is worst.stage),
        limit=worst.limit,
        action={verdicts.Outcome.FAIL: _SMALLER, verdicts.Outcome.NOT_ENOUGH_EVIDENCE: _MEASURE_THERE}.get(
            worst.outcome, ""
        ),
    )


def _fit(stage: releases.Stage, box: inputs.Hardware, taken: float, limit: float) -> Fit:
    use = taken / limit
    if use <= 1 - MARGIN:
        outcome = verdicts.Outcome.PASS
    elif use > 1 + MARGIN:
        outcome = verdicts.Outcome.FAIL
    else:
        outcome = verdicts.Outcome.NOT_ENOUGH_EVIDENCE
    return Fit(stage, box, outcome, use, limit)


def _worst(fits: list[Fit]) -> Fit:
    """The one that needs the largest share of its limit, which is the same box on every machine."""
    return max(fits, key=lambda fit: (fit.use, fit.box.profile, -fit.box.memory_mib))


def _slowness(box: inputs.Hardware) -> float:
    known = {profile.value: factor for profile, factor in SLOWNESS.items()}
    return known.get(box.profile, max(known.values()))
