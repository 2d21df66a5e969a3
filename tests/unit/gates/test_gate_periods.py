"""Periods are compared with the same time of earlier school years, where a calendar says when that is."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import numpy as np
import pytest
import yaml
from tests.unit.gates import cases

from homeroom.domain import errors, schooltime, verdicts
from homeroom.gates import drift
from homeroom.gates.shifts import periods
from homeroom.resources import gatepolicies

Outcome = verdicts.Outcome
Phase = schooltime.Phase
AUTUMN_BEFORE, EXAM_BEFORE, AUTUMN, SPRING, EXAM = "2024-11-04", "2025-05-12", "2025-11-03", "2026-02-02", "2026-05-11"


def a_calendar(name: str = "calendar.yaml", **spec: Any) -> dict[str, bytes]:
    """Two school years, examinations in the middle of May of both."""
    years = [
        {
            "name": f"{first}-{first - 1999}",
            "terms": [{"name": "Year", "start": f"{first}-09-01", "end": f"{first + 1}-06-19"}],
        }
        for first in (2024, 2025)
    ]
    exams = [{"name": "Finals", "start": f"{year}-05-11", "end": f"{year}-05-22"} for year in (2025, 2026)]
    body = {
        "apiVersion": "homeroom.dev/v1alpha1",
        "kind": "AcademicCalendar",
        "metadata": {"name": "here"},
        "spec": {
            "displayName": "Here",
            "timeZone": "Europe/Berlin",
            "source": {"kind": "manual", "detail": "made up"},
            "schoolDays": ["Mon", "Tue", "Wed", "Thu", "Fri"],
            "years": years,
            "exams": exams,
            **spec,
        },
    }
    return {name: yaml.safe_dump(body).encode()}


def a_table(names: Sequence[str], wrong: Mapping[str, float]) -> cases.Columns:
    """Rows in these periods in turn; in each, a share of the scores is turned round."""
    table = cases.columns()
    rng, rows = np.random.default_rng(12), len(table["z"])
    table["period"] = np.array(names)[rng.integers(0, len(names), rows)]
    share = np.array([wrong.get(name, 0.0) for name in table["period"].tolist()])
    turned = rng.random(rows) < share
    table["score_full"] = np.where(turned, 1 - table["score_full"], table["score_full"])
    return table


def _judge(table: cases.Columns, calendars: Mapping[str, bytes]) -> verdicts.Verdict:
    found = drift.decide(cases.some_evidence(table, calendars=calendars))
    verdict: verdicts.Verdict = cases.by_subject(found)["full: error over time"]
    return verdict


def test_exams_that_are_as_hard_as_last_year_are_no_worse_model() -> None:
    """Rule: the exams of this year are compared with the exams of last year, not with an ordinary autumn."""
    table = a_table((EXAM_BEFORE, AUTUMN, EXAM), {EXAM_BEFORE: 0.5, EXAM: 0.5})

    matched, halves = _judge(table, a_calendar()), _judge(table, {})

    assert matched.outcome is Outcome.PASS
    assert matched.sentence.endswith("Compared are periods of the same time of earlier school years.")
    assert halves.outcome is Outcome.FAIL
    assert "Without a calendar the later half of the periods is compared with the earlier one" in halves.sentence


def test_more_rows_of_a_hard_time_are_no_worse_model() -> None:
    """Rule: pupils are told apart by the time of the school year too, so more of the exams is another mix."""
    many_exams = (AUTUMN_BEFORE,) * 4 + (EXAM_BEFORE, AUTUMN) + (EXAM,) * 4

    verdict = _judge(a_table(many_exams, {EXAM_BEFORE: 0.5, EXAM: 0.5}), a_calendar())

    assert verdict.outcome is Outcome.PASS
    assert "of the same time of earlier school years" in verdict.sentence


def test_model_that_does_worse_than_at_the_same_time_of_last_year_fails() -> None:
    verdict = _judge(a_table((EXAM_BEFORE, AUTUMN, EXAM), {EXAM: 0.5}), a_calendar())

    assert verdict.outcome is Outcome.FAIL
    assert "of the same time of earlier school years" in verdict.sentence


def test_rows_without_a_counterpart_do_not_count() -> None:
    """Rule: a bad autumn says nothing about a change, when no other autumn is known."""
    table = a_table((EXAM_BEFORE, AUTUMN, EXAM), {AUTUMN: 0.9})
    verdict = _judge(table, a_calendar())

    assert verdict.outcome is Outcome.PASS
    assert verdict.rows == int((table["period"] != AUTUMN).sum())


def test_without_an_earlier_school_year_the_same_kind_of_time_of_one_year_is_compared() -> None:
    table = a_table((AUTUMN, SPRING, EXAM), {EXAM: 0.6})
    verdict = _judge(table, a_calendar())

    assert verdict.outcome is Outcome.PASS
    assert "periods of the same kind of time of one year" in verdict.sentence
    assert _judge(table, {}).outcome is Outcome.FAIL


def test_without_two_periods_of_a_kind_the_halves_are_compared_and_the_sentence_says_so() -> None:
    verdict = _judge(a_table((AUTUMN, EXAM), {EXAM: 0.6}), a_calendar())

    assert verdict.outcome is Outcome.FAIL
    assert "No two periods are of the same time of the school year" in verdict.sentence


def test_a_school_with_a_calendar_of_its_own_is_matched_by_that() -> None:
    """Rule: a calendar named after a school is that school's; one other is for all others."""
    table = a_table((EXAM_BEFORE, AUTUMN, EXAM), {EXAM_BEFORE: 0.5, EXAM: 0.5})
    site = str(table["site_id"][0])
    # This school has no examinations in May of last year, so its May has no counterpart.
    own = a_calendar(f"{site}.yaml", exams=[{"name": "Finals", "start": "2026-05-11", "end": "2026-05-22"}])

    everybody, one_less = (_judge(table, {**a_calendar(), **more}).rows for more in ({}, own))

    of_school = (table["site_id"] == site) & (table["period"] != AUTUMN)
    assert everybody - one_less == int(of_school.sum())


