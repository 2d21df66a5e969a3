"""Gate reports: run once for each set of inputs, in the gates' own process, and kept as evidence."""

import asyncio
import pathlib
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

from homeroom.district import database, evaluations
from homeroom.district.database import evidence
from homeroom.district.operator import imports, packages, records, steps
from homeroom.domain import digests, errors, readiness, verdicts
from homeroom.gates import documents, inputs
from homeroom.resources import gatepolicies, modelreleases, schoolsites


class Judge(Protocol):
    """Runs the gates in a process of their own; ``gates.run.start`` is one."""

    async def __call__(self, directory: pathlib.Path, deadline: timedelta) -> documents.GateReport:
        """The report on what ``inputs.write`` laid out in ``directory``."""


@dataclass(frozen=True, slots=True)
class Case:
    """Everything that a gate report depends on; the name of the release is not among it."""

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
    """Runs gates and keeps what they said.

    Args:
        directory: work directories of runs; a run that was cut off is done again in its own.
        store: outputs of finished steps.
        tables: private store of evaluation rows.
        rows: where evidence is kept.
        judge: runs the gates.
        deadline: longest run.
    """

    def __init__(
        self,
        directory: pathlib.Path,
        store: records.Records,
        tables: evaluations.EvaluationStore,
        rows: database.Database,
        judge: Judge,
        deadline: timedelta,
    ) -> None:
        self._directory = directory
        self._store = store
        self._tables = tables
        self._rows = rows
        self._judge = judge
        self._deadline = deadline
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)

    def find(self, case: Case) -> readiness.GateResult | None:
        """What the gates said about ``case``; None until they were run."""
        record = self._store.read("gates", case.key)
        if record is None:
            return None
        found = tuple(verdicts.from_json(verdict) for verdict in record["verdicts"])
        return readiness.GateResult(digests.parse(record["gateReportDigest"]), found)

    async def run(self, case: Case) -> None:
        """Runs the gates on ``case``, keeps report and page as evidence, and records the verdicts.

        Raises:
            Blocked: the evaluation table is missing or cannot be judged.
            Unavailable, Defect: the process failed.
        """
        work = self._directory / case.key.removeprefix("sha256:")
        try:
            await asyncio.to_thread(self._lay_out, work, case)
            with steps.blocked_as(readiness.Reason.EVALUATION_INVALID):
                report = await self._judge(work, self._deadline)
            await asyncio.to_thread(self._keep, report)
        finally:
            # The rows of the table lie there: they stay in the private store only.
            await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)
        record = {"gateReportDigest": report.digest, "verdicts": [verdict.to_json() for verdict in report.verdicts]}
        self._store.write("gates", case.key, record)

    def _lay_out(self, work: pathlib.Path, case: Case) -> None:
        with steps.blocked_as(readiness.Reason.EVALUATION_NOT_FOUND):
            table = self._tables.read(digests.parse(case.spec.evaluation.digest))
        given = inputs.GateInputs(
            release=packages.build_config(case.spec, case.imported),
            release_digest=case.packaged.release_digest,
            stages=packages.read_stages(case.imported),
            evaluation=table,
            reference=case.imported.read(case.imported.reference),
            on=case.on,
            hardware=case.hardware,
        )
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(mode=0o700, parents=True)
        inputs.write(work, given, case.policy)

    def _keep(self, report: documents.GateReport) -> None:
        content = digests.canonical_json(report.document)
        if digests.of_bytes(content) != report.digest:
            raise errors.Defect("the gate report does not have the digest that it claims")
        with self._rows.write() as connection:
            evidence.put(connection, evidence.GATE_REPORT, content)
            if report.evidently is not None:
                evidence.put(connection, evidence.GATE_PAGE, report.evidently, about=report.digest)


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
