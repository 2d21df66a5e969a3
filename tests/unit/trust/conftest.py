"""A district's keys and one school's identity, made once: keys are slow to make and nothing here changes them."""

from pathlib import Path

import pytest

from homeroom.domain import assignments
from homeroom.trust import director, district, enrolment

SITE = "6f1c2a54-0d5e-4d38-9b0e-2f0d5f6f7a01"
ENDPOINT = assignments.Endpoint("hub", "https://127.0.0.1:9001", "https://127.0.0.1:9002")


@pytest.fixture(scope="session")
def trust(tmp_path_factory: pytest.TempPathFactory) -> district.DistrictTrust:
    return district.DistrictTrust.create(tmp_path_factory.mktemp("district"))


@pytest.fixture(scope="session")
def keys_of_director(trust: district.DistrictTrust) -> director.DirectorKeys:
    return trust.director


@pytest.fixture
def enrolled(trust: district.DistrictTrust, tmp_path: Path) -> enrolment.Enrolment:
    return enrolment.write_enrolment(
        tmp_path / "school-1",
        trust=trust,
        site_id=SITE,
        epoch=1,
        name="school-1",
        bands=("K-2",),
        endpoints=(ENDPOINT,),
    )
