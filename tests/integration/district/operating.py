"""A district with an operator process that can be killed, for tests; schools are simulated by their reports."""

import contextlib
import csv
import json
import os
import pathlib
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from tests import polling

from homeroom.district import database
from homeroom.district.database import assignments as published
from homeroom.district.database import reports as report_rows
from homeroom.domain import assignments, digests, reports
from homeroom.embedded import kubernetes, registry
from homeroom.kube import client as kube
from homeroom.resources import modelreleases, regionalhubs, releaseapprovals, rolloutwaves, schoolsites
from homeroom.transport import tls
from homeroom.trust import director

EXAMPLE = pathlib.Path(__file__).parents[3] / "examples" / "reading-support"
OPERATOR = "from homeroom.district.operator import main; main.run()"


@dataclass
class Rig:
    """One operator with a state of its own, on parts that several rigs may share."""

    directory: pathlib.Path
    plane: kubernetes.ControlPlane
    registry_part: registry.Registry
    registry_files: tls.TlsFiles
    mlflow_url: str
    tables: pathlib.Path
    namespace: str = "homeroom"
    process: "subprocess.Popen[bytes] | None" = None
    sequences: dict[str, int] = field(default_factory=dict)
    seconds_to_stop: float = 0.0

    def __post_init__(self) -> None:
        self.directory.mkdir(parents=True)
        director.DirectorKeys.create(self.directory / "trust" / "director")
        self.rows = database.Database.open(f"sqlite:///{self.directory}/district.db")

    def start(self) -> None:
        """Starts the operator process."""
        log = (self.directory / "operator.log").open("ab")
        self.process = subprocess.Popen([sys.executable, "-c", OPERATOR], env=self._environment(), stderr=log)
        log.close()

    def kill(self) -> None:
        """What a power cut does."""
        assert self.process is not None
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        """SIGTERM; the exit code, which comes within what a supervisor grants on a loaded machine."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        started = time.monotonic()
        code = self.process.wait(15)
        self.seconds_to_stop = time.monotonic() - started
        return code

    def close(self) -> None:
        """Ends everything of this rig."""
        if self.process is not None and self.process.poll() is None:
            self.kill()
        self.rows.close()

    def log(self) -> list[dict[str, Any]]:
        """Every line that the operator wrote."""
        lines = (self.directory / "operator.log").read_text().splitlines()
        return [json.loads(line) for line in lines if line.startswith("{")]

    def report(self, site: str, release: str | None, *, healthy: bool = True, version: int = 1) -> None:
        """A status report of that school, applied as the control channel does."""
        self.sequences[site] = self.sequences.get(site, 0) + 1
        site_id = a_site_id(site)
        serving = [{"purpose": "support-offer", "band": "K-2", "release": release, "level": "full", "healthy": healthy}]
        payload = {"assignmentVersion": version, "serving": serving if release else [], "answers": 0}
        key = reports.ReportKey(site_id, 1, "status", self.sequences[site])
        now = datetime.now(UTC)
        with self.rows.write() as connection:
            report_rows.apply(connection, [reports.Report(key, now, payload)], now)

    def told(self, site: str) -> tuple[int, assignments.Assignment] | None:
        """The newest assignment of that school."""
        with self.rows.read() as connection:
            return published.latest(connection, a_site_id(site))

    def _environment(self) -> dict[str, str]:
        settings = {
            "KUBECONFIG": self.plane.kubeconfig("homeroom:district-operator", ["homeroom:operators"]),
            "NAMESPACE": self.namespace,
            "DATABASE_URL": f"sqlite:///{self.directory}/district.db",
            "TRUST_DIRECTORY": self.directory / "trust",
            "PRIVATE_DIRECTORY": self.directory / "private",
            "EVALUATIONS_DIRECTORY": self.tables,
            "MLFLOW_URL": self.mlflow_url,
            "REGISTRY_URL": self.registry_part.url,
            "REGISTRY_TLS_CA": self.registry_files.ca,
            "REGISTRY_TLS_CERTIFICATE": self.registry_files.certificate,
            "REGISTRY_TLS_KEY": self.registry_files.key,
            "CONTROL_ENDPOINT": "https://district.example:8443",
            "BULK_ENDPOINT": "https://district.example:5000",
            "METRICS_PORT": 0,
            "RESYNC_SECONDS": 1,
            "SWEEP_SECONDS": 1,
            "OFFLINE_AFTER_SECONDS": 30,
            "RETRY_SECONDS": 1,
            "LEASE_SECONDS": 2,
        }
        return {**os.environ, **{f"HOMEROOM_OPERATOR_{name}": str(value) for name, value in settings.items()}}


def register(mlflow_url: str, tables: pathlib.Path) -> dict[str, str]:
    """Trains the example and registers it; model, version and digest of the evaluation table."""
    arguments = ["--tracking-uri", mlflow_url, "--evaluation-dir", str(tables)]
    done = subprocess.run(
        [sys.executable, str(EXAMPLE / "train.py"), *arguments],
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answer: dict[str, str] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def tag(mlflow_url: str, trained: Mapping[str, str], key: str, value: str) -> None:
    """Sets a tag of the model version, as the API does for whoever registers one."""
    body = {"name": trained["model"], "version": trained["version"], "key": key, "value": value}
    request = urllib.request.Request(  # noqa: S310 - loopback
        f"{mlflow_url}/api/2.0/mlflow/model-versions/set-tag",
        json.dumps(body).encode(),
        {"Content-Type": "application/json"},
        method="POST",
    )
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
        assert answer.status == 200


def a_site_id(name: str) -> assignments.SiteId:
    """The id of that school of the example."""
    return assignments.SiteId(_schools()[name]["site_id"])


def _schools() -> dict[str, dict[str, str]]:
    with (EXAMPLE / "schools.csv").open(newline="") as file:
        rows = csv.DictReader(line for line in file if not line.startswith("#"))
        return {row["name"]: row for row in rows}


def site_names(count: int) -> list[str]:
    """The first schools of the example."""
    return sorted(_schools())[:count]


def a_site(name: str, **overrides: Any) -> dict[str, Any]:
    """Manifest of that school."""
    row = _schools()[name]
    spec = {
        "siteId": row["site_id"],
        "displayName": row["display_name"],
        "region": row["region"],
        "bands": row["bands"].split(),
        "pupils": int(row["pupils"]),
        "publicKey": "A" * 43 + "=",
        "epoch": 1,
        "calendar": {"timeZone": row["time_zone"], "schoolDays": row["school_days"].split(), "closures": []},
        "hardware": {"profile": "pi5", "memoryMiB": 4096, "cores": 4},
        "link": {"kind": row["link_kind"], "kilobitsPerSecond": int(row["link_kbit_per_second"])},
        **overrides,
    }
    return _framed(schoolsites.KIND.kind, name, spec)


def a_hub(name: str) -> dict[str, Any]:
    """Manifest of a hub."""
    endpoints = {"control": f"https://{name}.example:8443", "bulk": f"https://{name}.example:5000"}
    return _framed(regionalhubs.KIND.kind, name, {"region": "west", "endpoints": endpoints, "cacheMiB": 100})


def a_release(name: str, trained: Mapping[str, str], **overrides: Any) -> dict[str, Any]:
    """Manifest of a release of the trained model."""
    spec = {
        "model": {"name": trained["model"], "version": trained["version"]},
        "purpose": "support-offer",
        "bands": ["K-2"],
        "policyRef": {"name": "support-offer"},
        "author": "ada",
        "evaluation": {"digest": trained["evaluation"]},
        "offerDays": 90,
        "parameters": [{"name": "threshold", "default": 0.5, "minimum": 0.4, "maximum": 0.6}],
        **overrides,
    }
    return _framed(modelreleases.KIND.kind, name, spec)


def a_wave(name: str, release: str, schools: Mapping[str, Any], **overrides: Any) -> dict[str, Any]:
    """Manifest of a wave without a soak."""
    spec = {
        "releaseRef": {"name": release},
        "schools": dict(schools),
        "maxConcurrency": 2,
        "maxFailures": 0,
        "requiredSoak": {"duration": "0s"},
        "startWithin": "1h",
        "progressDeadline": "10m",
        **overrides,
    }
    return _framed(rolloutwaves.KIND.kind, name, spec)


def a_decision(release: Mapping[str, Any], approver: str, decision: str = "Approve", **spec: Any) -> dict[str, Any]:
    """Manifest of a decision on what the release's status says now."""
    name, status = release["metadata"]["name"], release["status"]
    full = {
        "releaseRef": {"name": name},
        "releaseDigest": status["releaseDigest"],
        "gateReportDigest": status["gateReportDigest"],
        "decision": decision,
        "approver": approver,
        "reason": "looked at the report with the principals",
        **spec,
    }
    return _framed(releaseapprovals.KIND.kind, f"{name}-{approver}-{decision.lower()}", full)