@pytest.mark.parametrize(
    ("calendars", "said"),
    [
        ({"a.yaml": b"x: ["}, "calendar 'a' is neither YAML nor JSON"),
        ({"a.yaml": b"- 1"}, "calendar 'a' holds no AcademicCalendar"),
        ({**a_calendar("a.yaml"), **a_calendar("b.yaml")}, "2 calendars are named after no school of the table"),
        (a_calendar(f"{cases.columns()['site_id'][0]}.yaml"), "23 schools have no calendar"),
        (a_calendar(years=[{"name": "2030-31", "terms": [{"name": "Year", "start": "2030-09-01", "end": "2031-06-19"}]}], exams=[]),
         "knows no school year on 2025-05-12"),
    ],
    ids=["no yaml", "a list", "two for all", "some without", "too short"],
)  # fmt: skip
def test_calendar_that_cannot_serve_is_refused(calendars: Mapping[str, bytes], said: str) -> None:
    with pytest.raises(errors.SpecError, match=said):
        _judge(a_table((EXAM_BEFORE, EXAM), {}), calendars)


def _stamp(year: str, week: int, phase: Phase = Phase.TEACHING) -> schooltime.Stamp:
    return schooltime.Stamp(academic_year=year, term="1", term_index=1, teaching_week=week, phase=phase)


def test_the_last_of_each_time_is_later_and_what_it_matches_is_earlier() -> None:
    """Rule: one week apart is the same time, two are not; another phase never is; years further back than the policy do not count."""
    stamps = [
        _stamp("1", 10), _stamp("2", 11), _stamp("2", 20), _stamp("2", 30, Phase.EXAM), _stamp("2", 40, Phase.HOLIDAY),
        None, _stamp("3", 10), _stamp("3", 22), _stamp("3", 31, Phase.EXAM), _stamp("3", 40, Phase.HOLIDAY),
    ]  # fmt: skip
    roles = periods.match_years(stamps, gatepolicies.Drift())
    recent = periods.match_years(stamps, gatepolicies.Drift(history_years=1))

    assert np.flatnonzero(roles.later).tolist() == [6, 8]
    assert np.flatnonzero(roles.earlier).tolist() == [0, 1, 3]
    assert np.flatnonzero(recent.earlier).tolist() == [1, 3]
    assert roles.time[0] == roles.time[1] == roles.time[6] != roles.time[8] == roles.time[3]


def test_a_period_that_begins_in_a_holiday_has_the_time_of_its_first_lessons() -> None:
    years = periods.parse(a_calendar()["calendar.yaml"], "calendar")

    assert periods.stamp(years, date(2024, 8, 26)).phase is Phase.SETTLING
    assert periods.stamp(years, date(2026, 6, 15)).phase is Phase.LAST_WEEK
