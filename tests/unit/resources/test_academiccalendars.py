from datetime import date

from tests.unit.domain import calendars

from homeroom.domain import calendarconditions, schoolclosures, schoolyears
from homeroom.resources import academiccalendars, objects, schoolsites

SOURCE = academiccalendars.Source(kind=academiccalendars.SourceKind.MANUAL, detail="by hand")


def test_calendar_in_a_manifest_is_the_one_that_was_put_there() -> None:
    for name, years in calendars.EVERYWHERE.items():
        spec = academiccalendars.from_plan(years, zone=str(years.zone), display_name=name, source=SOURCE)
        body = objects.build(academiccalendars.KIND, name, spec)
        again = academiccalendars.parse(body).to_domain()
        assert [again.stamp(day) for day in _days(years)] == [years.stamp(day) for day in _days(years)]


def test_bells_survive_a_manifest() -> None:
    years = calendars.chicago(bells=calendars.bells())
    spec = academiccalendars.from_plan(years, zone="America/Chicago", display_name="x", source=SOURCE)
    assert academiccalendars.parse(objects.build(academiccalendars.KIND, "x", spec)).to_domain().bells == years.bells


def test_every_reason_of_a_decision_is_documented() -> None:
    documented = {
        reason.value
        for condition in (*academiccalendars.CONDITIONS, schoolsites.SCHOOL_TIME, schoolsites.CLOSURES_COUNTED)
        for reason in condition.reasons
    }
    decided = {*calendarconditions.Reason, *schoolclosures.Refusal}
    assert {reason.value for reason in decided} == documented


def _days(years: schoolyears.SchoolYears) -> list[date]:
    return [day for year in years.years for day in years.school_days(year.name)]
