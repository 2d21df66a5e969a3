"""Every rule of every kind, asked of the real API server."""

import copy
import secrets
from dataclasses import dataclass, field
from typing import Any

import pytest

from homeroom.domain import errors
from homeroom.kube import client
from homeroom.resources import catalog

pytestmark = pytest.mark.real

GONE = object()
KINDS = {definition.kind.kind: definition.kind for definition in catalog.ALL}


@dataclass(frozen=True)
class Case:
    """One change that makes the example of ``kind`` invalid, and what the refusal must say."""

    kind: str
    changes: dict[str, Any] = field(hash=False)
    message: str

    def __str__(self) -> str:
        return f"{self.kind}-{'-'.join(self.changes)}"


DIGEST = "sha256:" + "a" * 64

REVIEW = {"pack": "us-federal", "digest": DIGEST, "reviewer": "legal counsel", "reviewedOn": "2026-11-25",
          "reviewBy": "2027-11-25"}  # fmt: skip

INVALID = [
    Case("ModelRelease", {"spec": GONE}, "spec: Required value"),
    Case("ModelRelease", {"metadata.name": "a" * 64}, "choose a name of at most 63 characters"),
    Case("ModelRelease", {"spec.model.name": "Reading Support"}, "write the registered name in lower-case letters"),
    Case("ModelRelease", {"spec.model.version": "v3"}, 'write the version number as a string, such as "3"'),
    Case("ModelRelease", {"spec.model.version": 3}, "must be of type string"),
    Case("ModelRelease", {"spec.purpose": "grading"}, 'supported values: "support-offer"'),
    Case("ModelRelease", {"spec.bands": []}, "should have at least 1 items"),
    Case("ModelRelease", {"spec.bands": ["K-2", "K-2"]}, "Duplicate value"),
    Case("ModelRelease", {"spec.bands": ["adults"]}, 'supported values: "K-2", "3-5", "6-8", "9-12"'),
    Case("ModelRelease", {"spec.policyRef.name": "Support_Offers"}, "write a name of lower-case letters, digits"),
    Case("ModelRelease", {"spec.author": ""}, "should be at least 1 chars long"),
    Case("ModelRelease", {"spec.evaluation.digest": "latest"}, "write sha256: and 64 lower-case hexadecimal digits"),
    Case("ModelRelease", {"spec.evaluation": GONE}, "spec.evaluation: Required value"),
    Case("ModelRelease", {"spec.offerDays": 0}, "should be greater than or equal to 1"),
    Case("ModelRelease", {"spec.offerDays": 367}, "should be less than or equal to 366"),
    Case("ModelRelease", {"spec.parameters.0.minimum": 0.25}, "so that minimum <= default <= maximum"),
    Case("ModelRelease", {"spec.parameters.0.maximum": 0.15}, "so that minimum <= default <= maximum"),
    Case("ModelRelease", {"spec.parameters.0.name": "Offer Fraction"}, "write lower-case letters, digits and under"),
    Case("ModelRelease", {"spec.parameters": [{"name": f"p{i}", "default": 1, "minimum": 0, "maximum": 2}
                                              for i in range(9)]}, "must have at most 8 items"),
    Case("GatePolicy", {"spec.harm": "Both"}, 'supported values: "Missed", "WronglyFlagged"'),
    Case("GatePolicy", {"spec.fairness.protect": []}, "should have at least 1 items"),
    Case("GatePolicy", {"spec.fairness.protect.1.name": "free-lunch"}, "Duplicate value"),
    Case("GatePolicy", {"spec.fairness.protect.0.column": "Free lunch"}, "write lower-case letters, digits and unders"),
    Case("GatePolicy", {"spec.fairness.excessLimit": 10}, "should be less than or equal to 1"),
    Case("GatePolicy", {"spec.fairness.minimumCell": 4}, "should be greater than or equal to 5"),
    Case("GatePolicy", {"spec.fairness.resamples": 99}, "should be greater than or equal to 100"),
    Case("GatePolicy", {"spec.fairness.resamples": 10_001}, "should be less than or equal to 10000"),
    Case("GatePolicy", {"spec.drift.ksLimit": -0.1}, "should be greater than or equal to 0"),
    Case("GatePolicy", {"spec.quality.agreementLimit": 1.5}, "should be less than or equal to 1"),
    Case("GatePolicy", {"spec.footprint.memoryMiB": GONE}, "spec.footprint.memoryMiB: Required value"),
    Case("GatePolicy", {"spec.requiredApprovals": 0}, "should be greater than or equal to 1"),
    Case("GatePolicy", {"spec.requiredApprovals": 6}, "should be less than or equal to 5"),
    Case("GatePolicy", {"spec.packs": ["US Federal"]}, "write a name of lower-case letters, digits"),
    Case("GatePolicy", {"spec.packs": ["uk", "uk"]}, "Duplicate value"),
    Case("GatePolicy", {"spec.packs": [f"pack-{n}" for n in range(9)]}, "must have at most 8 items"),
    Case("GatePolicy", {"spec.packReviews": [{**REVIEW, "reviewBy": "2026-11-25"}]}, "reviewBy is a day after reviewedOn"),
    Case("GatePolicy", {"spec.packReviews": [{**REVIEW, "digest": "v1"}]}, "write sha256: and 64 lower-case hexadecimal"),
    Case("GatePolicy", {"spec.packReviews": [REVIEW, REVIEW]}, "Duplicate value"),
    Case("GatePolicy", {"spec.fairness.protect.2.attribute": "Home language"}, "write a name of lower-case letters, digits"),
    Case("GatePolicy", {"spec.fairness.intersections.0.of": ["boys"]}, "should have at least 2 items"),
    Case("GatePolicy", {"spec.fairness.oppositeLimit": 2}, "should be less than or equal to 1"),
    Case("GatePolicy", {"spec.drift.minimumWindow": 4}, "should be greater than or equal to 5"),
    Case("GatePolicy", {"spec.privacy.purposes.0.purpose": "marketing"}, 'supported values: "support-offer"'),
    Case("GatePolicy", {"spec.privacy.purposes.0.columns": []}, "should have at least 1 items"),
    Case("GatePolicy", {"spec.privacy.purposes.0.columns": ["Read Z"]}, "write lower-case letters, digits and underscores"),
    Case("GatePolicy", {"spec.privacy.purposes.0.expires": "next summer"}, "must be of type date"),
    Case("GatePolicy", {"spec.privacy.purposes.0.retentionDays": 0}, "should be greater than or equal to 1"),
    Case("GatePolicy", {"spec.privacy.purposes.0.owner": GONE}, "owner: Required value"),
    Case("GatePolicy", {"spec.privacy.purposes.0.trainedBy": "Vendor"}, 'supported values: "District", "ProcessorOwn"'),
    Case("GatePolicy", {"spec.privacy.columns.0.kind": "Race"}, 'supported values: "Ethnicity", "Income"'),
    Case("GatePolicy", {"spec.privacy.membershipLimit": 0.4}, "should be greater than or equal to 0.5"),
    Case("GatePolicy", {"spec.privacy.membershipLimit": 0}, "write a number that is not under 0.5"),
    Case("GatePolicy", {"spec.privacy.epsilonLimit": 0}, "write a number that is not under 0.001"),
    Case("GatePolicy", {"spec.bands.0.minimumCell": 4}, "should be greater than or equal to 5"),
    Case("GatePolicy", {"spec.bands": [{"band": "K-2"}, {"band": "K-2"}]}, "Duplicate value"),
    Case("GatePolicy", {"spec.schools.0.school": "Lincoln High"}, "write a name of lower-case letters, digits"),
    Case("ReleaseApproval", {"spec.decision": "Maybe"}, 'values: "Approve", "Reject", "Waive", "Override"'),
    Case("ReleaseApproval", {"spec.decision": "Override"}, "dataPlan belongs to decision Waive: leave it out"),
    Case("ReleaseApproval", {"spec.decision": "Override", "spec.dataPlan": GONE, "spec.covers": GONE},
         "an override needs covers: list the waived subjects"),
    Case("ReleaseApproval", {"spec.decision": "Override", "spec.dataPlan": GONE, "spec.expires": GONE},
         "an override needs expires: the moment when only pilots"),
    Case("ReleaseApproval", {"spec.reason": "ok"}, "should be at least 10 chars long"),
    Case("ReleaseApproval", {"spec.releaseDigest": "sha256:abc"}, "write sha256: and 64 lower-case hexadecimal dig"),
    Case("ReleaseApproval", {"spec.gateReportDigest": GONE}, "spec.gateReportDigest: Required value"),
    Case("ReleaseApproval", {"spec.covers": GONE}, "a waiver needs covers: list the subjects"),
    Case("ReleaseApproval", {"spec.covers": []}, "a waiver needs covers: list the subjects"),
    Case("ReleaseApproval", {"spec.covers": ["a", "a"]}, "Duplicate value"),
    Case("ReleaseApproval", {"spec.expires": GONE}, "a waiver needs expires: the moment when it ends"),
    Case("ReleaseApproval", {"spec.expires": "next summer"}, "must be of type date-time"),
    Case("ReleaseApproval", {"spec.dataPlan": GONE}, "a waiver needs dataPlan: say how the missing evidence"),
    Case("ReleaseApproval", {"spec.decision": "Approve"}, "covers belongs to decisions Waive and Override: leave"),
    Case("RolloutWave", {"spec.schools": {}}, "choose schools in exactly one way"),
    Case("RolloutWave", {"spec.schools.region": "west"}, "choose schools in exactly one way"),
    Case("RolloutWave", {"spec.schools": {"remaining": False}}, "write remaining: true, or leave it out"),
    Case("RolloutWave", {"spec.schools": {"names": []}}, "should have at least 1 items"),
    Case("RolloutWave", {"spec.schools": {"names": ["a", "a"]}}, "Duplicate value"),
    Case("RolloutWave", {"spec.schools": {"pilot": {"count": 0}}}, "should be greater than or equal to 1"),
    Case("RolloutWave", {"spec.requiredSoak": {}}, "in exactly one unit: schoolDays or duration"),
    Case("RolloutWave", {"spec.requiredSoak.duration": "24h"}, "in exactly one unit: schoolDays or duration"),
    Case("RolloutWave", {"spec.requiredSoak": {"duration": "1 day"}}, "write a whole number and a unit: s, m, h or d"),
    Case("RolloutWave", {"spec.requiredSoak": {"schoolDays": 0}}, "should be greater than or equal to 1"),
    Case("RolloutWave", {"spec.startWithin": "0h"}, "zero would never leave time to act"),
    Case("RolloutWave", {"spec.progressDeadline": "2 hours"}, "write a whole number and a unit: s, m, h or d"),
    Case("RolloutWave", {"spec.maxConcurrency": 0}, "should be greater than or equal to 1"),
    Case("RolloutWave", {"spec.maxFailures": -1}, "should be greater than or equal to 0"),
    Case("RolloutWave", {"metadata.name": "second", "spec.after": "second"}, "a wave cannot come after itself"),
    Case("RolloutWave", {"spec.paused": "yes"}, "must be of type boolean"),
    Case("SchoolSite", {"spec.siteId": "3F1C6A52-9D1E-4A57-8F04-6F3B9B0A7C11"}, "write a lower-case UUID"),
    Case("SchoolSite", {"spec.displayName": ""}, "should be at least 1 chars long"),
    Case("SchoolSite", {"spec.region": "West Side"}, "write a name of lower-case letters, digits and hyphens"),
    Case("SchoolSite", {"spec.pupils": 0}, "should be greater than or equal to 1"),
    Case("SchoolSite", {"spec.publicKey": "c2hvcnQ="}, "write the raw Ed25519 public key in base64"),
    Case("SchoolSite", {"spec.epoch": 0}, "should be greater than or equal to 1"),
    Case("SchoolSite", {"spec.calendar.timeZone": "Middle/Earth"}, "write an IANA time zone such as America/Chicago"),
    Case("SchoolSite", {"spec.calendar.schoolDays": ["Monday"]}, 'supported values: "Mon", "Tue"'),
    Case("SchoolSite", {"spec.calendar.schoolDays": []}, "should have at least 1 items"),
    Case("SchoolSite", {"spec.calendar.closures.0.end": "2026-12-20"}, "a closure ends on or after the day it starts"),
    Case("SchoolSite", {"spec.calendar.closures.0.start": "21.12.2026"}, "must be of type date"),
    Case("SchoolSite", {"spec.hardware.profile": "laptop"}, 'supported values: "pi4", "pi5"'),
    Case("SchoolSite", {"spec.hardware.memoryMiB": 128}, "should be greater than or equal to 256"),
    Case("SchoolSite", {"spec.link.kind": "carrier-pigeon"}, 'supported values: "fiber", "dsl"'),
    Case("SchoolSite", {"spec.link.kilobitsPerSecond": 1}, "should be greater than or equal to 16"),
    Case("SchoolSite", {"spec.calendar": GONE}, "say when school is held in exactly one way"),
    Case("SchoolSite", {"spec.calendarRef": {"name": "west-side"}}, "say when school is held in exactly one way"),
    Case("SchoolSite", {"spec.calendarRef": {"name": "West Side"}}, "write a name of lower-case letters"),
    Case("SchoolSite", {"spec.closures": [{"start": "2026-12-21", "end": "2026-12-20", "name": "Snow"}]},
         "a closure ends on or after the day it starts"),
    Case("SchoolSite", {"spec.closureReports": {"longestDays": 61}}, "should be less than or equal to 60"),
    Case("SchoolSite", {"spec.closureReports": {"longestDays": 0}}, "should be greater than or equal to 1"),
    Case("SchoolSite", {"spec.closureReports": {"daysAhead": -1}}, "should be greater than or equal to 0"),
    Case("SchoolSite", {"spec.closureReports": {"taken": "no"}}, "must be of type boolean"),
    Case("SchoolSite", {"spec.closureReports": {"openDays": [{"start": "2027-02-04", "end": "2027-02-03"}]}},
         "these days end on or after the day they start"),
    Case("AcademicCalendar", {"spec.timeZone": "Middle/Earth"}, "write an IANA time zone such as America/Chicago"),
    Case("AcademicCalendar", {"spec.schoolDays": []}, "should have at least 1 items"),
    Case("AcademicCalendar", {"spec.years": []}, "should have at least 1 items"),
    Case("AcademicCalendar", {"spec.years.0.terms": []}, "should have at least 1 items"),
    Case("AcademicCalendar", {"spec.years.0.terms.0.end": "2026-08-30"}, "these days end on or after the day they st"),
    Case("AcademicCalendar", {"spec.breaks.0.start": "25/11/2026"}, "must be of type date"),
    Case("AcademicCalendar", {"spec.breaks": [{"name": "x", "start": "2026-11-25", "end": "2026-11-25"}] * 401},
         "must have at most 400 items"),
    Case("AcademicCalendar", {"spec.bells.0.start": "8:30"}, "write a time of day such as 08:30"),
    Case("AcademicCalendar", {"spec.bells.0.end": "08:30"}, "a period ends after it starts, on the same day"),
    Case("AcademicCalendar", {"spec.settlingWeeks": 13}, "should be less than or equal to 12"),
    Case("AcademicCalendar", {"spec.source.kind": "paper"}, 'supported values: "holidays", "ical", "csv"'),
    Case("RegionalHub", {"spec.region": ""}, "write a name of lower-case letters, digits and hyphens"),
    Case("RegionalHub", {"spec.endpoints.control": "hub-west:8443"}, "write a base URL such as https://"),
    Case("RegionalHub", {"spec.endpoints.bulk": "https://hub-west/"}, "without a slash at the end"),
    Case("RegionalHub", {"spec.endpoints.bulk": GONE}, "spec.endpoints.bulk: Required value"),
    Case("RegionalHub", {"spec.cacheMiB": 0}, "should be greater than or equal to 1"),
    Case("SiteAssignment", {"spec.siteId": "lincoln"}, "write a lower-case UUID"),
    Case("SiteAssignment", {"spec.version": 0}, "should be greater than or equal to 1"),
    Case("SiteAssignment", {"spec.entries.0.release": "v3"}, "write sha256: and 64 lower-case hexadecimal digits"),
    Case("SiteAssignment", {"spec.entries.0.startBy": "soon"}, "must be of type date-time"),
    Case("SiteAssignment", {"spec.entries.0.band": "K-3"}, 'supported values: "K-2", "3-5"'),
]  # fmt: skip

