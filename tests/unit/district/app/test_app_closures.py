"""Two people close one school at once: neither closure is lost, and trying again ends."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from tests.unit.district.app import conftest, worlds

from homeroom.district.app import closures, documents, problems, status, views
from homeroom.domain import errors
from homeroom.resources import kinds, schoolsites

SITES = schoolsites.KIND.plural


def closure(day: int) -> schoolsites.Closure:
    return schoolsites.Closure(start=date(2027, 2, day), end=date(2027, 2, day), name="Snow")


class Busy(conftest.FakeCluster):
    """Somebody else closes the school on one more day just before each of the first writes."""

    others: int = 0

    async def patch_spec(
        self, kind: kinds.Kind, name: str, merge_patch: Mapping[str, Any], resource_version: str | None = None
    ) -> dict[str, Any]:
        body = self.objects[f"{SITES}/{name}"]
        version = int(body["metadata"]["resourceVersion"])
        if version <= self.others:
            spec = body["spec"]
            listed = [*spec.get("closures", []), closure(20 + version % 8).to_json()]
            self.objects[f"{SITES}/{name}"] = {
                **body,
                "metadata": {**body["metadata"], "resourceVersion": str(version + 1)},
                "spec": {**spec, "closures": listed},
            }
        return await super().patch_spec(kind, name, merge_patch, resource_version)


@pytest.fixture
def busy() -> Busy:
    cluster = Busy()
    body = worlds.a_site(1)
    cluster.put({**body, "metadata": {**body["metadata"], "resourceVersion": "1"}})
    return cluster


class Pauses(list[float]):
    """Stands for asyncio.sleep."""

    async def __call__(self, seconds: float) -> None:
        self.append(seconds)


def kept(cluster: Busy) -> list[str]:
    return [each["start"] for each in cluster.objects[f"{SITES}/school-01"]["spec"]["closures"]]


async def test_closure_that_somebody_else_adds_meanwhile_is_kept(busy: Busy) -> None:
    busy.others = 2
    pauses = Pauses()
    await closures.close(busy, "school-01", closure(3), pauses)
    assert kept(busy) == ["2027-02-21", "2027-02-22", "2027-02-03"]
    assert len(pauses) == 2


async def test_closure_that_is_there_already_writes_nothing(busy: Busy) -> None:
    await closures.close(busy, "school-01", closure(3), Pauses())
    await closures.close(busy, "school-01", closure(3), Pauses())
    assert kept(busy) == ["2027-02-03"]
    assert len(busy.writers) == 1


async def test_trying_again_has_an_end(busy: Busy) -> None:
    busy.others = 1000
    pauses = Pauses()
    with pytest.raises(errors.NotReady, match="the closure was not added, try again"):
        await closures.close(busy, "school-01", closure(3), pauses)
    assert len(pauses) == closures.TRIES
    assert min(pauses) > 0
    assert max(pauses) <= closures.LONGEST_PAUSE_SECONDS
    assert "2027-02-03" not in kept(busy)


async def test_unknown_school_is_not_tried_again(busy: Busy) -> None:
    pauses = Pauses()
    with pytest.raises(problems.NotFound):
        await closures.close(busy, "elm", closure(3), pauses)
    assert pauses == []


def shown(phase: str | None) -> tuple[documents.School, str]:
    """A school with that kind of time in its status, in the status document and as its line on the page explains it."""
    body = worlds.a_site(1)
    if phase is not None:
        body["status"] = {"schoolTime": {"schoolDay": False, "phase": phase}}
    observed = replace(worlds.a_district(), sites=(schoolsites.parse(body),))
    document = status.build_status(observed, worlds.NOW, timedelta(minutes=3))
    page = views.build_status_page(document, user="vera", form_proof="x", refresh_seconds=2, refreshing=False)
    return document.schools[0], page.schools[0].detail


@pytest.mark.parametrize(
    ("phase", "said"),
    [("closure", "Closed today"), ("teaching", ""), ("holiday", ""), (None, "")],
)
def test_school_that_is_closed_today_says_so_on_the_page(phase: str | None, said: str) -> None:
    school, detail = shown(phase)
    assert (school.phase, detail) == (phase, said)
