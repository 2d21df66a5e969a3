"""What a release says about its privacy budget: complete, about a child, consistent with the ledger, and within the limit."""

import math

from homeroom.domain import releases
from homeroom.domain.verdicts import Outcome
from homeroom.gates.privacy.facts import Facts, Finding, Parameters

SLACK = 1e-6
"""Statement and ledger are written with a few digits; a smaller difference is rounding."""


def stated(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``dp.statement``: present where a limit asks for it, about one pupil and school year, true to the ledger, within the limit.

    Source: NIST SP 800-226 (March 2025): unit, mechanism and parameters belong together, and the chance that the promise fails has
    to stay under one in the number of pupils.
    """
    statement, limit = facts.statement, facts.policy.privacy.epsilon_limit
    if statement is None:
        return (_absent(limit),)
    for problem in (_unit(statement, limit), _chance(statement, facts.trained_on), _ledger(statement, facts.purpose)):
        if problem is not None:
            return (problem,)
    return (_spent(statement, limit),)


def _absent(limit: float | None) -> Finding:
    if limit is None:
        return Finding(
            Outcome.NOT_APPLICABLE, "The release says nothing about a privacy budget, and the policy asks for nothing."
        )
    return Finding(
        Outcome.FAIL,
        "The release says nothing about how much of the pupils' privacy budget it used.",
        "Train it with a mechanism that hides each pupil, and state privacy in release.json.",
        limit=limit,
    )


def _unit(statement: releases.PrivacyStatement, limit: float | None) -> Finding | None:
    if statement.unit == releases.STUDENT_YEAR:
        return None
    outcome = Outcome.NOT_APPLICABLE if limit is None else Outcome.FAIL
    return Finding(
        outcome,
        f"Its promise is about {statement.unit!r:.80} and not about one pupil in one school year, so it says nothing to a parent.",
        f"State privacy for the unit {releases.STUDENT_YEAR}, with one row of each pupil.",
        limit=limit,
    )


def _chance(statement: releases.PrivacyStatement, trained_on: int) -> Finding | None:
    if statement.delta * trained_on < 1:
        return None
    return Finding(
        Outcome.FAIL,
        "By its own numbers the promise may fail for one of the pupils that it was trained on.",
        "Train it with a delta far below one in the number of pupils, such as 1e-6.",
    )


def _ledger(statement: releases.PrivacyStatement, purpose: str) -> Finding | None:
    record = statement.ledger
    if record is None:
        return None
    spent = record.after - record.before
    differing = [
        name
        for name, same in (
            ("unit", record.unit == statement.unit),
            ("mechanism", record.mechanism == statement.mechanism),
            ("chance that it fails", math.isclose(record.delta, statement.delta, rel_tol=SLACK)),
            ("purpose", record.purpose == purpose),
            ("amount", spent <= statement.epsilon + SLACK),
        )
        if not same
    ]
    if not differing:
        return None
    return Finding(
        Outcome.FAIL,
        f"What the release says about its privacy budget is not what the ledger says ({', '.join(differing)}).",
        "Take the statement from the ledger's record of this very training.",
    )


def _spent(statement: releases.PrivacyStatement, limit: float | None) -> Finding:
    """What was spent in the whole school year, as far as release and ledger tell: a budget is not one training's alone."""
    used, said = statement.epsilon, f"It used {statement.epsilon:g} of each pupil's privacy budget"
    if statement.ledger is not None and statement.ledger.after > used:
        used = statement.ledger.after
        said = f"{said}, and with what was trained before {used:g} of it are used"
    if limit is None:
        return Finding(Outcome.PASS, f"{said}; the policy sets no limit.", estimate=used)
    if used > limit:
        action = "Train it with more noise or fewer rounds, or wait for the next school year."
        return Finding(Outcome.FAIL, f"{said}; the policy allows {limit:g}.", action, estimate=used, limit=limit)
    return Finding(Outcome.PASS, f"{said}; the policy allows {limit:g}.", estimate=used, limit=limit)