CHANGED = [
    Case("ModelRelease", {"spec.offerDays": 60}, "a release never changes: create a new ModelRelease under another"),
    Case("ModelRelease", {"spec.parameters": GONE}, "a release never changes: create a new ModelRelease"),
    Case("ReleaseApproval", {"spec.decision": "Reject", "spec.covers": GONE, "spec.dataPlan": GONE},
         "a decision never changes: create another ReleaseApproval"),
    Case("RolloutWave", {"spec.releaseRef.name": "other"}, "the release of a wave never changes: create another Roll"),
    Case("RolloutWave", {"spec.schools": {"remaining": True}}, "the schools of a wave never change: create another R"),
    Case("SchoolSite", {"spec.siteId": "00000000-0000-4000-8000-000000000000"},
         "siteId never changes: for another school create another SchoolSite"),
    Case("SchoolSite", {"spec.epoch": 1}, "epoch only rises: a replaced or restored box gets the next number"),
    Case("SchoolSite", {"spec.publicKey": "A" * 43 + "="}, "a new publicKey means a new or restored box: raise epoch"),
    Case("SiteAssignment", {"spec.siteId": "00000000-0000-4000-8000-000000000000"}, "this API belongs to one school"),
    Case("SiteAssignment", {"spec.version": 3}, "version only rises: a rollback is a newer assignment"),
]  # fmt: skip

