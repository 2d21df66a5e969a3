"""The only place that builds the operator's parts and joins them."""

import asyncio
import contextlib
import pathlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from homeroom.district import database, evaluations, publishing
from homeroom.district.operator import (
    gatejobs,
    imports,
    judgements,
    loops,
    metrics,
    packages,
    passes,
    records,
    releases,
    settings,
    steps,
    sweep,
    waves,
    world,
)
from homeroom.domain import assignments
from homeroom.gates import jobs
from homeroom.gates import run as gate_runs
from homeroom.kube import client as kube
from homeroom.kube import leases
from homeroom.packaging import intake
from homeroom.transport import tls
from homeroom.transport.oci import client as oci
from homeroom.trust import director
from homeroom.versions import client as versions


@dataclass(frozen=True, slots=True)
class Outside:
    """What the operator talks to, opened."""

    kubernetes: kube.Kubernetes
    caches: world.Caches
    rows: database.Database
    mlflow: versions.VersionsClient
    registry: oci.OciClient
    lease: leases.Lease


def _now() -> datetime:
    return datetime.now(UTC)


@contextlib.asynccontextmanager
async def building(chosen: settings.Settings, outside: Outside, meters: metrics.Metrics) -> AsyncIterator[loops.Loops]:
    """The loops of an operator; its long steps end with the block."""
    woken: list[loops.Loops] = []

    async def look_again(_: str) -> None:
        for one in woken:
            one.wake()

    runner = steps.Steps(
        deadline=timedelta(seconds=chosen.step_deadline_seconds),
        retry=timedelta(seconds=chosen.retry_seconds),
        metrics=meters,
        on_end=look_again,
    )
    built = _loops(chosen, outside, meters, runner)
    woken.append(built)
    try:
        yield built
    finally:
        await runner.close()


def _loops(chosen: settings.Settings, outside: Outside, meters: metrics.Metrics, runner: steps.Steps) -> loops.Loops:
    release_pass, wave_pass = _release_pass(chosen, outside, runner), _wave_pass(chosen, outside, meters)
    return loops.Loops(
        look=outside.caches.world,
        releases=passes.Passes("ModelRelease", release_pass.reconcile, meters),
        waves=passes.Passes("RolloutWave", wave_pass.reconcile, meters),
        schools=sweep.Sweep(
            look=outside.caches.world,
            kube=outside.kubernetes,
            rows=outside.rows,
            publisher=_publisher(chosen, outside.lease),
            offline_after=chosen.offline_after,
            counts=meters,
            clock=_now,
        ),
        forget=wave_pass.forget_deleted,
        resync_seconds=chosen.resync_seconds,
        sweep_seconds=chosen.sweep_seconds,
    )


def _release_pass(chosen: settings.Settings, outside: Outside, runner: steps.Steps) -> releases.ReleasePass:
    store = records.Records(chosen.private_directory / "records")
    tables = evaluations.EvaluationStore(chosen.evaluations_directory)
    return releases.ReleasePass(
        look=outside.caches.world,
        kube=outside.kubernetes,
        imports_=imports.Imports(
            chosen.private_directory / "imports", store, outside.mlflow, intake.check, chosen.max_file_mib << 20
        ),
        packages_=packages.Packages(store, outside.registry, outside.rows),
        judgements_=judgements.Judgements(
            directory=_gate_directory(chosen),
            store=store,
            tables=tables,
            rows=outside.rows,
            registry=outside.registry,
            runner=_gate_runner(chosen, outside.kubernetes),
            deadline=timedelta(seconds=chosen.step_deadline_seconds),
        ),
        tables=tables,
        runner=runner,
        clock=_now,
    )


def _gate_directory(chosen: settings.Settings) -> pathlib.Path:
    return (chosen.gate_directory or chosen.private_directory) / "gates"


def _gate_runner(chosen: settings.Settings, kubernetes: kube.Kubernetes) -> judgements.Runner:
    image, claim, mount = chosen.gate_image, chosen.gate_claim, chosen.gate_directory
    if chosen.gate_runner is not settings.GateRunner.JOB or image is None or claim is None or mount is None:
        return gate_runs.start
    plan = jobs.Plan(image, claim, chosen.gate_user, chosen.gate_memory_mib, chosen.gate_cpus)
    return gatejobs.JobRunner(kubernetes, plan, mount)


def _wave_pass(chosen: settings.Settings, outside: Outside, meters: metrics.Metrics) -> waves.WavePass:
    return waves.WavePass(
        look=outside.caches.world,
        kube=outside.kubernetes,
        rows=outside.rows,
        publisher=_publisher(chosen, outside.lease),
        offline_after=chosen.offline_after,
        counts=meters,
        clock=_now,
    )


def _publisher(chosen: settings.Settings, lease: leases.Lease) -> publishing.Publisher:
    return publishing.Publisher(
        keys=director.DirectorKeys.load(chosen.trust_directory / "director"),
        district=assignments.Endpoint("district", chosen.control_endpoint, chosen.bulk_endpoint),
        min_agent=chosen.min_agent,
        lifetime=timedelta(days=chosen.assignment_lifetime_days),
        epoch=lambda: lease.epoch,
        clock=_now,
    )


@contextlib.asynccontextmanager
async def opening(
    chosen: settings.Settings, rows: database.Database, kubernetes: kube.Kubernetes, lease: leases.Lease
) -> AsyncIterator[Outside]:
    """Everything that the operator talks to, closed at the end of the block."""
    async with contextlib.AsyncExitStack() as stack:
        yield Outside(
            kubernetes=kubernetes,
            caches=await stack.enter_async_context(world.Caches.following(kubernetes)),
            rows=rows,
            mlflow=await stack.enter_async_context(versions.VersionsClient(chosen.mlflow_url)),
            registry=await stack.enter_async_context(oci.OciClient(chosen.registry_url, _registry_files(chosen))),
            lease=lease,
        )


def lease_timing(chosen: settings.Settings) -> leases.Timing:
    """The usual proportions for the chosen duration."""
    duration = timedelta(seconds=chosen.lease_seconds)
    return leases.Timing(duration=duration, renew_deadline=duration * 0.6, retry=duration * 0.15)


def _registry_files(chosen: settings.Settings) -> tls.TlsFiles | None:
    ca, certificate, key = chosen.registry_tls_ca, chosen.registry_tls_certificate, chosen.registry_tls_key
    if ca is None or certificate is None or key is None:
        return None
    return tls.TlsFiles(ca=ca, certificate=certificate, key=key)


async def taken(lease: leases.Lease, stop: asyncio.Event) -> bool:
    """Takes the lease, unless ``stop`` is set first; whether it is ours."""
    taking, stopping = asyncio.create_task(lease.__aenter__()), asyncio.create_task(stop.wait())
    await asyncio.wait([taking, stopping], return_when=asyncio.FIRST_COMPLETED)
    stopping.cancel()
    if taking.done():
        await taking
        return True
    taking.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await taking
    return False
