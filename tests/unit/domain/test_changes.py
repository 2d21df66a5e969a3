"""The table of what to do about a change: only more wrong answers on the same kind of pupils may lead to retraining."""

import pytest

from homeroom.domain import changes

Action, Seen = changes.Action, changes.Seen


@pytest.mark.parametrize(
    ("seen", "action", "reason"),
    [
        (Seen(), Action.NOTHING, "NothingChanged"),
        (Seen(loss=False), Action.NOTHING, "NothingChanged"),
        (Seen(mix=True), Action.OTHER_PUPILS, "OtherPupils"),
        (Seen(mix=True, loss=False), Action.OTHER_PUPILS, "OtherPupils"),
        (Seen(features=True), Action.CHECK_CASES, "LooksDifferentWithoutOutcomes"),
        (Seen(mix=True, features=True), Action.CHECK_CASES, "LooksDifferentWithoutOutcomes"),
        (Seen(features=True, loss=False), Action.OTHER_PUPILS, "LooksDifferentAndCopes"),
        (Seen(loss=True, schools=1), Action.REVIEW_LOCALLY, "WorseInFewSchools"),
        (Seen(loss=True, schools=2, mix=True, features=True), Action.REVIEW_LOCALLY, "WorseInFewSchools"),
        (Seen(loss=True, schools=3), Action.RETRAIN_SEGMENT, "WorseInManySchools"),
        (Seen(loss=True, schools=1, region_evalue=100.0), Action.REVIEW_LOCALLY, "WorseInFewSchools"),
        (Seen(loss=True, schools=0, region_evalue=100.1), Action.RETRAIN_SEGMENT, "WorseInManySchools"),
        (Seen(features=True, device=True), Action.IT_TASK, "FollowsTheBox"),
        (Seen(features=True, device=True, loss=False), Action.IT_TASK, "FollowsTheBox"),
        (Seen(device=True, loss=True, schools=1), Action.REVIEW_LOCALLY, "WorseInFewSchools"),
    ],
    ids=lambda value: value if isinstance(value, str) else None,
)
def test_table(seen: changes.Seen, action: changes.Action, reason: str) -> None:
    advice = changes.decide(seen)

    assert (advice.action, advice.reason) == (action, reason)
    assert advice.sentence.endswith(".")
    assert advice == changes.decide(seen)


@pytest.mark.parametrize("mix", [True, False])
@pytest.mark.parametrize("loss", [False, None])
@pytest.mark.parametrize("features", [True, False])
@pytest.mark.parametrize("device", [True, False])
def test_nothing_but_more_wrong_answers_leads_to_retraining(
    *, mix: bool, loss: bool | None, features: bool, device: bool
) -> None:
    seen = Seen(mix=mix, features=features, device=device, loss=loss, schools=9, region_evalue=1e9)

    assert changes.decide(seen).action is not Action.RETRAIN_SEGMENT


@pytest.mark.parametrize(
    ("before", "found", "quiet_weeks", "stands"),
    [
        (False, False, 0, False),
        (False, True, 0, True),
        (True, False, 0, True),
        (True, False, 1, True),
        (True, False, 2, False),
    ],
    ids=["never", "begins", "stays", "one quiet week", "ends"],
)
def test_alarm_begins_when_found_and_ends_after_two_quiet_weeks(
    *, before: bool, found: bool, quiet_weeks: int, stands: bool
) -> None:
    assert changes.holds(before=before, found=found, quiet_weeks=quiet_weeks) is stands