ALLOWED = [
    Case("GatePolicy", {"spec.fairness.excessLimit": 0.05, "spec.requiredApprovals": 2}, ""),
    Case("GatePolicy", {"spec.packReviews": [REVIEW], "spec.packs": ["us-federal", "ny-2d"]}, ""),
    Case("GatePolicy", {"spec.privacy": GONE, "spec.bands": GONE, "spec.schools": GONE, "spec.packs": GONE}, ""),
    Case("RolloutWave", {"spec.paused": True, "spec.maxFailures": 3}, ""),
    Case("RolloutWave", {"spec.rollback": True}, ""),
    Case("SchoolSite", {"spec.epoch": 3, "spec.publicKey": "A" * 43 + "="}, ""),
    Case("SchoolSite", {"spec.calendar.closures": GONE, "spec.hub": GONE}, ""),
    Case("SchoolSite", {"spec.calendar": GONE, "spec.calendarRef": {"name": "west-side"}}, ""),
    Case("SchoolSite", {"spec.closureReports": {"taken": False, "daysAhead": 60, "longestDays": 1}}, ""),
    Case("AcademicCalendar", {"spec.exams": GONE, "spec.bells": GONE, "spec.settlingWeeks": 0}, ""),
    Case("RegionalHub", {"spec.cacheMiB": 1}, ""),
    Case("SiteAssignment", {"spec.version": 5, "spec.entries": GONE}, ""),
]


