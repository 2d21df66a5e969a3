"""Drift: has anything changed between training and evaluation, and between the periods of the evaluation?

Judged by effect size with cautious bounds over schools; a p-value never decides, because with thousands of rows it refuses
differences that nobody could feel. Who the pupils are (which schools, which year groups) is reported and never judged.
"""

from homeroom.domain import verdicts
from homeroom.gates import tabulations
from homeroom.gates.evidence import Evidence
from homeroom.gates.shifts import ages, features, losses, progressions


def decide(evidence: Evidence) -> tuple[verdicts.Verdict, ...]:
    """Inputs, what growing up does to them, the error over time, and schools that moved otherwise than the others."""
    return (
        *features.decide(evidence),
        *ages.decide(evidence),
        *losses.decide(evidence),
        *progressions.decide(evidence),
    )


def tabulate(evidence: Evidence) -> tuple[tabulations.Table, ...]:
    """The numbers behind the verdicts."""
    return (
        *features.tabulate(evidence),
        *losses.tabulate(evidence),
        *progressions.tabulate(evidence),
    )
