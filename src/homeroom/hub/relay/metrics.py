"""What the relay counts; no label names a school."""

import prometheus_client


class Meters:
    """Counters of one relay.

    Attributes:
        polls: answered requests for assignments, by answer.
        taken: records of schools, ``new`` or ``known``.
        queue_full: requests refused because there was no room.
        forwarded: records that the district has answered for, ``accepted`` or ``refused``.
        attempts: messages to the district, by outcome.
        waiting: records that wait now.
        waiting_bytes: their size.
    """

    def __init__(self, registry: prometheus_client.CollectorRegistry) -> None:
        def counter(name: str, text: str, *labels: str) -> prometheus_client.Counter:
            return prometheus_client.Counter(f"homeroom_relay_{name}", text, labels, registry=registry)

        def gauge(name: str, text: str) -> prometheus_client.Gauge:
            return prometheus_client.Gauge(f"homeroom_relay_{name}", text, registry=registry)

        self.polls = counter("polls", "Answered requests for assignments.", "answer")
        self.taken = counter("records_taken", "Records of schools.", "what")
        self.queue_full = counter("queue_full", "Requests refused because the queue was full.")
        self.forwarded = counter("records_forwarded", "Records that the district has answered for.", "what")
        self.attempts = counter("forward_attempts", "Messages to the district.", "outcome")
        self.waiting = gauge("records_waiting", "Records that wait for the district.")
        self.waiting_bytes = gauge("records_waiting_bytes", "Size of the records that wait for the district.")
