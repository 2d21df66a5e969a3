"""The process ``homeroom operator --tier school``: the place that builds its parts and joins them."""

import asyncio
import sys
from pathlib import Path

import structlog

from homeroom.kube import client as kube
from homeroom.kube import kopf_watching
from homeroom.processes import environment
from homeroom.resources import siteassignments
from homeroom.school import logs, servers
from homeroom.school.operator import settings as operator_settings
from homeroom.school.operator import sweeps
from homeroom.school.runtime import processes, runtimes
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


def build_programs(values: operator_settings.Settings, school: str) -> tuple[runtimes.Program, ...]:
    """The workload: serving and agent. They share a directory and two sockets."""
    spool, serve_socket = values.home / "spool", values.home / "serve.sock"
    serve = {"SCHOOL": school, "PORT": values.serve_port, "SOCKET": serve_socket, "SPOOL": spool}
    agent = {
        "ENROLMENT": values.enrolment,
        "STATE": values.home / "state",
        "SPOOL": spool,
        "SERVE_SOCKET": serve_socket,
        "SOCKET": agent_socket(values),
        "PORT": values.agent_port,
        "POLL_SECONDS": values.poll_seconds,
        "STATUS_SECONDS": values.status_seconds,
        "USAGE_SECONDS": values.usage_seconds,
    }
    return (_program("serve", serve), _program("agent", agent))


def agent_socket(values: operator_settings.Settings) -> Path:
    """Where the agent shows what it has verified."""
    return values.home / "agent.sock"


def _program(name: str, variables: dict[str, object]) -> runtimes.Program:
    command = (str(Path(sys.executable).with_name("homeroom")), name)
    environment = {f"HOMEROOM_{name.upper()}_{key}": str(value) for key, value in variables.items()}
    return runtimes.Program(name, command, environment)


async def _work(values: operator_settings.Settings, stop: asyncio.Event) -> None:
    school = enrolment.load(values.enrolment).name
    async with kube.connect(values.kubeconfig, values.namespace, field_manager=FIELD_MANAGER) as cluster:
        sweep = sweeps.Sweep(
            cluster,
            processes.LocalProcessRuntime(values.home / "run"),
            build_programs(values, school),
            agent_socket(values),
            school,
        )
        watching = kopf_watching.watch(
            values.kubeconfig, (siteassignments.KIND,), values.namespace, sweep.wake.set, stop
        )
        async with asyncio.TaskGroup() as group:
            group.create_task(sweep.run(stop, values.sweep_seconds))
            group.create_task(watching)
