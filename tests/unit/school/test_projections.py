"""The object in the API says what the agent verified, and is written only when that is news."""

from dataclasses import dataclass, replace
from typing import Any

import pytest
from tests import schoolyard

from homeroom.domain import assignments, digests, ladder
from homeroom.resources import siteassignments
from homeroom.school import plans
from homeroom.school.operator import projections

RELEASE = digests.of_bytes(b"release")
ENTRY = assignments.Entry(
    schoolyard.PURPOSE, schoolyard.BAND, RELEASE, schoolyard.REPOSITORY, schoolyard.NOW, "pilot",
    parameters=(assignments.Parameter("threshold", 0.25, 0.2, 0.35),),
)  # fmt: skip
ASSIGNMENT = assignments.Assignment(assignments.SiteId(schoolyard.SITE), 3, (ENTRY,), (schoolyard.HUB,), "0.1.0")


def spec(assignment: assignments.Assignment = ASSIGNMENT) -> dict[str, Any]:
    shown = siteassignments.from_domain(assignment)
    return shown.model_dump(mode="json", by_alias=True, exclude_none=True)


def an_object(assignment: assignments.Assignment = ASSIGNMENT, **status: Any) -> dict[str, Any]:
    return {"metadata": {"name": "school-1", "generation": 1}, "spec": spec(assignment), "status": status}


def serving(
    level: ladder.Level = ladder.Level.FULL, reason: str = "AsAssigned", *, healthy: bool = True
) -> plans.Serving:
    release = None if level is ladder.Level.NONE else RELEASE
    served = plans.Served(schoolyard.PURPOSE, schoolyard.BAND, release, level, reason, healthy)
    return plans.Serving("one", "plan", (served,), 0)


GOOD = projections.Observed(ASSIGNMENT, None, serving(), workload_up=True, existing=an_object())
SILENT = projections.Observed(None, None, None, workload_up=False, existing=None)


@dataclass(frozen=True)
class Case:
    """What was seen, and what of the object is to be written."""

    observed: projections.Observed
    recreate: bool = False
    writes_spec: bool = False
    writes_status: bool = False


NEWER = replace(ASSIGNMENT, version=4)
FOREIGN = replace(ASSIGNMENT, site_id=assignments.SiteId("00000000-0000-4000-8000-000000000000"))
OTHER_WAVE = replace(ASSIGNMENT, entries=(replace(ENTRY, wave="second"),))
UNREADABLE = {"metadata": {}, "spec": {"siteId": schoolyard.SITE, "version": 1, "entries": 5}}


@pytest.mark.parametrize(
    "case",
    [
        pytest.param(Case(SILENT), id="nobody-answers-and-nothing-is-shown"),
        pytest.param(Case(replace(SILENT, existing=an_object()), writes_status=True), id="nobody-answers-any-more"),
        pytest.param(Case(replace(GOOD, existing=None), writes_spec=True), id="first-assignment"),
        pytest.param(Case(GOOD, writes_status=True), id="same-spec-status-is-news"),
        pytest.param(Case(replace(GOOD, assignment=NEWER), writes_spec=True), id="newer-assignment"),
        pytest.param(Case(replace(GOOD, existing=an_object(OTHER_WAVE)), writes_spec=True), id="edited-by-hand"),
        pytest.param(
            Case(replace(GOOD, existing=an_object(NEWER)), recreate=True, writes_spec=True), id="version-set-too-high"
        ),
        pytest.param(
            Case(replace(GOOD, existing=an_object(FOREIGN)), recreate=True, writes_spec=True), id="another-site"
        ),
        pytest.param(
            Case(replace(GOOD, existing={"metadata": {}}), recreate=True, writes_spec=True), id="no-spec-at-all"
        ),
        pytest.param(Case(replace(GOOD, existing=UNREADABLE), writes_spec=True), id="unreadable-spec"),
    ],
)  # fmt: skip
def test_what_is_written(case: Case) -> None:
    """The signed bytes win; what no update may take back is deleted first."""
    decision = projections.decide(case.observed, schoolyard.NOW)
    written = (decision.recreate, decision.spec is not None, decision.status is not None)
    assert written == (case.recreate, case.writes_spec, case.writes_status)
    if decision.spec is not None:
        assert case.observed.assignment is not None
        assert decision.spec == spec(case.observed.assignment)


