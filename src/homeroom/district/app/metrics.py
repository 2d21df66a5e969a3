"""What the service counts, in a registry of its own so that two apps in one process do not collide."""

import prometheus_client
from prometheus_client import exposition


class Counters:
    """Counters of one app; labels never hold a school, a person, or a path with a name in it."""

    def __init__(self) -> None:
        self.registry = prometheus_client.CollectorRegistry()
        self.reports = prometheus_client.Counter(
            "homeroom_district_reports",
            "Reports of schools, by what became of them: applied, duplicate, refused.",
            ["outcome"],
            registry=self.registry,
        )
        self.refusals = prometheus_client.Counter(
            "homeroom_district_report_refusals",
            "Reports that will never be taken, by reason.",
            ["reason"],
            registry=self.registry,
        )
        self.requests = prometheus_client.Counter(
            "homeroom_district_requests",
            "HTTP requests, by route and status.",
            ["method", "route", "status"],
            registry=self.registry,
        )
        self.seconds = prometheus_client.Histogram(
            "homeroom_district_request_seconds",
            "Time from request to answer, by route.",
            ["route"],
            registry=self.registry,
        )

    def render(self) -> bytes:
        """Text for Prometheus."""
        return exposition.generate_latest(self.registry)
