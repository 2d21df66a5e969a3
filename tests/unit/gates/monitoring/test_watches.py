"""One look at a district: what changed, where, and what to do. Faults are planted; the other schools must stay quiet."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.unit.gates.monitoring import fleets

from homeroom.domain import digests, errors, schooltime
from homeroom.gates.monitoring import findings, watches, windows

Outcome = findings.Outcome


def test_unchanged_district_is_quiet_and_says_what_it_would_notice() -> None:
    looked = fleets.look(fleets.Fleet())

    assert looked.found.outcome is Outcome.UNCHANGED
    assert looked.actions == {"north": "Nothing", "south": "Nothing"}
    assert all("We would notice" in f.sentence and f.detectable for f in looked.of("watch.input"))
    assert all("Pooled with" in f.sentence for f in looked.of("watch.detectable"))


def test_same_windows_give_the_same_digest_in_any_order() -> None:
    reports, today = fleets.tell(fleets.Fleet(schools=8), fleets.a_calendar(), 10)
    calendars = {report.site: fleets.a_calendar() for report in reports}

    found = [
        watches.watch(given, fleets.REFERENCE, calendars, fleets.POLICY, today) for given in (reports, reports[::-1])
    ]

    assert found[0].digest == found[1].digest
    assert digests.canonical_json(found[0].to_json())


def test_school_with_more_wrong_answers_is_found_and_only_that_one() -> None:
    looked = fleets.look(fleets.Fleet(worse=0.45, worse_schools=(3,)))

    assert looked.changed("watch.loss") == [(fleets.site(3), "wrong answers")]
    assert looked.actions == {"north": "ReviewLocally", "south": "Nothing"}


def test_three_schools_with_more_wrong_answers_ask_for_retraining() -> None:
    looked = fleets.look(fleets.Fleet(worse=0.45, worse_schools=(1, 3, 5)))

    assert len(looked.changed("watch.loss")) == 3
    assert looked.actions == {"north": "RetrainSegment", "south": "Nothing"}


def test_school_that_is_sure_to_be_worse_is_no_matter_of_the_region() -> None:
    """Rule: the evidence of a region must stand without any one of its schools."""
    looked = fleets.look(fleets.Fleet(worse=0.9, worse_schools=(3,)))

    assert looked.actions["north"] == "ReviewLocally"


def test_alarm_of_last_school_year_does_not_reach_into_this_one() -> None:
    """Rule: evidence restarts each school year, and last year's higher rate is what this one is compared with."""
    looked = fleets.look(fleets.Fleet(worse=0.9, worse_schools=(3,)), last_week=1)

    assert looked.found.today < "2026-09-30"
    assert fleets.look(fleets.Fleet(), last_week=1).changed("watch.loss") == []


def test_pupils_who_look_different_everywhere_are_found_and_ask_for_no_retraining_while_the_model_copes() -> None:
    looked = fleets.look(fleets.Fleet(shift=0.5, shifted_schools=tuple(range(12))), last_week=12)

    assert {subject for _, subject in looked.changed("watch.input")} == {"z"}
    assert set(looked.actions.values()) == {"OtherPupils"}


def test_pupils_who_look_different_without_known_outcomes_ask_for_checked_cases() -> None:
    looked = fleets.look(fleets.Fleet(shift=0.5, shifted_schools=tuple(range(12)), told=0), last_week=12)

    assert set(looked.actions.values()) == {"CheckCases"}
    assert all("Estimate, no outcomes yet" in f.sentence for f in looked.of("watch.estimate"))
    assert all(f.outcome is Outcome.CANNOT_TELL for f in looked.of("watch.loss"))


def test_shift_that_follows_the_kind_of_box_is_a_matter_for_it() -> None:
    looked = fleets.look(fleets.Fleet(shift=0.9, shifted_schools=tuple(range(0, 12, 2))), last_week=12)

    assert looked.changed("watch.device") == [("district", "z")]
    assert set(looked.actions.values()) == {"ITTask"}


def test_shift_that_does_not_follow_the_kind_of_box_is_a_matter_of_pupils() -> None:
    looked = fleets.look(fleets.Fleet(shift=0.9, shifted_schools=(0, 1, 4, 5, 8, 9)), last_week=12)

    assert looked.changed("watch.device") == []
    assert "ITTask" not in looked.actions.values()


def test_single_school_that_moved_far_is_found_by_name() -> None:
    looked = fleets.look(fleets.Fleet(shift=1.6, shifted_schools=(2,), schools=16), last_week=12)

    assert {unit for unit, _ in looked.changed("watch.school-input")} == {fleets.site(2)}
    assert all(f.low is not None and f.low > 0 for f in looked.of("watch.school-input"))


def test_more_pupils_in_one_year_group_are_told_and_never_alarmed_about() -> None:
    reports, today = fleets.tell(fleets.Fleet(), fleets.a_calendar(), 12)
    calendar = fleets.a_calendar()
    kept = [
        replace(
            r,
            windows=tuple(
                w for w in r.windows if w.year_group == "1" or w.stamp.academic_year != "2026-27" or n % 4 > 1
            ),
        )
        for n, r in enumerate(reports)
    ]

    looked = fleets.Looked(
        watches.watch(kept, fleets.REFERENCE, {r.site: calendar for r in kept}, fleets.POLICY, today)
    )

    assert looked.found.outcome is Outcome.UNCHANGED
    assert all(f.outcome is Outcome.NOTE for f in looked.of("watch.mix"))


