"""The pass over releases, its long steps and their records, without network or processes."""

import asyncio
import json
import pathlib
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from tests import builders
from tests.unit.district.operator import fakes

from homeroom.district import database, evaluations
from homeroom.district.operator import imports, judgements, metrics, packages, records, releases, settings, steps
from homeroom.domain import approvals, digests, errors, reachability, readiness, waveconditions
from homeroom.gates import attaching, documents
from homeroom.gates.policies import packs
from homeroom.packaging import attachments, refusals
from homeroom.processes import environment
from homeroom.resources import gatepolicies, modelreleases, releaseapprovals, rolloutwaves, schoolsites
from homeroom.transport.oci import client as oci

RELEASE = modelreleases.KIND
FALLBACK = {"kind": "group-rates", "by": ["year_K"], "rates": {}, "default": {"K": 0.2}}
FILES = {
    "release.json": json.dumps(
        {
            "features": ["year_K"],
            "output": "score",
            "stages": {
                "fallback": {"file": "fallback.json", "format": "group-rates"},
                "core": {"file": "core.onnx", "format": "onnx"},
                "full": {"file": "full.onnx", "format": "onnx"},
            },
            "trainingReference": {"file": "reference.json"},
        }
    ).encode(),
    "fallback.json": json.dumps(FALLBACK).encode(),
    "core.onnx": b"core",
    "full.onnx": b"full",
    "reference.json": b"{}",
    "model_card.md": b"# card",
}
POLICY = {
    "harm": "Missed",
    "fairness": {
        "protect": [{"name": "boys", "column": "sex", "group": "M", "words": "boys", "againstWords": "girls"}]
    },
    "drift": {},
    "quality": {},
    "footprint": {"artifactMiB": 2, "memoryMiB": 256, "latencyMs": 50},
}


class Registry(oci.OciClient):
    """Blobs, manifests and tags in memory."""

    def __init__(self) -> None:
        self.held: dict[str, bytes] = {}
        self.tags: dict[str, bytes] = {}
        self.away_for_attachments = False

    async def push_blob(self, repository: str, content: Any) -> digests.Digest:  # noqa: ARG002 - the real one's signature
        self.held[digests.of_bytes(content)] = content
        return digests.of_bytes(content)

    async def push_manifest(
        self,
        repository: str,
        manifest: bytes,
        tag: str | None = None,
        *,
        media_type: str = oci.MANIFEST_TYPE,  # noqa: ARG002 - as above
    ) -> digests.Digest:
        if tag is not None:
            self.tags[tag] = manifest
        return await self.push_blob(repository, manifest)

    async def pull_manifest(self, repository: str, digest: digests.Digest) -> bytes:  # noqa: ARG002 - as above
        if self.away_for_attachments:
            raise errors.Unavailable("the registry does not answer")
        return self.held[digest]

    async def pull_tag(self, repository: str, tag: str, media_type: str) -> bytes | None:  # noqa: ARG002 - as above
        return self.tags.get(tag)


class Runner:
    """A gate process that finds what it was told to."""

    def __init__(self) -> None:
        self.runs = 0
        self.verdicts = (builders.a_verdict(),)
        self.error: Exception | None = None
        self.earlier: list[set[str]] = []
        self.at_once = 0

    async def __call__(
        self,
        directory: pathlib.Path,
        deadline: timedelta,  # noqa: ARG002 - as above
        say: Any = None,  # noqa: ARG002 - as above
    ) -> documents.GateReport:
        self.runs += 1
        if self.error is not None:
            raise self.error
        self.at_once += 1
        self.earlier.append({path.stem for path in (directory / "earlier").iterdir()})
        described = json.loads((directory / "inputs.json").read_text())
        await asyncio.sleep(0)
        assert self.at_once == 1
        self.at_once -= 1
        behind, policy = {"schemaVersion": 2}, {"schemaVersion": 2, "policy": described["policy"]}
        document = {
            "schemaVersion": 2,
            "release": described["releaseDigest"],
            "on": described["on"],
            "verdicts": [verdict.to_json() for verdict in self.verdicts],
            "evidence": digests.of_json(behind),
            "policy": digests.of_json(policy),
        }
        return documents.GateReport(digests.of_json(document), self.verdicts, document, behind, policy, b"<html>")


