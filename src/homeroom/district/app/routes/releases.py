"""Releases and the decisions on them."""

import json
import re
from typing import Any

import fastapi
from starlette import concurrency

from homeroom.district.app import access, bodies, objects, ports, problems
from homeroom.district.database import evidence
from homeroom.domain import digests, errors, verdicts
from homeroom.kube import admission
from homeroom.resources import modelreleases, releaseapprovals
from homeroom.resources import objects as resource_objects

router = fastapi.APIRouter(prefix="/releases", tags=["releases"])


@router.get("", summary="List releases")
async def list_releases(_caller: access.Caller, found: ports.PortsOf) -> dict[str, Any]:
    """Every release with its spec and status, by name."""
    return objects.listed(await found.clusters.own().list(modelreleases.KIND))


@router.post("", status_code=201, summary="Submit a release")
async def create_release(body: bodies.NewRelease, caller: access.Caller, found: ports.PortsOf) -> dict[str, Any]:
    """Create a ModelRelease as yourself; the operator takes it from there."""
    manifest = resource_objects.build(modelreleases.KIND, body.name, body.spec)
    cluster = found.clusters.of(caller)
    return objects.shown(await cluster.create(modelreleases.KIND, manifest))


@router.get("/{name}", summary="Read a release")
async def read_release(name: objects.Name, _caller: access.Caller, found: ports.PortsOf) -> dict[str, Any]:
    """One release with conditions, verdicts and who approved it."""
    return objects.shown(await objects.get(found.clusters.own(), modelreleases.KIND, name))


@router.get("/{name}/gate-report", summary="Read its gate report")
async def read_gate_report(name: objects.Name, _caller: access.Caller, found: ports.PortsOf) -> fastapi.Response:
    """The report byte for byte as its digest was taken over it; it holds no row and no small count."""
    digest, content = await _report(found, name)
    return _document(content, digest)


@router.get("/{name}/gate-report/evidence", summary="Read the evidence of its gate report")
async def read_gate_evidence(name: objects.Name, _caller: access.Caller, found: ports.PortsOf) -> fastapi.Response:
    """Digests of everything that the gates read, and the suppressed tables behind the verdicts."""
    return await _named(found, name, "evidence")


@router.get("/{name}/gate-report/policy", summary="Read the policy of its gate report")
async def read_gate_policy(name: objects.Name, _caller: access.Caller, found: ports.PortsOf) -> fastapi.Response:
    """The limits as they applied when the gates judged, and where each came from."""
    return await _named(found, name, "policy")


@router.get("/{name}/gate-report/page", summary="Read its gate report as a page")
async def read_gate_page(name: objects.Name, _caller: access.Caller, found: ports.PortsOf) -> fastapi.Response:
    """One page for people, complete in itself."""
    content = await _page(found, name, evidence.GATE_PAGE)
    # It needs nothing from anywhere: what a hostile name could smuggle in has no way out.
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
    return fastapi.Response(content, media_type="text/html", headers={"content-security-policy": policy})


@router.get("/{name}/gate-report/evidently", summary="Download Evidently's page of the gate report")
async def read_evidently_page(name: objects.Name, _caller: access.Caller, found: ports.PortsOf) -> fastapi.Response:
    """The page that Evidently drew of the evaluation rows against the training reference, for reading only."""
    content = await _page(found, name, evidence.EVIDENTLY_PAGE)
    headers = {
        "content-disposition": f'attachment; filename="{name}-evidently.html"',
        # It brings scripts of its own: whatever opens it here, they get no session and no origin.
        "content-security-policy": "sandbox allow-scripts",
    }
    return fastapi.Response(content, media_type="text/html", headers=headers)


@router.post("/{name}/decisions", status_code=201, summary="Approve, reject, waive or override")
async def decide(
    name: objects.Name, body: bodies.Decision, caller: access.Caller, found: ports.PortsOf
) -> dict[str, Any]:
    """Record your decision on the release and gate report as they are now; the same decision again changes nothing."""
    release = await _release(found, name)
    spec = _approval(release, body, caller.name)
    manifest = _manifest(_decision_name(spec), spec)
    cluster = found.clusters.of(caller)
    made = await cluster.get(releaseapprovals.KIND, manifest["metadata"]["name"])
    return objects.shown(made or await admission.create(cluster, releaseapprovals.KIND, manifest))


