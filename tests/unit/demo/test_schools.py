"""The example's schools, as the demo registers them."""

from homeroom.demo import options, schools
from homeroom.resources import objects, schoolsites

FOUND = schools.read(options.example_directory() / "schools.csv")
REGIONS = tuple(dict.fromkeys(school.region for school in FOUND))
KEY = "A" * 43 + "="


def test_there_are_79_schools_with_a_name_and_identity_each() -> None:
    assert len(FOUND) == len({school.name for school in FOUND}) == len({school.site_id for school in FOUND}) == 79


def test_each_school_is_a_valid_school_site() -> None:
    """What the example writes by hand passes the same model as what people write."""
    for school in FOUND:
        body = school.to_site(KEY)
        spec = schoolsites.Spec.model_validate(body["spec"])
        schoolsites.parse(objects.build(schoolsites.KIND, body["name"], spec))


def test_the_process_pairs_are_in_regions_that_are_done_before_the_line_is_cut() -> None:
    """They must have the release when nobody can bring it any more."""
    pairs = schools.pairs(FOUND, REGIONS)
    assert len({school.name for school in pairs}) == 4
    assert {school.region for school in pairs} == set(REGIONS[:2])
    assert len(REGIONS) == 3