class District:
    """A release pass on fakes; ``restart`` is what a killed operator is after it started again."""

    def __init__(self, directory: pathlib.Path) -> None:
        self.directory, self.clock, self.cluster = directory, fakes.Clock(), fakes.Cluster()
        table = b"rows"
        self.table = digests.of_bytes(table)
        (directory / "tables").mkdir()
        (directory / "tables" / f"{self.table.removeprefix('sha256:')}.csv.gz").write_bytes(table)
        self.mlflow = fakes.Mlflow(FILES, {imports.EVALUATION_TAG: self.table})
        self.intake, self.registry, self.judge = fakes.Intake(), Registry(), Runner()
        self.rows = database.Database.open(f"sqlite:///{directory}/district.db")
        self.cluster.put(gatepolicies.KIND, "reading", POLICY)
        fakes.put_sites(self.cluster, "s-1")
        self.restart()

    def restart(self) -> None:
        private, store = self.directory / "private", records.Records(self.directory / "private" / "records")
        tables = evaluations.EvaluationStore(self.directory / "tables")

        async def ignore(_: object) -> None:
            return None

        self.steps = steps.Steps(
            deadline=timedelta(seconds=5), retry=timedelta(0), metrics=metrics.Metrics(), on_end=ignore
        )
        self.releases = releases.ReleasePass(
            look=self.cluster.world,
            kube=self.cluster,
            imports_=imports.Imports(private / "imports", store, self.mlflow, self.intake, 1000),
            packages_=packages.Packages(store, self.registry, self.rows),
            judgements_=judgements.Judgements(
                directory=private / "gates",
                store=store,
                tables=tables,
                rows=self.rows,
                registry=self.registry,
                runner=self.judge,
                deadline=timedelta(seconds=5),
                sleep=ignore,
            ),
            tables=tables,
            runner=self.steps,
            clock=self.clock,
        )

    def put(self, **spec: Any) -> None:
        self.cluster.put(RELEASE, "r", fakes.a_release_spec(**{"evaluation": {"digest": self.table}, **spec}))

    async def passed(self, count: int = 8) -> dict[str, Any]:
        """The status after some passes, with every step that they started ended."""
        for _ in range(count):
            await self.releases.reconcile("r")
            while self.steps._tasks:
                await asyncio.gather(*self.steps._tasks.values())
        return self.cluster.status(RELEASE, "r")

    def decide(self, approver: str, choice: approvals.Choice = approvals.Choice.APPROVE) -> None:
        status = self.cluster.status(RELEASE, "r")
        spec = {
            "releaseRef": {"name": "r"},
            "releaseDigest": status["releaseDigest"],
            "gateReportDigest": status["gateReportDigest"],
            "decision": choice.value,
            "approver": approver,
            "reason": "looked at it closely",
        }
        self.cluster.put(releaseapprovals.KIND, f"by-{approver}", spec)


@pytest.fixture
def district(tmp_path: pathlib.Path) -> Iterator[District]:
    made = District(tmp_path)
    yield made
    made.rows.close()


def _condition(status: dict[str, Any], type_: str) -> tuple[str, str]:
    return next((c["status"], c["reason"]) for c in status["conditions"] if c["type"] == type_)


async def test_release_becomes_ready_and_is_then_left_alone(district: District) -> None:
    district.put()
    waiting = await district.passed()
    assert (waiting["phase"], waiting["authors"]) == ("AwaitingApproval", ["ada", "mia"])
    district.decide("paula")
    ready = await district.passed()
    assert (ready["phase"], ready["approvedBy"]) == ("Ready", ["paula"])
    writes = district.cluster.writes
    await district.passed()
    assert (district.cluster.writes, district.judge.runs) == (writes, 1)


async def test_restart_does_nothing_again(district: District) -> None:
    """Every output is found by the digest of its inputs; nothing is brought, pushed or judged a second time."""
    district.put()
    before = await district.passed()
    downloads, pushed, writes = len(district.mlflow.downloads), dict(district.registry.held), district.cluster.writes
    district.registry.held.clear()
    district.restart()
    assert await district.passed() == before
    assert (len(district.mlflow.downloads), district.registry.held, district.judge.runs) == (downloads, {}, 1)
    assert district.cluster.writes == writes
    assert digests.of_bytes(pushed[before["releaseDigest"]]) == before["releaseDigest"]


