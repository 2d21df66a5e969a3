"""What the processes of a school count; labels name schools and levels, never pupils."""

import prometheus_client as prometheus

ANSWERS = prometheus.Counter(
    "homeroom_school_answers", "Answers given, by the rung they came from.", ["school", "level"]
)
REFUSED = prometheus.Counter("homeroom_school_refused", "Assignments and blobs refused.", ["school", "reason"])
QUEUED = prometheus.Gauge("homeroom_school_queued_reports", "Reports that wait for the district's receipt.", ["school"])
QUEUED_BYTES = prometheus.Gauge("homeroom_school_queued_bytes", "Bytes of waiting reports.", ["school", "class"])
VERSION = prometheus.Gauge("homeroom_school_assignment_version", "Newest verified assignment.", ["school"])
ONLINE = prometheus.Gauge("homeroom_school_online", "1 while some endpoint of the assignment answers.", ["school"])
RECEIVED = prometheus.Counter("homeroom_school_received_bytes", "Model bytes received.", ["school"])


def exposition() -> bytes:
    """What ``GET /metrics`` shows."""
    return prometheus.generate_latest()


MEDIA_TYPE = prometheus.CONTENT_TYPE_LATEST.encode()
