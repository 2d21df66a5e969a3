"""``homeroom box``: one school without Kubernetes, agent and serving kept running by a plain supervisor.

On a box that has a service manager, two units that run ``homeroom agent`` and ``homeroom serve`` do the same.
"""

import asyncio
from pathlib import Path

import pydantic
import pydantic_settings
import structlog

from homeroom.school import logs, servers
from homeroom.school.runtime import processes, workloads
from homeroom.school.serving import routes
from homeroom.trust import enrolment

LOOK_SECONDS = 0.5
"""Between two looks at the processes: how long a school may be without answers after a crash."""


class Settings(pydantic_settings.BaseSettings):
    """Environment of one box."""

    model_config = pydantic_settings.SettingsConfigDict(env_prefix="HOMEROOM_BOX_", use_attribute_docstrings=True)

    enrolment: Path
    """Directory that the school got when it joined."""
    home: Path
    """Directory of store, spool, sockets and logs; its path may have some 90 characters at most."""
    port: int = pydantic.Field(ge=1, le=65535)
    """Port of the Open Inference Protocol."""
    agent_port: int = pydantic.Field(ge=1, le=65535)
    """Port of the agent's `/metrics` and `/healthz`."""
    metrics_port: int = pydantic.Field(default=0, ge=0, le=65535)
    """Port of `/healthz` of this supervisor; 0 takes a free one."""
    poll_seconds: float = pydantic.Field(default=30, gt=0)
    """Handed to the agent."""
    status_seconds: float = pydantic.Field(default=300, gt=0)
    """Handed to the agent."""
    usage_seconds: float = pydantic.Field(default=60, gt=0)
    """Handed to the agent."""


def run(values: Settings) -> None:
    """Keep one school running until SIGTERM.

    Raises:
        SpecError: there is no readable enrolment, or a port is held by somebody else.
    """
    logs.configure()
    workload = workloads.Workload(
        school=enrolment.load(values.enrolment).name,
        enrolment=values.enrolment,
        home=values.home,
        serve_port=values.port,
        agent_port=values.agent_port,
        poll_seconds=values.poll_seconds,
        status_seconds=values.status_seconds,
        usage_seconds=values.usage_seconds,
    )
    values.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    runtime = processes.LocalProcessRuntime(values.home / "run")

    async def work(stop: asyncio.Event) -> None:
        while not stop.is_set():
            await runtime.ensure(workload.programs)
            try:
                async with asyncio.timeout(LOOK_SECONDS):
                    await stop.wait()
            except TimeoutError:
                continue
        await runtime.stop()

    structlog.get_logger().info("box_started", school=workload.school, port=values.port)
    servers.run(
        [servers.Listener(routes.Routes(None, {}), servers.bind_port("127.0.0.1", values.metrics_port))], [work]
    )