async def test_lost_records_are_made_again_with_the_same_digests(district: District) -> None:
    """Losing the private directory costs time and nothing else."""
    district.put()
    before = await district.passed()
    for path in (district.directory / "private" / "records").iterdir():
        path.unlink()
    district.restart()
    after = await district.passed()
    assert (after["releaseDigest"], after["gateReportDigest"]) == (before["releaseDigest"], before["gateReportDigest"])


async def test_changed_policy_judges_again_and_voids_the_approval(district: District) -> None:
    district.put()
    await district.passed()
    district.decide("paula")
    assert (await district.passed())["phase"] == "Ready"
    district.judge.verdicts = (builders.a_verdict(limit=0.05),)
    district.cluster.put(gatepolicies.KIND, "reading", {**POLICY, "drift": {"ksLimit": 0.05}})
    status = await district.passed()
    assert (_condition(status, "Approved"), district.judge.runs) == (("False", "DigestChanged"), 2)


@pytest.mark.parametrize("author", ["ada", "mia"])
async def test_author_never_approves(district: District, author: str) -> None:
    district.put()
    await district.passed()
    district.decide(author)
    assert _condition(await district.passed(), "Approved") == ("False", "SelfApprovalIgnored")


def _without(name: str) -> dict[str, bytes]:
    return {key: content for key, content in FILES.items() if key != name}


@pytest.mark.parametrize(
    ("files", "refused", "reason", "said"),
    [
        pytest.param(_without("full.onnx"), {}, "ModelNotFound", "full.onnx", id="a stage is missing"),
        pytest.param(_without("release.json"), {}, "ReleaseFileInvalid", "release.json", id="no release.json"),
        pytest.param({**FILES, "release.json": b"[]"}, {}, "ReleaseFileInvalid", "needs features", id="no object"),
        pytest.param(
            {**FILES, "release.json": FILES["release.json"].replace(b"full.onnx", b"../full.onnx")}, {},
            "ReleaseFileInvalid", "plain file name", id="a path out of the directory",
        ),
        pytest.param(
            {**FILES, "release.json": FILES["release.json"].replace(b'"fallback": {', b'"core": {')}, {},
            "ReleaseFileInvalid", "lacks fallback", id="no fallback",
        ),
        pytest.param(
            {**FILES, "release.json": FILES["release.json"][:-1] + b', "privacy": {"unit": "row"}}'}, {},
            "ReleaseFileInvalid", "privacy, if there, needs unit, epsilon", id="half a privacy statement",
        ),
        pytest.param({**FILES, "core.onnx": b"x" * 1001}, {}, "TooLarge", "core.onnx", id="too large"),
        pytest.param(FILES, {"full": refusals.Reason.NOT_ONNX}, "NotOnnx", "full.onnx: export", id="not ONNX"),
        pytest.param(FILES, {"core": refusals.Reason.TRUNCATED}, "Truncated", "core.onnx", id="truncated"),
        pytest.param(FILES, {"full": refusals.Reason.EXTERNAL_DATA}, "ExternalData", "full.onnx", id="external data"),
    ],
)  # fmt: skip
async def test_bad_files_are_named_and_put_right_by_the_next_try(
    district: District, files: dict[str, bytes], refused: dict[str, refusals.Reason], reason: str, said: str
) -> None:
    """The condition says what to change; once it is changed in MLflow the release goes on by itself."""
    district.mlflow.held, district.intake.refused = dict(files), refused
    district.put()
    status = await district.passed()
    assert _condition(status, "Imported") == ("False", reason)
    assert said in status["message"]
    assert not list((district.directory / "private" / "imports").iterdir())
    district.mlflow.held, district.intake.refused = dict(FILES), {}
    assert _condition(await district.passed(), "Imported") == ("True", "Imported")


