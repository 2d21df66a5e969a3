"""What the hub's operator counts."""

import prometheus_client


class Meters:
    """Counters of one operator.

    Attributes:
        polls: questions to the district, by outcome.
        fetched: releases brought over, by outcome.
        cached_bytes: what the registry holds.
        missing: releases that some school waits for.
        passes: passes of the sweep, by outcome.
        status_writes: writes to the API server.
        kopf_events: events that Kopf delivered.
    """

    def __init__(self, registry: prometheus_client.CollectorRegistry) -> None:
        def counter(name: str, text: str, *labels: str) -> prometheus_client.Counter:
            return prometheus_client.Counter(f"homeroom_hub_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str) -> prometheus_client.Gauge:
            return prometheus_client.Gauge(f"homeroom_hub_{name}", text, registry=registry)

        self.polls = counter("polls", "Questions to the district.", "outcome")
        self.fetched = counter("releases_fetched", "Attempts to bring a release over.", "outcome")
        self.cached_bytes = gauge("cached_bytes", "What the hub's registry was filled with.")
        self.missing = gauge("releases_missing", "Releases that some school waits for.")
        self.passes = counter("passes", "Passes of the sweep.", "outcome")
        self.status_writes = counter("status_writes", "Writes of RegionalHub status.")
        self.kopf_events = counter("kopf_events", "Events that Kopf delivered.")