def test_first_school_year_of_all_cannot_be_compared_at_first_and_says_so() -> None:
    looked = fleets.look(fleets.Fleet(years=1), last_week=1)

    assert looked.found.outcome is Outcome.CANNOT_TELL
    assert all("no comparable period yet" in f.sentence for f in looked.of("watch.no-comparison"))
    assert set(looked.actions.values()) == {"Nothing"}


def test_use_in_a_holiday_is_a_note_and_never_an_alarm() -> None:
    reports, today = fleets.tell(fleets.Fleet(schools=8), fleets.a_calendar(), 12)
    off = windows.OffTime(today - timedelta(days=140), schooltime.Phase.HOLIDAY, None)
    reports[2] = replace(reports[2], off_time=(off,))

    looked = fleets.Looked(
        watches.watch(reports, fleets.REFERENCE, {r.site: fleets.a_calendar() for r in reports}, fleets.POLICY, today)
    )

    (note,) = looked.of("watch.data")
    assert (note.unit, note.outcome) == (fleets.site(2), Outcome.NOTE)
    assert note.sentence == "The model was used in 1 week without school, for a few pupils. Who uses it then?"
    assert looked.found.outcome is Outcome.UNCHANGED


def test_school_that_tells_nothing_any_more_is_said_to_be_silent() -> None:
    reports, today = fleets.tell(fleets.Fleet(schools=8), fleets.a_calendar(), 12)
    reports[1] = replace(reports[1], windows=tuple(w for w in reports[1].windows if w.stamp.academic_year != "2026-27"))

    looked = fleets.Looked(
        watches.watch(reports, fleets.REFERENCE, {r.site: fleets.a_calendar() for r in reports}, fleets.POLICY, today)
    )

    assert [f.unit for f in looked.of("watch.silent")] == [fleets.site(1)]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (lambda r: r[:0], "there are no window files"),
        (
            lambda r: [replace(r[0], reference=digests.of_bytes(b"other")), *r[1:]],
            "sketch it again with this reference",
        ),
        (lambda r: [*r, r[0]], "tells a week of a year group twice"),
        (lambda r: [replace(r[0], site=fleets.site(99)), *r[1:]], "has no calendar"),
    ],
    ids=["nothing", "other bins", "told twice", "no calendar"],
)
def test_refuses_windows_that_cannot_be_judged(change: object, complaint: str) -> None:
    reports, today = fleets.tell(fleets.Fleet(schools=2, years=1), fleets.a_calendar(), 3)
    calendars = {report.site: fleets.a_calendar() for report in reports}

    with pytest.raises(errors.SpecError, match=complaint):
        watches.watch(change(reports), fleets.REFERENCE, calendars, fleets.POLICY, today)  # type: ignore[operator]


def test_calendar_that_has_run_out_is_no_quiet_school() -> None:
    reports, today = fleets.tell(fleets.Fleet(schools=8), fleets.a_calendar(), 12)
    calendars = {report.site: fleets.a_calendar() for report in reports}
    calendars[fleets.site(0)] = fleets.a_calendar(date(2021, 9, 6), 2)

    looked = fleets.Looked(watches.watch(reports, fleets.REFERENCE, calendars, fleets.POLICY, today))

    assert any("does not reach today" in f.sentence for f in looked.of("watch.data"))
    assert fleets.site(0) in [f.unit for f in looked.of("watch.silent")]


def test_no_sentence_uses_a_word_of_the_trade() -> None:
    looked = [fleets.look(fleets.Fleet(worse=0.45, worse_schools=(3,))), fleets.look(fleets.Fleet(), last_week=2)]
    said = " ".join(f.sentence for one in looked for f in one.found.findings).lower()

    assert not [
        word for word in ("drift", "p-value", "e-value", "epsilon", "inference", "auc", "posterior") if word in said
    ]


def test_change_in_a_district_of_one_school_is_found_against_its_own_earlier_years() -> None:
    """Rule: with too few others to compare with, a school is compared with itself, and nothing happens by itself."""
    looked = fleets.look(fleets.Fleet(schools=1, pupils=150, shift=0.8, shifted_schools=(0,)), last_week=12)

    assert {unit for unit, _ in looked.changed("watch.window")} == {fleets.site(0)}
    (first, *_) = (f for f in looked.of("watch.window") if f.outcome is Outcome.CHANGED)
    assert "lie elsewhere in z." in first.sentence
    assert "too few other schools" in first.sentence
    assert not first.acts
    assert looked.actions == {"south": "OtherPupils"}


def test_unchanged_school_that_stands_alone_is_quiet_and_says_what_it_would_notice() -> None:
    looked = fleets.look(fleets.Fleet(schools=1, pupils=150), last_week=12)

    assert [f.outcome for f in looked.of("watch.window")] == [Outcome.UNCHANGED] * 2
    assert all("We would notice" in f.sentence for f in looked.of("watch.window"))


def test_schools_with_enough_others_are_compared_with_those() -> None:
    assert fleets.look(fleets.Fleet(schools=8), last_week=12).of("watch.window") == []
    assert len(fleets.look(fleets.Fleet(schools=7), last_week=12).of("watch.window")) == 14


def test_look_at_lone_schools_in_which_nothing_changed_seldom_finds_anything() -> None:
    """Rule: at most 5 of 100 looks have any finding; of 60 no more than 8, which is three standard errors beyond."""
    alarms = sum(
        bool(fleets.look(fleets.Fleet(schools=3, seed=seed), last_week=12).changed("watch.window"))
        for seed in range(100, 160)
    )

    assert alarms <= 8
