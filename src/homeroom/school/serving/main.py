"""The process ``homeroom serve``."""

import asyncio
import contextlib
from datetime import timedelta

import structlog

from homeroom.processes import environment
from homeroom.school import logs, metrics, servers
from homeroom.school.serving import app, handover, models, routes, runners, spools
from homeroom.school.serving import settings as serve_settings

SYNC_SECONDS = 1.0


def run() -> None:
    """Answer until SIGTERM."""
    logs.configure()
    values = environment.load(serve_settings.Settings)
    answers = models.Models(
        runners.Pool(),
        latency_budget=timedelta(milliseconds=values.latency_budget_ms),
        reserve_mib=values.reserve_mib,
    )
    spool = spools.SpoolWriter(values.spool)
    inference = build_app(values.school, answers, spool)
    listeners = [
        servers.Listener(routes.Routes(inference, {}), servers.bind_port(values.host, values.port)),
        servers.Listener(handover.HandoverApp(answers), servers.bind_unix(values.socket)),
    ]
    structlog.get_logger().info("serve_started", school=values.school, port=values.port)
    try:
        servers.run(listeners, [lambda stop: sync_spools([spool], stop)])
    finally:
        spool.close()


def build_app(school: str, answers: models.Models, spool: spools.SpoolWriter) -> app.InferenceApp:
    """The routes of one school; each answer is counted and spooled."""

    def note(answer: models.Answer) -> None:
        metrics.ANSWERS.labels(school, answer.level.value).inc()
        spool.note(models.utc_now(), answer.purpose, answer.level.value)

    return app.InferenceApp(answers, note)


async def sync_spools(all_spools: list[spools.SpoolWriter], stop: asyncio.Event) -> None:
    """Put counts on disk every second, away from the loop that answers."""
    while not stop.is_set():
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), SYNC_SECONDS)
        for spool in all_spools:
            await asyncio.to_thread(spool.sync)
