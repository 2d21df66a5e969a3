"""Quality: is the shipped model the one that was evaluated, and does it help more than what needs no model?

The questions live in ``gates.merits``, one module each; here they are put together.
"""

from homeroom.domain import verdicts
from homeroom.gates import tabulations
from homeroom.gates.evidence import Evidence
from homeroom.gates.merits import agreements, benefits, calibrations, leftouts, orderings, scopes, stagechoices

GATE = scopes.GATE


def decide(evidence: Evidence) -> tuple[verdicts.Verdict, ...]:
    """Verdicts on every stage, of all pupils and of every band.

    Raises:
        SpecError: a stage cannot be run on the rows.
    """
    questions = (agreements, benefits, calibrations, orderings, stagechoices, leftouts)
    return tuple(verdict for question in questions for verdict in question.decide(evidence))


def tabulate(evidence: Evidence) -> tuple[tabulations.Table, ...]:
    """What each stage is worth in every band, how often the stages differ, and what each column is worth."""
    return (*_bands(evidence), *stagechoices.tabulate(evidence), *leftouts.tabulate(evidence))


def _bands(evidence: Evidence) -> tuple[tabulations.Table, ...]:
    bands = scopes.of_each_band(evidence)
    judged = [scope for scope in bands if scopes.can_judge(evidence, scope)]
    rows: list[tuple[tabulations.Cell, ...]] = [
        (
            "more right offers of 1000",
            gain.stage.value,
            _band(gain.scope),
            gain.threshold,
            *_per(1000, gain.measured),
            0.0,
        )
        for gain in benefits.measure(evidence, judged)
    ]
    rows += [
        (
            "expected and actual need differ, of 100",
            found.stage.value,
            _band(found.scope),
            None,
            *_per(100, found.distance),
            None if found.scope.limits.calibration_limit is None else 100 * found.scope.limits.calibration_limit,
        )
        for found in calibrations.measure(evidence, judged)
    ]
    rows += [
        (
            "right pupil first, of 100 pairs",
            found.stage.value,
            _band(found.scope),
            None,
            *_per(100, found.measured),
            None,
        )
        for found in orderings.measure(evidence, judged)
    ]
    rows += [
        ("hidden: too few pupils or schools", stage.value, _band(scope), None, None, None, None, None)
        for scope in bands
        if scope not in judged
        for stage in evidence.stages
    ]
    columns = ("measure", "stage", "band", "threshold", "estimate", "low", "high", "limit")
    caption = (
        "How good each stage is in each band of year groups. A dash is a number that has no meaning here or is hidden."
    )
    return (tabulations.Table("quality.bands", caption, columns, tuple(rows)),)


def _band(scope: scopes.Scope) -> str:
    return scope.band or "all"


def _per(pupils: int, measured: scopes.Measured) -> tuple[float, float, float]:
    return pupils * measured.estimate, pupils * measured.low, pupils * measured.high
