"""Gate reports: run once for each set of inputs, in the gates' own process, and kept as evidence."""

import asyncio
import pathlib
import secrets
import shutil
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

import structlog

from homeroom.district import archives, database, evaluations
from homeroom.district.operator import imports, packages, records, steps
from homeroom.domain import digests, errors, readiness, verdicts
from homeroom.gates import attaching, documents, inputs
from homeroom.resources import gatepolicies, modelreleases, schoolsites
from homeroom.transport.oci import client as oci
from homeroom.transport.oci import referrers

_log = structlog.get_logger()


class Runner(Protocol):
    """Runs the gates apart from the operator: ``gates.run.start`` in a process, ``gatejobs.JobRunner`` in a Job."""

    async def __call__(
        self, directory: pathlib.Path, deadline: timedelta, say: Callable[[str], None] | None = None
    ) -> documents.GateReport:
        """The report on what ``inputs.write`` laid out in ``directory``; ``say`` takes lines of progress."""


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that a gate report depends on; the name of the release is not among it.

    Reports that were published before the run are read too and recorded in its evidence. They are no part of the key: a later
    report on the same model would make a new case of every old one, and void what people approved.
    """

    spec: modelreleases.Spec
    imported: imports.Imported
    packaged: packages.Packaged
    policy: gatepolicies.Spec
    hardware: tuple[inputs.Hardware, ...]
    on: date

    @property
    def key(self) -> digests.Digest:
        """Identifies the report."""
        return digests.of_json(
            {
                "release": self.packaged.release_digest,
                "policy": self.policy.to_json(),
                "evaluation": self.spec.evaluation.digest,
                "reference": self.imported.files[self.imported.reference],
                "hardware": [box.to_json() for box in self.hardware],
                "on": self.on.isoformat(),
            }
        )


class Judgements:
    """Runs gates, keeps what they said, and attaches it to the release in the registry.

    Args:
        directory: work directories of runs, emptied at the start: the rows of a run that was cut off lie there.
        store: outputs of finished steps.
        tables: private store of evaluation rows.
        rows: where evidence is kept.
        registry: the district's.
        runner: runs the gates.
        deadline: longest run.
        sleep: waits that many seconds before it looks again at what it has attached.
    """

    def __init__(
        self,
        *,
        directory: pathlib.Path,
        store: records.Records,
        tables: evaluations.EvaluationStore,
        rows: database.Database,
        registry: oci.OciClient,
        runner: Runner,
        deadline: timedelta,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._directory = directory
        self._store = store
        self._tables = tables
        self._rows = rows
        self._registry = registry
        self._runner = runner
        self._deadline = deadline
        self._sleep = sleep
        self._models: dict[str, asyncio.Lock] = {}
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        for left in directory.iterdir():
            shutil.rmtree(left, ignore_errors=True)

    def find(self, case: Case) -> readiness.GateResult | None:
        """What the gates said about ``case``; None until they were run and it lies beside the release."""
        record = self._store.read("gates", case.key)
        if record is None:
            return None
        found = tuple(verdicts.from_json(verdict) for verdict in record["verdicts"])
        return readiness.GateResult(digests.parse(record["gateReportDigest"]), found)

    async def run(self, case: Case) -> None:
        """Runs the gates on ``case``, keeps the documents as evidence, attaches them, and records the verdicts.

        A registry that is away costs no second run: what was found is kept first, and attached by the next try.

        Raises:
            Blocked: the evaluation table is missing or cannot be judged; the registry is away.
            Unavailable, Defect: the process failed.
        """
        # Two runs on one model at the same time would not know of each other's report, and would write one list of what is
        # attached to a release at the same time.
        async with self._models.setdefault(case.spec.model.name, asyncio.Lock()):
            report = await asyncio.to_thread(self._kept, case) or await self._judged(case)
            await self._attach(case, report)
        record = {"gateReportDigest": report.digest, "verdicts": [verdict.to_json() for verdict in report.verdicts]}
        self._store.write("gates", case.key, record)

    def _kept(self, case: Case) -> documents.GateReport | None:
        """What an earlier try found, if nothing of it is lost."""
        record = self._store.read("judged", case.key)
        if record is None:
            return None
        with self._rows.read() as connection:
            return archives.find(connection, digests.parse(record["gateReportDigest"]))

    async def _judged(self, case: Case) -> documents.GateReport:
        # Another directory for each try: whatever still runs from an earlier one disturbs nobody.
        work = self._directory / f"{case.key.removeprefix('sha256:')[:12]}-{secrets.token_hex(4)}"
        log = _log.bind(release=case.packaged.release_digest)
        try:
            await asyncio.to_thread(self._lay_out, work, case)
            with steps.blocked_as(readiness.Reason.EVALUATION_INVALID):
                report = await self._runner(work, self._deadline, lambda line: log.debug("gates_say", line=line))
            await asyncio.to_thread(self._keep, report)
        finally:
            # The rows of the table lie there: they stay in the private store only.
            await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)
        self._store.write("judged", case.key, {"gateReportDigest": report.digest})
        return report

    async def _attach(self, case: Case, report: documents.GateReport) -> None:
        repository, release = case.packaged.repository, case.packaged.release_digest
        try:
            subject = await self._registry.pull_manifest(repository, release)
            attachment = attaching.build(subject, report)
            await referrers.attach(self._registry, repository, release, attachment, sleep=self._sleep)
        except errors.HomeroomError as exc:
            message = (
                f"the gates have judged ({report.outcome.value}); their report cannot be put beside the release: {exc}"
            )
            raise steps.Blocked(readiness.Reason.REGISTRY_UNAVAILABLE, message) from exc

    def _lay_out(self, work: pathlib.Path, case: Case) -> None:
        with steps.blocked_as(readiness.Reason.EVALUATION_NOT_FOUND):
            table = self._tables.read(digests.parse(case.spec.evaluation.digest))
        with self._rows.read() as connection:
            earlier = archives.earlier(connection, case.spec.model.name)
        given = inputs.GateInputs(
            release=packages.build_config(case.spec, case.imported),
            release_digest=case.packaged.release_digest,
            stages=packages.read_stages(case.imported),
            evaluation=table,
            reference=case.imported.read(case.imported.reference),
            on=case.on,
            hardware=case.hardware,
            earlier=earlier.bundles,
            unread=earlier.unread,
        )
        work.mkdir(mode=0o700, parents=True)
        inputs.write(work, given, case.policy)

    def _keep(self, report: documents.GateReport) -> None:
        with self._rows.write() as connection:
            archives.keep(connection, report)


def hardware_of(sites: Iterable[schoolsites.SchoolSite], bands: frozenset[str]) -> tuple[inputs.Hardware, ...]:
    """Distinct kinds of boxes at schools that teach one of ``bands``, sorted.

    A further school with a box of a known kind changes nothing, so enrolling it does not void approvals.
    """
    found = {
        (site.spec.hardware.profile.value, site.spec.hardware.memory_mib, site.spec.hardware.cores)
        for site in sites
        if bands & {band.value for band in site.spec.bands}
    }
    return tuple(inputs.Hardware(*box) for box in sorted(found))