def a_waiver(release: Mapping[str, Any], approver: str) -> dict[str, Any]:
    """Manifest of a waiver of everything that lacks evidence."""
    return a_decision(release, approver, "Waive", **_covering(release), dataPlan="two more years of enrolment")


def an_override(release: Mapping[str, Any], approver: str) -> dict[str, Any]:
    """Manifest of an override of everything that lacks evidence; counts for what somebody else has waived."""
    return a_decision(release, approver, "Override", **_covering(release))


def _covering(release: Mapping[str, Any]) -> dict[str, Any]:
    subjects = [v["subject"] for v in release["status"]["verdicts"] if v["outcome"] == "NotEnoughEvidence"]
    expires = (datetime.now(UTC) + timedelta(days=30)).isoformat(timespec="seconds").replace("+00:00", "Z")
    return {"covers": sorted(set(subjects)), "expires": expires}


def _framed(kind: str, name: str, spec: Mapping[str, Any]) -> dict[str, Any]:
    return {"apiVersion": "homeroom.dev/v1alpha1", "kind": kind, "metadata": {"name": name}, "spec": dict(spec)}


def condition(body: Mapping[str, Any] | None, type_: str) -> tuple[str, str]:
    """Status and reason of that condition; empty before it was written."""
    written = ((body or {}).get("status") or {}).get("conditions") or []
    return next(((c["status"], c["reason"]) for c in written if c["type"] == type_), ("", ""))


