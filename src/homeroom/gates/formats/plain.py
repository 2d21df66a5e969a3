"""The three documents in one JSON object, for programs."""

import json

from homeroom.gates import documents


def to_json(report: documents.GateReport) -> bytes:
    """Report, evidence, policy and measurements; readable, and not the bytes that digests are taken over."""
    value = {
        "digest": report.digest,
        "outcome": report.outcome.value,
        "report": report.document,
        "evidence": report.evidence,
        "policy": report.policy,
        "measurements": report.measurements,
    }
    return json.dumps(value, indent=2, sort_keys=True).encode() + b"\n"
