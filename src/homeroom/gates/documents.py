"""The gate report: a canonical JSON document whose digest an approval names."""

from dataclasses import dataclass
from typing import Any

from homeroom.domain import digests, verdicts
from homeroom.domain.verdicts import Outcome, Verdict
from homeroom.gates import inputs
from homeroom.gates.evidence import Evidence, seed

SCHEMA_VERSION = 1
FEW = 0.01
"""Shares up to this are not told apart: they are a few pupils."""


@dataclass(frozen=True, slots=True)
class GateReport:
    """What a gate run found.

    Attributes:
        digest: of the canonical form of ``document``; the same evidence, release and policy give the same digest.
        verdicts: every finding.
        document: plain JSON, without clock, rows, or counts under the minimum cell.
        html: Evidently's page; not part of the digest.
        measurements: what was measured on this machine; differs from run to run, so not part of the digest.
    """

    digest: digests.Digest
    verdicts: tuple[Verdict, ...]
    document: dict[str, Any]
    html: bytes | None = None
    measurements: dict[str, Any] | None = None

    @property
    def outcome(self) -> Outcome:
        """The worst of all verdicts."""
        return verdicts.worst(self.verdicts)


def build(
    evidence: Evidence, given: inputs.GateInputs, found: tuple[verdicts.Verdict, ...], rates: list[dict[str, Any]]
) -> GateReport:
    """The report without page and measurements."""
    document = {
        "schemaVersion": SCHEMA_VERSION,
        "release": given.release_digest,
        "evaluation": evidence.table.digest,
        "reference": digests.of_bytes(given.reference),
        "policy": digests.of_json(evidence.policy.to_json()),
        "minimumCell": evidence.minimum_cell,
        "resamples": evidence.policy.fairness.resamples,
        "seed": f"{seed(evidence.table.digest, evidence.policy):016x}",
        "thresholds": list(evidence.thresholds),
        "harm": evidence.policy.harm.value,
        "outcome": verdicts.worst(found).value,
        "notRecorded": {name: _not_recorded(evidence, name) for name in sorted(evidence.table.groups)},
        "groupRates": rates,
        "verdicts": [verdict.to_json() for verdict in found],
    }
    return GateReport(digest=digests.of_json(document), verdicts=found, document=document)


def parse(content: dict[str, Any]) -> GateReport:
    """The report with that document, its digest computed again.

    Raises:
        KeyError, ValueError: it is no report of ours.
    """
    found = tuple(verdicts.from_json(verdict) for verdict in content["verdicts"])
    return GateReport(digest=digests.of_json(content), verdicts=found, document=content)


def _not_recorded(evidence: Evidence, column: str) -> str:
    """Share of rows without a value, in words coarse enough to hide a few pupils."""
    share = float((evidence.table.groups[column] == "missing").mean())
    return "at most 1 %" if share <= FEW else f"about {round(100 * share)} %"
