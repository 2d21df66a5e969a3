"""What the operator counts."""

import prometheus_client


class Metrics:
    """Counters and gauges of one operator, in a registry of their own.

    Attributes:
        registry: what ``/metrics`` renders.
        passes: passes by kind and outcome (``unchanged``, ``changed``, ``failed``).
        seconds: duration of a pass by kind.
        steps: ends of long steps by step and outcome (``done``, ``failed``).
        published: assignments that were published.
        lease: 1 while this process may write.
    """

    def __init__(self) -> None:
        self.registry = prometheus_client.CollectorRegistry()
        prometheus_client.ProcessCollector(registry=self.registry)
        self.passes = prometheus_client.Counter(
            "homeroom_operator_passes", "Passes over an object.", ("kind", "outcome"), registry=self.registry
        )
        self.seconds = prometheus_client.Histogram(
            "homeroom_operator_pass_seconds", "Duration of a pass.", ("kind",), registry=self.registry
        )
        self.steps = prometheus_client.Counter(
            "homeroom_operator_steps", "Long steps that ended.", ("step", "outcome"), registry=self.registry
        )
        self.published = prometheus_client.Counter(
            "homeroom_operator_assignments_published", "Assignments published.", registry=self.registry
        )
        self.lease = prometheus_client.Gauge(
            "homeroom_operator_lease_held", "1 while this process may write.", registry=self.registry
        )
