"""Does a stage put the right pupil first, and does it tell pupils apart at all?"""

from dataclasses import dataclass

import numpy as np

from homeroom.domain import releases, verdicts
from homeroom.gates import words
from homeroom.gates.evidence import Evidence
from homeroom.gates.merits import scopes
from homeroom.stats import clusters, rankings

CHECK = "quality.ordering"
CONSTANT = "quality.constant"


@dataclass(frozen=True, slots=True, eq=False)
class Ordering:
    """How often the pupil who needed support has the higher score, of pairs of one who did and one who did not."""

    stage: releases.Stage
    scope: scopes.Scope
    measured: scopes.Measured


def decide(evidence: Evidence) -> tuple[verdicts.Verdict, ...]:
    """A model that answers alike for everybody fails; otherwise how well it orders is reported."""
    constant = [stage for stage in evidence.stages if _is_constant(evidence, stage)]
    whole = [scope for scope in scopes.every(evidence)[:1] if scopes.can_judge(evidence, scope)]
    reported = [_reported(evidence, found) for found in measure(evidence, whole) if found.stage not in constant]
    return (*(_fails(evidence, stage) for stage in constant), *reported)


def measure(evidence: Evidence, judged: list[scopes.Scope]) -> list[Ordering]:
    """Ordering of every stage and scope."""
    return [
        Ordering(stage, scope, of_scores(evidence, evidence.table.scores[stage], scope))
        for stage in evidence.stages
        for scope in judged
    ]


def of_scores(evidence: Evidence, scores: clusters.FloatArray, scope: scopes.Scope) -> scopes.Measured:
    """Share of pairs that the scores order rightly, ties counting one half."""
    areas = resample(evidence, scores, np.flatnonzero(scope.rows))
    return scopes.of_resamples(areas, scopes.schools(evidence, scope.rows))


def resample(evidence: Evidence, scores: clusters.FloatArray, rows: clusters.IntArray) -> clusters.FloatArray:
    """The share for the rows as they are, then in each resample of schools.

    Args:
        evidence: outcomes, schools and resamples.
        scores: shape (n,).
        rows: shape (m,); indices of the rows that count.

    Returns:
        Shape (1 + b,).
    """
    placed = rankings.place(scores[rows])[0]
    site, needed = evidence.table.site[rows], evidence.table.needed[rows]
    shape = len(evidence.table.sites), int(placed.max()) + 1
    won, lost = (rankings.count(placed[side], site[side], shape) for side in (needed, ~needed))
    return rankings.area(won, lost, np.vstack([np.ones((1, shape[0])), evidence.weights]))


def _is_constant(evidence: Evidence, stage: releases.Stage) -> bool:
    file = next(file for file in evidence.release.stages if file.stage is stage)
    scores = evidence.table.scores[stage]
    return file.format is releases.Format.ONNX and bool((scores == scores[0]).all())


def _fails(evidence: Evidence, stage: releases.Stage) -> verdicts.Verdict:
    return verdicts.Verdict(
        gate=scopes.GATE,
        check=CONSTANT,
        subject=f"{stage.value}: tells pupils apart",
        outcome=verdicts.Outcome.FAIL,
        sentence=f"{words.capitalised(words.STAGES[stage])} gives every pupil the same score, so it says nothing about anybody.",
        evidence=evidence.table.digest,
        rows=len(evidence.table),
        action="Look at how the scores were made: a model that failed to train answers alike for all.",
    )


def _reported(evidence: Evidence, found: Ordering) -> verdicts.Verdict:
    measured = found.measured
    return verdicts.Verdict(
        gate=scopes.GATE,
        check=CHECK,
        subject=f"{found.stage.value}: puts the right pupil first",
        outcome=verdicts.Outcome.NOT_APPLICABLE,
        sentence=(
            f"Shown one pupil who needed support and one who did not, {words.STAGES[found.stage]} puts the right one first in about "
            f"{words.of_hundred(measured.estimate)} of 100 tries (between {words.of_hundred(measured.low)} and "
            f"{words.of_hundred(measured.high)}); 50 is chance. Reported, not limited."
        ),
        evidence=evidence.table.digest,
        estimate=measured.estimate,
        low=measured.low,
        high=measured.high,
        rows=int(found.scope.rows.sum()),
    )
