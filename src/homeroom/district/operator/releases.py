"""One pass over one ModelRelease: gather what is recorded, decide, write the status, start the step that is due."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from homeroom.district import evaluations
from homeroom.district.operator import imports, judgements, packages, policylooks, statuses, steps, world
from homeroom.domain import approvals, digests, errors, readiness
from homeroom.resources import modelreleases, releaseapprovals


@dataclass(frozen=True, slots=True)
class Gathered:
    """What is known about a release, and the values that the next step needs."""

    observed: readiness.ObservedRelease
    imported: imports.Imported | None
    packaged: packages.Packaged | None
    case: judgements.Case | None


class ReleasePass:
    """Brings one ModelRelease a step further each time it is called.

    Args:
        look: the objects as of now.
        kube: takes the status.
        imports_: brings model versions.
        packages_: builds and pushes artifacts.
        judgements_: runs gates.
        tables: private store of evaluation rows.
        runner: runs the long steps.
        clock: aware current time.
    """

    def __init__(
        self,
        *,
        look: Callable[[], world.World],
        kube: statuses.StatusWriter,
        imports_: imports.Imports,
        packages_: packages.Packages,
        judgements_: judgements.Judgements,
        tables: evaluations.EvaluationStore,
        runner: steps.Steps,
        clock: Callable[[], datetime],
    ) -> None:
        self._look = look
        self._kube = kube
        self._imports = imports_
        self._packages = packages_
        self._judgements = judgements_
        self._tables = tables
        self._steps = runner
        self._clock = clock

    async def reconcile(self, name: str) -> bool:
        """One pass; whether anything was written.

        Raises:
            SpecError: the object cannot be read by this version.
        """
        seen = self._look()
        body = seen.releases.get(name)
        if body is None:
            self._steps.forget(name)
            return False
        release = modelreleases.parse(body)
        found = self.gather(release, seen)
        now = self._clock()
        decision = readiness.decide_release(found.observed, now)
        fields = _fields(found, decision)
        changed = await statuses.write_changed(self._kube, modelreleases.KIND, body, decision.conditions, fields, now)
        return self._start(release, found, decision) or changed

    def gather(self, release: modelreleases.ModelRelease, seen: world.World) -> Gathered:
        """What is recorded about ``release``; nothing is asked of MLflow or the registry."""
        spec = release.spec
        policy = seen.policy(spec.policy_ref.name)
        look = None if policy is None else policylooks.look_at(policy.spec, spec)
        imported = self._imports.find(spec.model.name, spec.model.version)
        wrong = None if imported is None else self._wrong_evaluation(spec, imported)
        usable = imported if wrong is None else None
        packaged = None if usable is None else self._packages.find(spec, usable)
        case = _case(release, usable, packaged, None if look is None else look.judged, seen)
        observed = readiness.ObservedRelease(
            policy=spec.policy_ref.name,
            required=None if policy is None else policy.spec.required_approvals,
            imported=usable is not None,
            release_digest=None if packaged is None else packaged.release_digest,
            gates=None if case is None else self._judgements.find(case),
            fault=wrong,
            authors=authors_of(spec, imported),
            approvals=tuple(to_domain(approval) for approval in seen.approvals_of(release.name)),
            policy_problem="" if look is None else look.problem,
            packs=() if look is None else look.packs,
        )
        return self._with_fault(release.name, Gathered(observed, usable, packaged, case), spec)

    def _with_fault(self, name: str, found: Gathered, spec: modelreleases.Spec) -> Gathered:
        """``found`` with why the last try of the step that is due failed."""
        step = readiness.next_step(found.observed)
        if step is None or found.observed.fault is not None:
            return found
        fault = self._steps.fault(_key(name, step, found, spec))
        return replace(found, observed=replace(found.observed, fault=fault))

    def _wrong_evaluation(self, spec: modelreleases.Spec, imported: imports.Imported) -> readiness.Fault | None:
        named = spec.evaluation.digest
        if imported.evaluation != named:
            tagged = imported.evaluation or "nothing"
            return readiness.Fault(
                readiness.Step.IMPORT,
                readiness.Reason.EVALUATION_DIFFERS,
                f"spec.evaluation names {named}, and the model version is tagged {imports.EVALUATION_TAG}={tagged}: "
                "make a release that names the table on which this version was evaluated",
            )
        if not self._tables.has(digests.parse(named)):
            return readiness.Fault(
                readiness.Step.IMPORT,
                readiness.Reason.EVALUATION_NOT_FOUND,
                f"there is no evaluation table {named} in the district's store: upload it",
            )
        return None

    def _start(self, release: modelreleases.ModelRelease, found: Gathered, decision: readiness.ReleaseDecision) -> bool:
        step, spec = decision.next_step, release.spec
        # A wrong evaluation is put right by whoever wrote the release or the table: importing again would not help.
        if step is None or (step is readiness.Step.IMPORT and self._is_imported(spec)):
            return False
        work = {
            readiness.Step.IMPORT: lambda: self._imports.run(spec.model.name, spec.model.version),
            readiness.Step.PACKAGE: lambda: self._packages.run(spec, _known(found.imported)),
            readiness.Step.GATES: lambda: self._judgements.run(_known(found.case)),
        }[step]
        return self._steps.ensure(_key(release.name, step, found, spec), work)

    def _is_imported(self, spec: modelreleases.Spec) -> bool:
        return self._imports.find(spec.model.name, spec.model.version) is not None


def authors_of(spec: modelreleases.Spec, imported: imports.Imported | None) -> frozenset[str]:
    """Everybody who made it.

    Admission makes whoever creates the object the declared author; the other one registered the model version.
    """
    creator = None if imported is None else imported.creator
    return frozenset({spec.author} if creator is None else {spec.author, creator})


def to_domain(approval: releaseapprovals.ReleaseApproval) -> approvals.Approval:
    """The decision as the rules see it."""
    spec = approval.spec
    return approvals.Approval(
        name=approval.name,
        approver=spec.approver,
        choice=approvals.Choice(spec.decision.value),
        release_digest=spec.release_digest,
        gate_report_digest=spec.gate_report_digest,
        covers=tuple(spec.covers),
        expires=spec.expires,
        made=approval.metadata.creation_timestamp,
    )


def _case(
    release: modelreleases.ModelRelease,
    imported: imports.Imported | None,
    packaged: packages.Packaged | None,
    policy: Any,
    seen: world.World,
) -> judgements.Case | None:
    if imported is None or packaged is None or policy is None:
        return None
    hardware = judgements.hardware_of(seen.site_models(), frozenset(band.value for band in release.spec.bands))
    # The day of its creation, which never changes: judged again, it gives the same report.
    on = _known(release.metadata.creation_timestamp).date()
    return judgements.Case(release.spec, imported, packaged, policy, hardware, on)


def _key(name: str, step: readiness.Step, found: Gathered, spec: modelreleases.Spec) -> steps.Key:
    if step is readiness.Step.PACKAGE:
        return steps.Key(name, step, packages.key(spec, _known(found.imported)))
    if step is readiness.Step.GATES:
        return steps.Key(name, step, _known(found.case).key)
    return steps.Key(name, step, imports.key(spec.model.name, spec.model.version))


def _known(value: Any) -> Any:
    if value is None:
        raise errors.Defect("a step is due before what it needs is known")
    return value


def _fields(found: Gathered, decision: readiness.ReleaseDecision) -> dict[str, Any]:
    gates, packaged = found.observed.gates, found.packaged
    verdicts = () if gates is None else gates.verdicts
    return {
        "phase": decision.phase,
        "message": decision.message,
        "releaseDigest": None if packaged is None else packaged.release_digest,
        "repository": None if packaged is None else packaged.repository,
        "gateReportDigest": None if gates is None else gates.digest,
        "authors": sorted(found.observed.authors),
        "verdicts": [
            {"gate": v.gate, "subject": v.subject, "outcome": v.outcome.value, "sentence": v.sentence} for v in verdicts
        ],
        "approvedBy": list(decision.approved_by),
    }