@pytest.mark.parametrize(
    ("spec", "reason", "said"),
    [
        pytest.param({"model": {"name": "other", "version": "1"}}, "ModelNotFound", "other", id="no such model"),
        pytest.param(
            {"evaluation": {"digest": builders.a_digest("x")}}, "EvaluationDiffers", "tagged", id="other table"
        ),
    ],
)
async def test_wrong_references_are_named(district: District, spec: dict[str, Any], reason: str, said: str) -> None:
    district.put(**spec)
    status = await district.passed()
    assert _condition(status, "Imported") == ("False", reason)
    assert said in status["message"]


async def test_missing_table_is_named_until_it_is_uploaded(district: District) -> None:
    (path,) = (district.directory / "tables").iterdir()
    content = path.read_bytes()
    path.unlink()
    district.put()
    assert _condition(await district.passed(), "Imported") == ("False", "EvaluationNotFound")
    path.write_bytes(content)
    assert (await district.passed())["phase"] == "AwaitingApproval"


async def test_registry_that_is_away_is_waited_for(district: District) -> None:
    district.mlflow.away = True
    district.put()
    status = await district.passed()
    assert (status["phase"], _condition(status, "Imported")) == ("Importing", ("Unknown", "RegistryUnavailable"))
    district.mlflow.away = False
    assert (await district.passed())["phase"] == "AwaitingApproval"


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        pytest.param(errors.SpecError("column sex is missing"), ("False", "EvaluationInvalid"), id="bad table"),
        pytest.param(errors.Unavailable("killed"), ("Unknown", "JobFailed"), id="killed"),
        pytest.param(RuntimeError("oops"), ("Unknown", "JobFailed"), id="a defect of ours"),
    ],
)
async def test_gates_that_do_not_end_well_are_no_pass(
    district: District, error: Exception, expected: tuple[str, str]
) -> None:
    """And the rows of the table do not stay in the work directory."""
    district.judge.error = error
    district.put()
    assert _condition(await district.passed(), "GatesPassed") == expected
    assert not list((district.directory / "private" / "gates").iterdir())


async def test_report_lies_beside_the_release_as_an_artifact_of_its_own(district: District) -> None:
    district.put()
    status = await district.passed()
    (index,) = attachments.parse_index(district.registry.tags[attachments.referrers_tag(status["releaseDigest"])])
    assert index["artifactType"] == attaching.ARTIFACT_TYPE
    assert index["annotations"][attaching.REPORT_ANNOTATION] == status["gateReportDigest"]
    subject, files = attachments.parse_parts(district.registry.held[index["digest"]])
    assert (subject, files["report.json"].digest) == (status["releaseDigest"], status["gateReportDigest"])
    assert set(files) == {"report.json", "evidence.json", "policy.json", "page.html"}


async def test_registry_that_is_away_costs_no_second_run_of_the_gates(district: District) -> None:
    """What was found is kept, also over a restart; the release goes on once its report lies beside it."""
    district.registry.away_for_attachments = True
    district.put()
    status = await district.passed()
    assert _condition(status, "GatesPassed") == ("Unknown", "RegistryUnavailable")
    assert "the gates have judged (Pass)" in status["message"]
    district.restart()
    assert _condition(await district.passed(), "GatesPassed") == ("Unknown", "RegistryUnavailable")
    district.registry.away_for_attachments = False
    assert (await district.passed())["phase"] == "AwaitingApproval"
    assert district.judge.runs == 1


async def test_run_gets_the_reports_published_earlier_on_the_same_model(district: District) -> None:
    """Rule: what was published is known to every later run, and never makes an earlier report be judged again."""
    district.put()
    first = await district.passed()
    district.cluster.put(gatepolicies.KIND, "reading", {**POLICY, "drift": {"ksLimit": 0.2}})
    second = await district.passed()

    district.cluster.put(gatepolicies.KIND, "reading", POLICY)
    again = await district.passed()

    assert district.judge.earlier == [set(), {first["gateReportDigest"].removeprefix("sha256:")}]
    assert second["gateReportDigest"] != first["gateReportDigest"] == again["gateReportDigest"]