async def until_condition(
    cluster: kube.Kubernetes,
    kind: Any,
    name: str,
    type_: str,
    expected: tuple[str, str],
    seconds: float = 90,
) -> dict[str, Any]:
    """The object once its condition is as expected."""

    async def look() -> dict[str, Any] | None:
        body = await cluster.get(kind, name)
        return body if condition(body, type_) == expected else None

    with contextlib.suppress(AssertionError):
        return await polling.until(look, timedelta(seconds=seconds))
    body = await cluster.get(kind, name)
    message = f"{kind.kind} {name}: {type_} is {condition(body, type_)}, not {expected}: {json.dumps(body, indent=1)}"
    raise AssertionError(message[:6000])


def schools_told(rig: Rig, names: list[str]) -> dict[str, int]:
    """Version of the newest assignment by school, of those that have one."""
    found = {name: rig.told(name) for name in names}
    return {name: latest[0] for name, latest in found.items() if latest is not None}


def every_version(rig: Rig, name: str) -> Iterator[assignments.Assignment]:
    """Each published assignment of that school, in order; fails where one is missing."""
    newest = rig.told(name)
    with rig.rows.read() as connection:
        for version in range(1, (0 if newest is None else newest[0]) + 1):
            document = published.numbered(connection, a_site_id(name), version)
            assert document is not None, f"version {version} of {name} was skipped"
            yield document


def digest_of(body: Mapping[str, Any]) -> tuple[digests.Digest, digests.Digest]:
    """Release and gate-report digest in the status of a release."""
    return digests.parse(body["status"]["releaseDigest"]), digests.parse(body["status"]["gateReportDigest"])
