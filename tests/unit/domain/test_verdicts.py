"""The worst verdict acts, and too little evidence is no pass."""

import pytest

from homeroom.domain import digests, verdicts
from homeroom.domain.verdicts import Outcome


def a_verdict(outcome: Outcome, **overrides: object) -> verdicts.Verdict:
    fields = {
        "gate": "fairness",
        "subject": "full: boys against girls",
        "sentence": "Boys are missed about as often as girls.",
        "evidence": digests.of_bytes(b"rows"),
    } | overrides
    return verdicts.Verdict(outcome=outcome, **fields)  # type: ignore[arg-type]  # overrides of a builder


@pytest.mark.parametrize(
    ("outcomes", "expected"),
    [
        ([], Outcome.NOT_ENOUGH_EVIDENCE),
        ([Outcome.PASS], Outcome.PASS),
        ([Outcome.PASS, Outcome.NOT_APPLICABLE], Outcome.PASS),
        ([Outcome.NOT_APPLICABLE], Outcome.NOT_ENOUGH_EVIDENCE),
        ([Outcome.PASS, Outcome.NOT_ENOUGH_EVIDENCE], Outcome.NOT_ENOUGH_EVIDENCE),
        ([Outcome.FAIL, Outcome.NOT_ENOUGH_EVIDENCE, Outcome.PASS], Outcome.FAIL),
    ],
    ids=["nothing-judged", "pass", "reported-beside-a-pass", "only-reported", "too-little", "one-failure"],
)
def test_the_worst_outcome_is_the_one_to_act_on(outcomes: list[Outcome], expected: Outcome) -> None:
    """A gate that judged nothing has not passed."""
    assert verdicts.worst(tuple(a_verdict(outcome) for outcome in outcomes)) is expected


def test_a_verdict_reads_back_with_numbers_rounded_to_four_decimals() -> None:
    """Rounding is part of the form, so that the report digest is stable across machines."""
    verdict = a_verdict(Outcome.FAIL, estimate=0.123456, low=0.1, high=None, limit=0.1, rows=120)
    read = verdicts.from_json(verdict.to_json())
    assert read.estimate == 0.1235
    assert read.to_json() == verdict.to_json()
