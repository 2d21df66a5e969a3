"""SARIF 2.1.0, as code scanning reads it: a rule for each check, a result for each finding.

https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

import json
from typing import Any

import homeroom
from homeroom.domain import digests
from homeroom.domain.verdicts import Outcome, Verdict
from homeroom.gates import documents
from homeroom.gates.formats import wording

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
INFORMATION = "https://github.com/homeroom-dev/homeroom/blob/main/docs/explanation/gates.md"
LOCATION = "release.json"
"""Code scanning shows no result without a file: the one that describes the release."""

_KIND = {
    Outcome.PASS: ("pass", "none"),
    Outcome.NOT_APPLICABLE: ("informational", "none"),
    # A finding that lacks evidence has not passed: "review" would not be shown as something to act on.
    Outcome.NOT_ENOUGH_EVIDENCE: ("fail", "warning"),
    Outcome.FAIL: ("fail", "error"),
}
_NUMBERS = ("estimate", "low", "high", "limit", "detectable")


def to_sarif(report: documents.GateReport) -> bytes:
    """The report as SARIF, UTF-8."""
    checks = sorted({wording.check(verdict) for verdict in report.verdicts})
    value = {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {"driver": _driver(checks)},
                "results": [_result(verdict, checks) for verdict in report.verdicts],
                "properties": {
                    "outcome": report.outcome.value,
                    "release": report.document["release"],
                    "report": report.digest,
                    "on": report.document["on"],
                },
            }
        ],
    }
    return json.dumps(value, indent=2, sort_keys=True).encode() + b"\n"


def _driver(checks: list[str]) -> dict[str, Any]:
    return {
        "name": "homeroom",
        "version": homeroom.__version__,
        "semanticVersion": homeroom.__version__,
        "informationUri": INFORMATION,
        "rules": [_rule(check) for check in checks],
    }


def _rule(check: str) -> dict[str, Any]:
    return {
        "id": check,
        "name": "".join(word[:1].upper() + word[1:] for word in check.replace("-", ".").split(".")),
        "shortDescription": {"text": f"Gate check {check}"},
        "helpUri": INFORMATION,
        "defaultConfiguration": {"level": "error"},
    }


def _result(verdict: Verdict, checks: list[str]) -> dict[str, Any]:
    check, subject = wording.check(verdict), wording.plain(verdict.subject)
    kind, level = _KIND[verdict.outcome]
    numbers = {name: getattr(verdict, name) for name in _NUMBERS}
    said = " ".join(part for part in (wording.plain(verdict.sentence), wording.plain(verdict.action)) if part)
    return {
        "ruleId": check,
        "ruleIndex": checks.index(check),
        "kind": kind,
        "level": level,
        # Braces and brackets mean placeholders and links in a SARIF message.
        "message": {"text": _literal(said)},
        "locations": [
            {
                "physicalLocation": {"artifactLocation": {"uri": LOCATION}, "region": {"startLine": 1}},
                "logicalLocations": [{"fullyQualifiedName": subject, "kind": "member"}],
            }
        ],
        "partialFingerprints": {"homeroomFinding/v1": digests.of_json([check, subject, verdict.band])},
        "properties": {
            "gate": verdict.gate,
            "subject": subject,
            "outcome": verdict.outcome.value,
            "band": verdict.band,
            "rows": verdict.rows,
            **{name: None if number is None else round(number, 4) for name, number in numbers.items()},
        },
    }


def _literal(text: str) -> str:
    for mark, written in (("\\", "\\\\"), ("[", "\\["), ("]", "\\]"), ("{", "{{"), ("}", "}}")):
        text = text.replace(mark, written)
    return text