def _approval(release: modelreleases.ModelRelease, body: bodies.Decision, approver: str) -> releaseapprovals.Spec:
    judged = release.status.release_digest, release.status.gate_report_digest
    if judged[0] is None or judged[1] is None:
        raise problems.Conflict(
            f"{release.name} has not been judged yet: {release.status.message or 'wait for its gates'}"
        )
    for seen, now, what in zip(
        (body.release_digest, body.gate_report_digest), judged, ("release", "gate report"), strict=True
    ):
        if seen is not None and seen != now:
            raise problems.Conflict(f"the {what} of {release.name} is another one by now: read it again and decide")
    _refuse_unknown_subjects(release, body)
    return releaseapprovals.Spec(
        release_ref=releaseapprovals.ReleaseReference(name=release.name),
        release_digest=judged[0],
        gate_report_digest=judged[1],
        decision=body.decision,
        approver=approver,
        reason=body.reason,
        covers=body.covers,
        expires=body.expires,
        data_plan=body.data_plan,
    )


def _refuse_unknown_subjects(release: modelreleases.ModelRelease, body: bodies.Decision) -> None:
    """A waiver that covers nothing must not look like one."""
    wanting = [v.subject for v in release.status.verdicts if v.outcome is verdicts.Outcome.NOT_ENOUGH_EVIDENCE]
    unknown = [subject for subject in body.covers if subject not in wanting]
    if unknown:
        raise errors.SpecError(
            f"no finding that lacks evidence is called {unknown[0]!r}; those that do: {'; '.join(wanting) or 'none'}"
        )


def _manifest(name: str, spec: releaseapprovals.Spec) -> dict[str, Any]:
    manifest = resource_objects.build(releaseapprovals.KIND, name, spec)
    if not spec.covers:  # an empty list is there for the API server, which then takes it for part of a waiver
        del manifest["spec"]["covers"]
    return manifest


def _decision_name(spec: releaseapprovals.Spec) -> str:
    """The same decision has the same name, so that sending it twice makes one object."""
    who = re.sub("[^a-z0-9]+", "-", spec.approver.lower()).strip("-")[:16].strip("-")
    digest = digests.short(digests.of_json(spec.to_json()))
    return f"{spec.release_ref.name[:30].strip('-')}-{who}-{digest}"


async def _release(found: ports.Ports, name: str) -> modelreleases.ModelRelease:
    return modelreleases.parse(await objects.get(found.clusters.own(), modelreleases.KIND, name))


async def _report(found: ports.Ports, name: str) -> tuple[digests.Digest, bytes]:
    release = await _release(found, name)
    digest = release.status.gate_report_digest
    content = None if digest is None else await concurrency.run_in_threadpool(_stored, found, digests.parse(digest))
    if digest is None or content is None:
        raise problems.NotFound(f"{name} has no gate report yet: read the release to see what it waits for")
    return digests.parse(digest), content


async def _named(found: ports.Ports, name: str, document: str) -> fastapi.Response:
    """The document that the gate report names by digest."""
    _, report = await _report(found, name)
    named = json.loads(report).get(document)
    content = None if named is None else await concurrency.run_in_threadpool(_stored, found, digests.parse(named))
    if content is None:
        raise problems.NotFound(
            f"the gate report of {name} was made by a version that kept no {document}: judge it again"
        )
    return _document(content, digests.parse(named))


async def _page(found: ports.Ports, name: str, kind: str) -> bytes:
    digest, _ = await _report(found, name)
    content = await concurrency.run_in_threadpool(_attached, found, kind, digest)
    if content is None:
        raise problems.NotFound(f"{name} has no such page of a gate report")
    return content


def _document(content: bytes, digest: digests.Digest) -> fastapi.Response:
    return fastapi.Response(content, media_type="application/json", headers={"etag": f'"{digest}"'})


def _stored(found: ports.Ports, digest: digests.Digest) -> bytes | None:
    with found.database.read() as connection:
        return evidence.get(connection, digest)


def _attached(found: ports.Ports, kind: str, digest: digests.Digest) -> bytes | None:
    with found.database.read() as connection:
        return evidence.attached(connection, kind, digest)