def changed(manifest: dict[str, Any], changes: dict[str, Any]) -> dict[str, Any]:
    """``manifest`` with each dotted path set to its value, or removed."""
    result = copy.deepcopy(manifest)
    for path, value in changes.items():
        *above, last = path.split(".")
        target: Any = result
        for part in above:
            target = target[int(part)] if isinstance(target, list) else target[part]
        if value is GONE:
            del target[last]
        else:
            target[int(last) if isinstance(target, list) else last] = value
    return result


@pytest.fixture
def writer(kube: client.Kubernetes) -> client.Kubernetes:
    """Whoever the examples name as author and approver, so that admission has nothing against them."""
    return kube.as_user(client.Impersonation("mara.lee", ("system:masters",)))


def named(manifest: dict[str, Any]) -> dict[str, Any]:
    """``manifest`` under a name that no other test uses, written by mara.lee."""
    spec = dict(manifest["spec"])
    if manifest["kind"] == "ReleaseApproval":
        spec["approver"] = "mara.lee"
    return {**manifest, "metadata": {"name": f"case-{secrets.token_hex(6)}"}, "spec": spec}


@pytest.mark.parametrize("case", INVALID, ids=str)
async def test_api_server_refuses_an_invalid_object_and_says_what_to_change(
    case: Case, example: Any, writer: client.Kubernetes
) -> None:
    """One wrong field in an otherwise valid object is refused, and the words name the remedy."""
    body = changed(named(example(case.kind)), case.changes)
    with pytest.raises(errors.SpecError) as refusal:
        await writer.create(KINDS[case.kind], body)
    assert case.message in str(refusal.value)