async def test_two_releases_of_one_model_are_judged_one_after_the_other(district: District) -> None:
    """Rule: side by side neither would know the report of the other."""
    district.put()
    district.cluster.put(gatepolicies.KIND, "other", {**POLICY, "drift": {"ksLimit": 0.2}})
    spec = fakes.a_release_spec(evaluation={"digest": district.table}, policyRef={"name": "other"})
    district.cluster.put(RELEASE, "q", spec)

    for _ in range(8):
        await asyncio.gather(district.releases.reconcile("r"), district.releases.reconcile("q"))
        while district.steps._tasks:
            await asyncio.gather(*district.steps._tasks.values())

    assert sorted(len(known) for known in district.judge.earlier) == [0, 1]


async def test_rows_of_a_run_that_was_cut_off_are_removed_at_the_start(district: District) -> None:
    left = district.directory / "private" / "gates" / "cut-off"
    left.mkdir()
    (left / "evaluation.csv.gz").write_bytes(b"rows")
    district.restart()
    assert not left.exists()


async def test_file_that_changed_on_disk_is_brought_again(district: District) -> None:
    district.put()
    before = await district.passed(2)
    (district.directory / "private" / "imports" / "reading-1" / "full.onnx").write_bytes(b"evil")
    after = await district.passed()
    assert before.get("releaseDigest") is None
    assert after["phase"] == "AwaitingApproval"
    assert b"evil" not in district.registry.held.values()


async def test_step_is_not_started_twice_and_waits_longer_each_time() -> None:
    """One task for each step; after a failure the pause doubles."""
    started = []

    async def ignore(_: str) -> None:
        return None

    async def failing() -> None:
        started.append(1)
        raise errors.Unavailable("away")

    runner = steps.Steps(
        deadline=timedelta(seconds=5), retry=timedelta(hours=1), metrics=metrics.Metrics(), on_end=ignore
    )
    key = steps.Key("r", readiness.Step.IMPORT, builders.a_digest("x"))
    assert [runner.ensure(key, failing), runner.ensure(key, failing)] == [True, False]
    await asyncio.gather(*runner._tasks.values())
    assert runner.fault(key) == readiness.Fault(key.step, readiness.Reason.REGISTRY_UNAVAILABLE, "away")
    assert not runner.ensure(key, failing)
    assert runner.ensure(steps.Key("r", key.step, builders.a_digest("other inputs")), failing)
    await runner.close()
    runner.forget("r")
    assert runner.fault(key) is None


async def test_step_ends_at_its_deadline() -> None:
    async def ignore(_: str) -> None:
        return None

    async def hanging() -> None:
        await asyncio.Event().wait()

    runner = steps.Steps(deadline=timedelta(0), retry=timedelta(0), metrics=metrics.Metrics(), on_end=ignore)
    key = steps.Key("r", readiness.Step.GATES, builders.a_digest("x"))
    runner.ensure(key, hanging)
    await asyncio.gather(*runner._tasks.values())
    fault = runner.fault(key)
    assert fault is not None
    assert (fault.reason, "not finished" in fault.message) == (readiness.Reason.JOB_FAILED, True)


def test_record_that_was_cut_off_counts_as_missing(tmp_path: pathlib.Path) -> None:
    store = records.Records(tmp_path)
    store.write("gates", builders.a_digest("x"), {"a": 1})
    (path,) = tmp_path.iterdir()
    assert store.read("gates", builders.a_digest("x")) == {"a": 1}
    path.write_bytes(path.read_bytes()[:-1])
    assert store.read("gates", builders.a_digest("x")) is None


def test_settings_name_every_bad_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEROOM_OPERATOR_RESYNC_SECONDS", "-1")
    with pytest.raises(errors.SpecError) as raised:
        environment.load(settings.Settings)
    for name in ("KUBECONFIG", "DATABASE_URL", "RESYNC_SECONDS"):
        assert f"HOMEROOM_OPERATOR_{name}" in str(raised.value)


