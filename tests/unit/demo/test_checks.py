"""What the demo's exit code rests on."""

from datetime import timedelta

import pytest

from homeroom.demo import checks
from homeroom.domain import errors

SOON = timedelta(milliseconds=1)


def test_a_ledger_without_any_statement_has_not_held() -> None:
    """A demo that checked nothing has shown nothing."""
    assert not checks.Ledger().all_held


def test_one_false_statement_is_enough_to_fail() -> None:
    ledger = checks.Ledger()
    ledger.check("water is wet", held=True)
    assert ledger.all_held
    ledger.check("the moon is cheese", held=False)
    assert not ledger.all_held


def test_every_statement_is_told_as_it_is_checked() -> None:
    told: list[checks.Check] = []
    checks.Ledger(on_check=told.append).check("water is wet", held=True, detail="very")
    assert told == [checks.Check("water is wet", held=True, detail="very")]


def test_waiting_gives_the_first_answer_there_is() -> None:
    answers = iter([None, False, 7, 8])
    assert checks.wait_for("a number", lambda: next(answers), within=timedelta(seconds=5)) == 7


def test_an_unavailable_part_counts_as_not_yet() -> None:
    """What is starting refuses connections for a while."""
    starting = [errors.Unavailable("not up")]

    def look() -> int:
        if starting:
            raise starting.pop()
        return 7

    assert checks.wait_for("a number", look, within=timedelta(seconds=5)) == 7


def test_waiting_ends_at_its_deadline_and_says_what_is_there() -> None:
    with pytest.raises(errors.Unavailable, match="for every school; 3 of 79"):
        checks.wait_for("every school", lambda: None, within=SOON, describe=lambda: "3 of 79")