def test_a_second_look_writes_nothing() -> None:
    status = projections.decide(GOOD, schoolyard.NOW).status
    assert status is not None
    again = replace(GOOD, existing=an_object(**status))
    assert projections.decide(again, schoolyard.NOW) == projections.Decision()


def test_a_moment_written_in_another_way_is_the_same_spec() -> None:
    """The API server may write ``+00:00`` for ``Z``: comparing text would write for ever."""
    shown = an_object()
    start = shown["spec"]["entries"][0]["startBy"]
    other = start.replace("Z", "+00:00") if start.endswith("Z") else start.replace("+00:00", "Z")
    assert other != start
    shown["spec"]["entries"][0]["startBy"] = other
    assert projections.decide(replace(GOOD, existing=shown), schoolyard.NOW).spec is None


EMPTY = replace(ASSIGNMENT, entries=())


@pytest.mark.parametrize(
    ("observed", "verified", "serves"),
    [
        pytest.param(GOOD, "True Verified", "True AsAssigned", id="all-is-well"),
        pytest.param(SILENT, "Unknown Waiting", "False WorkloadDown", id="nothing-runs"),
        pytest.param(replace(SILENT, workload_up=True), "Unknown Waiting", "False NothingAssigned", id="no-word-yet"),
        pytest.param(replace(GOOD, refused="Altered"), "False Altered", "True AsAssigned", id="newer-one-refused"),
        pytest.param(replace(GOOD, refused="AgentTooOld"), "True Verified", "True AsAssigned", id="verified-too-new"),
        pytest.param(replace(GOOD, workload_up=False), "True Verified", "False WorkloadDown", id="half-is-down"),
        pytest.param(replace(GOOD, assignment=EMPTY), "True Verified", "False NothingAssigned", id="empty-assignment"),
        pytest.param(replace(GOOD, serving=None), "True Verified", "False NotServing", id="serving-says-nothing"),
        pytest.param(
            replace(GOOD, serving=serving(ladder.Level.NONE, "Installing", healthy=False)),
            "True Verified", "False NotServing", id="nothing-installed",
        ),
        pytest.param(
            replace(GOOD, serving=serving(ladder.Level.CORE, "Installing", healthy=False)),
            "True Verified", "True Installing", id="stages-on-their-way",
        ),
        pytest.param(
            replace(GOOD, serving=serving(ladder.Level.FALLBACK, "Slow", healthy=False)),
            "True Verified", "True Degraded", id="smaller-stage",
        ),
        pytest.param(
            replace(GOOD, serving=serving(ladder.Level.NONE, "WorkloadDown", healthy=False)),
            "True Verified", "False WorkloadDown", id="agent-finds-nobody-serving",
        ),
    ],
)  # fmt: skip
def test_what_the_conditions_say(observed: projections.Observed, verified: str, serves: str) -> None:
    said = [f"{one.status.value} {one.reason}" for one in projections.decide_conditions(observed)]
    assert said == [verified, serves]


def test_a_refusal_is_told_in_a_sentence() -> None:
    status = projections.decide(replace(GOOD, refused="Expired"), schoolyard.NOW).status
    assert status is not None
    assert status["message"] == "The newest assignment is not followed: Expired."


def test_entries_show_release_and_level() -> None:
    status = projections.decide(GOOD, schoolyard.NOW).status
    assert status is not None
    assert status["entries"] == [
        {"purpose": schoolyard.PURPOSE, "band": schoolyard.BAND, "level": "full", "releaseDigest": RELEASE}
    ]