@pytest.fixture
async def release(example: Any, writer: client.Kubernetes) -> None:
    """A release by somebody else: with none at all every approval is denied."""
    body = {**example("ModelRelease"), "metadata": {"name": "by-somebody-else"}}
    body["spec"]["author"] = "sam.fox"
    if await writer.get(KINDS["ModelRelease"], "by-somebody-else") is None:
        await writer.as_user(client.Impersonation("sam.fox", ("system:masters",))).create(KINDS["ModelRelease"], body)


async def created(writer: client.Kubernetes, manifest: dict[str, Any]) -> dict[str, Any]:
    """A fresh object like ``manifest``; a school starts in epoch 2, so that there is a lower one."""
    body = named(manifest)
    if body["kind"] == "SchoolSite":
        body["spec"]["epoch"] = 2
    return await writer.create(KINDS[body["kind"]], body)


@pytest.mark.parametrize("case", CHANGED, ids=str)
async def test_api_server_refuses_a_forbidden_change_and_says_what_to_do(
    case: Case, example: Any, writer: client.Kubernetes, release: None
) -> None:
    """What is fixed at creation stays fixed; numbers that only rise never fall."""
    stored = await created(writer, example(case.kind))
    with pytest.raises(errors.SpecError) as refusal:
        await writer.replace(KINDS[case.kind], changed(stored, case.changes))
    assert case.message in str(refusal.value)


@pytest.mark.parametrize("case", ALLOWED, ids=str)
async def test_api_server_accepts_a_change_that_people_need(
    case: Case, example: Any, writer: client.Kubernetes, release: None
) -> None:
    """The rules forbid no more than they say."""
    stored = await created(writer, example(case.kind))
    updated = await writer.replace(KINDS[case.kind], changed(stored, case.changes))
    assert updated["metadata"]["generation"] == 2


def test_every_kind_has_refusals() -> None:
    """A new kind is not forgotten here."""
    assert {case.kind for case in INVALID} == set(KINDS)
