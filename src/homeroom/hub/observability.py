"""Log lines, /metrics and /healthz of the hub's processes."""

import logging
import sys
from collections.abc import Callable

import prometheus_client
import structlog
from starlette import applications, requests, responses, routing

Health = Callable[[], str | None]
"""None when all is well, else one sentence; called on each /healthz."""


def configure_logging() -> None:
    """One JSON object a line on stderr; other people's loggers speak from warning up."""
    shared: list[structlog.types.Processor] = [
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    foreign = logging.StreamHandler(sys.stderr)
    foreign.setFormatter(
        structlog.stdlib.ProcessorFormatter(processor=structlog.processors.JSONRenderer(), foreign_pre_chain=shared)
    )
    logging.basicConfig(handlers=[foreign], level=logging.WARNING)
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            *shared,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )


def build_registry() -> prometheus_client.CollectorRegistry:
    """A registry of its own for one process, with the process's CPU, memory and open files."""
    registry = prometheus_client.CollectorRegistry()
    prometheus_client.ProcessCollector(registry=registry)
    return registry


def build_app(registry: prometheus_client.CollectorRegistry, health: Health) -> applications.Starlette:
    """Plain app with ``/metrics`` and ``/healthz`` (200, or 503 with the sentence)."""

    async def metrics(_: requests.Request) -> responses.Response:
        content = prometheus_client.generate_latest(registry)
        return responses.Response(content, media_type=prometheus_client.CONTENT_TYPE_LATEST)

    async def healthz(_: requests.Request) -> responses.Response:
        sentence = health()
        return responses.PlainTextResponse(sentence or "ok", 200 if sentence is None else 503)

    return applications.Starlette(routes=[routing.Route("/metrics", metrics), routing.Route("/healthz", healthz)])
