"""A small district to look at: schools, releases, waves and reports as the real parts would leave them."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from homeroom.district.app import documents, status
from homeroom.district.database import states, wave_sites
from homeroom.domain import assignments, digests
from homeroom.resources import modelreleases, regionalhubs, rolloutwaves, schoolsites

NOW = datetime(2026, 9, 14, 9, 41, 20, tzinfo=UTC)
GOOD = digests.of_bytes(b"good")
REPORT = digests.of_bytes(b"report")
REGIONS = ("north", "south", "valley")
NAMES = ("Oak Street", "Lincoln", "Riverside", "Jefferson", "Cedar Hill", "Maple Grove", "Franklin", "Sunnyside")


def site_id(number: int) -> assignments.SiteId:
    return assignments.SiteId(str(uuid.uuid5(uuid.NAMESPACE_DNS, f"school-{number}.example")))


def a_site_spec(number: int = 1, **changes: Any) -> dict[str, Any]:
    spec = {
        "siteId": site_id(number),
        "displayName": f"{NAMES[number % len(NAMES)]} Elementary {number}",
        "region": REGIONS[number % 3],
        "hub": "north-hub" if number % 3 == 0 else None,
        "bands": ["K-2", "3-5"],
        "pupils": 300 + number,
        "publicKey": "A" * 43 + "=",
        "epoch": 1,
        "calendar": {"timeZone": "America/Chicago", "schoolDays": ["Mon", "Tue", "Wed", "Thu", "Fri"], "closures": []},
        "hardware": {"profile": "pi5", "memoryMiB": 8192, "cores": 4},
        "link": {"kind": "dsl", "kilobitsPerSecond": 4000},
    }
    return {key: value for key, value in {**spec, **changes}.items() if value is not None}


def a_site(number: int = 1, **changes: Any) -> dict[str, Any]:
    return an_object(schoolsites.KIND.kind, f"school-{number:02}", a_site_spec(number, **changes))


def a_release_spec(**changes: Any) -> dict[str, Any]:
    return {
        "model": {"name": "reading-support", "version": "1"},
        "purpose": "support-offer",
        "bands": ["K-2"],
        "policyRef": {"name": "reading"},
        "author": "ada",
        "evaluation": {"digest": digests.of_bytes(b"rows")},
        "offerDays": 180,
        **changes,
    }


def a_release(name: str = "reading-support-1", spec: dict[str, Any] | None = None, **state: Any) -> dict[str, Any]:
    return an_object(modelreleases.KIND.kind, name, spec or a_release_spec(), **state)


def a_ready_release() -> dict[str, Any]:
    return a_release(
        phase="Ready",
        message="Waves may bring it to schools.",
        releaseDigest=GOOD,
        repository="releases/reading-support",
        gateReportDigest=REPORT,
        authors=["ada"],
        approvedBy=["grace", "dolores"],
        conditions=[
            a_condition(name, "True", name) for name in ("Imported", "Packaged", "GatesPassed", "Approved", "Ready")
        ],
        verdicts=[
            a_verdict(
                "fairness",
                "full: free lunch against paid lunch",
                "Pass",
                "Pupils with free lunch who need support are missed 3 in 100 times more often than the others; 10 are allowed.",
            ),
            a_verdict(
                "fairness",
                "full: Black pupils against the rest",
                "Pass",
                "Black pupils who need support are missed about as often as the others; 10 in 100 more are allowed.",
            ),
            a_verdict(
                "fairness",
                "full: Asian pupils against the rest",
                "NotEnoughEvidence",
                "There are too few Asian pupils in the data to say whether they are missed more often.",
            ),
            a_verdict(
                "drift", "reading score", "Pass", "This year's reading scores look like those the model learned from."
            ),
            a_verdict(
                "quality", "full", "Pass", "It finds more pupils who need support than the school's own rates do."
            ),
            a_verdict("footprint", "full on pi4", "Pass", "It fits every box in use; the smallest answers in 4 ms."),
        ],
    )


def a_stopped_release() -> dict[str, Any]:
    why = (
        "Pupils with free lunch who need support are missed 24 in 100 times more often than the others; 10 are allowed."
    )
    return a_release(
        "reading-support-2",
        a_release_spec(model={"name": "reading-support", "version": "2"}),
        phase="Blocked",
        message=why,
        releaseDigest=digests.of_bytes(b"unfair"),
        gateReportDigest=digests.of_bytes(b"unfair report"),
        authors=["ada"],
        conditions=[
            a_condition("Imported", "True", "Imported"),
            a_condition("Packaged", "True", "Packaged"),
            a_condition("GatesPassed", "False", "GateFailed", why),
            a_condition("Approved", "Unknown", "Waiting", "Waits for the checks."),
            a_condition("Ready", "False", "GatesNotPassed", why),
        ],
        verdicts=[
            a_verdict("fairness", "full: free lunch against paid lunch", "Fail", why),
            a_verdict(
                "quality", "full", "Pass", "It finds more pupils who need support than the school's own rates do."
            ),
        ],
    )


def a_wave_spec(**changes: Any) -> dict[str, Any]:
    return {
        "releaseRef": {"name": "reading-support-1"},
        "schools": {"pilot": {"count": 5}},
        "maxConcurrency": 5,
        "maxFailures": 1,
        "requiredSoak": {"duration": "30s"},
        "startWithin": "2m",
        "progressDeadline": "2m",
        **changes,
    }


def a_wave(name: str, spec: dict[str, Any], **state: Any) -> dict[str, Any]:
    return an_object(rolloutwaves.KIND.kind, name, spec, **state)


def a_condition(name: str, condition_status: str, reason: str, message: str = "") -> dict[str, Any]:
    return {"type": name, "status": condition_status, "reason": reason, "message": message, "observedGeneration": 1}


def a_verdict(gate: str, subject: str, outcome: str, sentence: str) -> dict[str, Any]:
    return {"gate": gate, "subject": subject, "outcome": outcome, "sentence": sentence}


def an_object(kind: str, name: str, spec: dict[str, Any], **state: Any) -> dict[str, Any]:
    metadata = {"name": name, "namespace": "homeroom", "generation": 1, "creationTimestamp": "2026-09-14T09:00:00Z"}
    return {"apiVersion": "homeroom.dev/v1alpha1", "kind": kind, "metadata": metadata, "spec": spec, "status": state}


def a_hub() -> dict[str, Any]:
    endpoints = {"control": "https://hub.example:8443", "bulk": "https://hub.example:5000"}
    return an_object(regionalhubs.KIND.kind, "north-hub", {"region": "north", "endpoints": endpoints, "cacheMiB": 1024})


def an_assignment(number: int, version: int = 1) -> assignments.Assignment:
    entry = assignments.Entry(
        purpose="support-offer",
        band="K-2",
        release=GOOD,
        repository="releases/reading-support",
        start_by=NOW + timedelta(minutes=2),
        wave="pilot",
    )
    endpoint = assignments.Endpoint("district", "https://district.example:8443", "https://district.example:5000")
    return assignments.Assignment(site_id(number), version, (entry,), (endpoint,), "0.1.0")


def a_state(
    number: int, *, heard: timedelta = timedelta(seconds=2), level: str = "full", **changes: Any
) -> states.StateRow:
    values: dict[str, Any] = {
        "site_id": site_id(number),
        "last_report_at": NOW - heard,
        "status_epoch": 1,
        "status_seq": 40,
        "assignment_version": 1,
        "serving": (states.Serving("support-offer", "K-2", GOOD, level, level == "full"),),
        "answers": 120,
        "agent_version": "0.1.0",
        **changes,
    }
    return states.StateRow(**values)


def a_district() -> status.Observed:
    """Seventy-nine schools in the middle of a wave, three of them silent and one with a refusal."""
    counts = {"total": 5, "done": 5}
    north = {"total": 26, "done": 14, "soaking": 5, "assigned": 3, "pending": 2, "missed": 1, "failed": 1}
    waves = (
        a_wave(
            "pilot",
            a_wave_spec(),
            phase="Complete",
            counts=counts,
            startedAt="2026-09-14T09:02:00Z",
            message="Every school is done.",
            conditions=[a_condition("Complete", "True", "Finished"), a_condition("Halted", "False", "Running")],
        ),
        a_wave(
            "north",
            a_wave_spec(schools={"region": "north"}, after="pilot"),
            phase="Progressing",
            counts=north,
            startedAt="2026-09-14T09:20:00Z",
            message="Three schools are installing; five are being watched.",
            conditions=[a_condition("Complete", "False", "InProgress"), a_condition("Halted", "False", "Running")],
        ),
        a_wave(
            "everybody-else",
            a_wave_spec(schools={"remaining": True}, after="north"),
            phase="Waiting",
            counts={"total": 48, "pending": 48},
            message="Waits for wave north.",
            conditions=[a_condition("Complete", "False", "NotStarted"), a_condition("Halted", "False", "Running")],
        ),
    )
    said = {site_id(n): a_state(n, heard=timedelta(seconds=n % 9)) for n in range(1, 80) if n % 3 == 0 or n <= 5}
    said |= {site_id(n): a_state(n, serving=(), assignment_version=0) for n in range(1, 80) if site_id(n) not in said}
    said[site_id(9)] = a_state(9, heard=timedelta(hours=2, minutes=14))
    said[site_id(33)] = a_state(33, heard=timedelta(minutes=11))
    said[site_id(12)] = a_state(12, level="fallback")
    said[site_id(15)] = a_state(15, refused="OlderMetadata", assignment_version=0)
    said[site_id(18)] = a_state(18, assignment_version=0, serving=())
    del said[site_id(79)]
    rows = {
        "north": tuple(wave_sites.WaveSiteRow(site_id(n), "done" if n < 50 else "pending") for n in range(3, 79, 3)),
        "pilot": tuple(wave_sites.WaveSiteRow(site_id(n), "done") for n in range(1, 6)),
    }
    return status.Observed(
        releases=tuple(map(modelreleases.parse, (a_ready_release(), a_stopped_release()))),
        waves=tuple(map(rolloutwaves.parse, waves)),
        sites=tuple(schoolsites.parse(a_site(n)) for n in range(1, 80)),
        hubs=(regionalhubs.parse(a_hub()),),
        states=said,
        assigned={site_id(n): an_assignment(n) for n in range(1, 80) if n % 3 == 0 or n <= 5},
        wave_rows=rows,
        hub_contacts={"north-hub": NOW - timedelta(seconds=1)},
        reports=48_213,
    )


def a_document() -> documents.Status:
    return status.build_status(a_district(), NOW, timedelta(minutes=3))
