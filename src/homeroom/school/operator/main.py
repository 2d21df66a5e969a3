"""The process ``homeroom operator --tier school``: the place that builds its parts and joins them."""

import asyncio

import structlog

from homeroom.kube import client as kube
from homeroom.kube import kopf_watching
from homeroom.processes import environment
from homeroom.resources import siteassignments
from homeroom.school import logs, servers
from homeroom.school.operator import settings as operator_settings
from homeroom.school.operator import sweeps
from homeroom.school.runtime import processes, workloads
from homeroom.school.serving import routes
from homeroom.trust import enrolment

FIELD_MANAGER = "homeroom-school-operator"


def run() -> None:
    """Look after one school until SIGTERM."""
    logs.configure()
    values = environment.load(operator_settings.Settings)
    listener = servers.Listener(routes.Routes(None, {}), servers.bind_port(values.metrics_host, values.metrics_port))

    async def work(stop: asyncio.Event) -> None:
        await _work(values, stop)

    structlog.get_logger().info("operator_started", tier="school")
    servers.run([listener], [work])


def build_workload(values: operator_settings.Settings, school: str) -> workloads.Workload:
    """The two processes of this school."""
    return workloads.Workload(
        school=school,
        enrolment=values.enrolment,
        home=values.home,
        serve_port=values.serve_port,
        agent_port=values.agent_port,
        poll_seconds=values.poll_seconds,
        status_seconds=values.status_seconds,
        usage_seconds=values.usage_seconds,
    )


async def _work(values: operator_settings.Settings, stop: asyncio.Event) -> None:
    school = enrolment.load(values.enrolment).name
    workload = build_workload(values, school)
    async with kube.connect(values.kubeconfig, values.namespace, field_manager=FIELD_MANAGER) as cluster:
        sweep = sweeps.Sweep(
            cluster,
            processes.LocalProcessRuntime(values.home / "run"),
            workload.programs,
            workload.agent_socket,
            school,
        )
        watching = kopf_watching.watch(
            values.kubeconfig, (siteassignments.KIND,), values.namespace, sweep.wake.set, stop
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(sweep.run(stop, values.sweep_seconds))
            group.create_task(watching)
