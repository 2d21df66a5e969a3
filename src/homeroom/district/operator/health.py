"""``/metrics`` and ``/healthz`` of the operator."""

from collections.abc import Callable

import prometheus_client
from starlette import applications, requests, responses, routing

from homeroom.district.operator import metrics as operator_metrics

Health = Callable[[], str | None]
"""None when all is well, else one sentence."""


def build_app(metrics: operator_metrics.Metrics, health: Health) -> applications.Starlette:
    """Plain app: ``/metrics``, and ``/healthz`` with 200, or 503 and the sentence."""

    async def show_metrics(_: requests.Request) -> responses.Response:
        content = prometheus_client.generate_latest(metrics.registry)
        return responses.Response(content, media_type=prometheus_client.CONTENT_TYPE_LATEST)

    async def show_health(_: requests.Request) -> responses.Response:
        sentence = health()
        return responses.PlainTextResponse(sentence or "ok", 200 if sentence is None else 503)

    return applications.Starlette(
        routes=[routing.Route("/metrics", show_metrics), routing.Route("/healthz", show_health)]
    )
