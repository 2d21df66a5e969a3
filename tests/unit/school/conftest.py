"""One school against a district in memory."""

from collections.abc import Callable
from pathlib import Path

import pytest
from tests import schoolyard

from homeroom.school.agent import agents
from homeroom.school.serving import models, runners
from homeroom.trust import district, enrolment


@pytest.fixture(scope="session")
def trust(tmp_path_factory: pytest.TempPathFactory) -> district.DistrictTrust:
    return district.DistrictTrust.create(tmp_path_factory.mktemp("district"))


@pytest.fixture
def school(trust: district.DistrictTrust, tmp_path: Path) -> enrolment.Enrolment:
    return enrolment.write_enrolment(
        tmp_path / "enrolment",
        trust=trust,
        site_id=schoolyard.SITE,
        epoch=1,
        name="school-1",
        bands=(schoolyard.BAND,),
        endpoints=(schoolyard.HUB, schoolyard.DISTRICT),
    )


@pytest.fixture
def world(trust: district.DistrictTrust, school: enrolment.Enrolment) -> schoolyard.District:
    return schoolyard.District(trust, school)


@pytest.fixture
def answers() -> models.Models:
    return models.Models(runners.Pool(), clock=lambda: schoolyard.NOW, reserve_mib=0)


StartAgent = Callable[[], agents.Agent]