def test_gate_jobs_need_image_claim_and_directory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOMEROOM_OPERATOR_GATE_RUNNER", "job")
    for name in ("KUBECONFIG", "DATABASE_URL", "TRUST_DIRECTORY", "PRIVATE_DIRECTORY", "EVALUATIONS_DIRECTORY"):
        monkeypatch.setenv(f"HOMEROOM_OPERATOR_{name}", "x")
    for name in ("MLFLOW_URL", "REGISTRY_URL", "CONTROL_ENDPOINT", "BULK_ENDPOINT"):
        monkeypatch.setenv(f"HOMEROOM_OPERATOR_{name}", "x")
    with pytest.raises(errors.SpecError, match="give GATE_IMAGE, GATE_CLAIM and GATE_DIRECTORY too"):
        environment.load(settings.Settings)
    for name in ("IMAGE", "CLAIM", "DIRECTORY"):
        monkeypatch.setenv(f"HOMEROOM_OPERATOR_GATE_{name}", "x")
    assert environment.load(settings.Settings).gate_runner is settings.GateRunner.JOB


@pytest.mark.parametrize(
    ("module", "decided"),
    [
        pytest.param(modelreleases, (readiness.Reason, approvals.Reason), id="releases"),
        pytest.param(rolloutwaves, (waveconditions.Reason,), id="waves"),
        pytest.param(schoolsites, (reachability.Reason,), id="schools"),
    ],
)
def test_every_reason_of_a_decision_is_one_of_its_kind(module: Any, decided: tuple[Any, ...]) -> None:
    """The reference page lists all that can appear."""
    known = {reason.value for type_ in module.CONDITIONS for reason in type_.reasons}
    assert {reason.value for reasons in decided for reason in reasons} <= known


async def test_policy_that_contradicts_itself_is_told_before_any_gate_runs(district: District) -> None:
    district.cluster.put(gatepolicies.KIND, "reading", {**POLICY, "packs": ["mars"]})
    district.put()
    status = await district.passed()
    assert _condition(status, "GatesPassed") == ("False", "PolicyInvalid")
    assert "GatePolicy reading: there is no policy pack 'mars': write one of base" in status["message"]
    assert district.judge.runs == 0
    district.cluster.put(gatepolicies.KIND, "reading", {**POLICY, "packs": ["uk"]})
    assert _condition(await district.passed(), "GatesPassed") == ("True", "Passed")


async def test_approval_after_a_pack_is_overdue_waits_for_a_review_and_one_from_before_stays(
    district: District,
) -> None:
    """A review that is recorded in the policy changes no limit, so nothing is judged again and no approval is void."""
    pack = packs.load("uk")
    assert pack.review_by is not None
    policy = {**POLICY, "packs": ["uk"]}
    district.cluster.put(gatepolicies.KIND, "reading", policy)
    district.put()
    await district.passed()
    district.clock.now = datetime.combine(pack.review_by + timedelta(days=31), time(), UTC)
    waiting = await district.passed()
    assert _condition(waiting, "Approved") == ("False", "PackReviewOverdue")
    district.decide("paula")
    made = district.cluster.objects[releaseapprovals.KIND.plural]["by-paula"]["metadata"]
    made["creationTimestamp"] = district.clock.now.isoformat()
    assert _condition(await district.passed(), "Approved") == ("False", "PackReviewOverdue")
    review = {"pack": "uk", "digest": pack.digest, "reviewer": "counsel"}
    days = {"reviewedOn": "2027-12-20", "reviewBy": "2028-12-20"}
    district.cluster.put(gatepolicies.KIND, "reading", {**policy, "packReviews": [{**review, **days}]})
    assert (await district.passed())["phase"] == "Ready"
    made["creationTimestamp"] = (district.clock.now - timedelta(days=1)).isoformat()
    district.cluster.put(gatepolicies.KIND, "reading", policy)
    still = await district.passed()
    assert (still["phase"], district.judge.runs) == ("Ready", 1)
    assert "policy pack uk was to be reviewed by 2027-11-22, new approvals do not count since" in still["message"]


async def test_privacy_statement_of_the_version_travels_in_the_artifact(district: District) -> None:
    """Its digest covers it, so nobody can state another budget afterwards."""
    stated = {"unit": "student-year", "epsilon": 1.0, "delta": 1e-6, "mechanism": "gaussian-sgd"}
    district.mlflow.held["release.json"] = FILES["release.json"][:-1] + f', "privacy": {json.dumps(stated)}}}'.encode()
    district.put()
    await district.passed()
    configs = [json.loads(blob) for blob in district.registry.held.values() if blob.startswith(b'{"bands"')]
    assert [config["privacy"] for config in configs] == [stated]
