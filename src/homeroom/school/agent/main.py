"""The process ``homeroom agent``."""

import asyncio
import contextlib

import structlog

from homeroom.processes import environment
from homeroom.school import logs, servers
from homeroom.school.agent import agents, app, links, sockets
from homeroom.school.agent import settings as agent_settings
from homeroom.school.serving import models
from homeroom.trust import enrolment


def run() -> None:
    """Keep one school running until SIGTERM."""
    logs.configure()
    values = environment.load(agent_settings.Settings)
    identity = enrolment.load(values.enrolment)
    agent = agents.Agent(
        identity,
        values.state,
        links=links.NetworkLinks(identity.tls, values.link_kbit),
        models=sockets.SocketPort(values.serve_socket),
        clock=models.utc_now,
        spool=values.spool,
        pace=values.pace,
    )
    listeners = [
        servers.Listener(app.AgentApp(agent, is_private=False), servers.bind_port(values.host, values.port)),
        servers.Listener(app.AgentApp(agent, is_private=True), servers.bind_unix(values.socket)),
    ]
    structlog.get_logger().info("agent_started", school=identity.name, site_id=identity.site_id, epoch=identity.epoch)
    servers.run(listeners, [lambda stop: run_until(stop, agent)])


async def run_until(stop: asyncio.Event, *all_agents: agents.Agent) -> None:
    """Run agents until ``stop``, then close their stores."""
    tasks = [asyncio.create_task(agent.run()) for agent in all_agents]
    stopping = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([*tasks, stopping], return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in (*tasks, stopping):
            task.cancel()
        results = await asyncio.gather(*tasks, return_exceptions=True)
        for agent in all_agents:
            with contextlib.suppress(OSError):
                await agent.aclose()
    for result in results:
        if isinstance(result, Exception):  # a fault of the disk or of ours: end loudly, a supervisor starts afresh
            raise result
