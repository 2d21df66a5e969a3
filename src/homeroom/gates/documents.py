"""The three documents of a gate run: report, evidence and policy, each canonical JSON known by its digest.

The report names the digests of the other two, and an approval names the digest of the report: who has the report's
digest can tell years later whether any byte of the three is another one.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import homeroom
from homeroom.domain import digests, verdicts
from homeroom.domain.verdicts import Outcome, Verdict
from homeroom.gates import evaluationtables, tabulations
from homeroom.gates.evidence import Evidence, seed
from homeroom.gates.groups import schoolcells

SCHEMA_VERSION = 2
FEW = 0.01
"""Shares up to this are not told apart, nor those of fewer pupils than the minimum cell."""


@dataclass(frozen=True, slots=True)
class GateReport:
    """What a gate run found, and on what.

    Attributes:
        digest: of the canonical form of ``document``; the same release, evidence, policy and day give the same digest.
        verdicts: every finding.
        document: the report: outcome, day, verdicts, and the digests of ``evidence`` and ``policy``.
        evidence: digests of everything that was read and of the verdicts, and the suppressed tables behind these.
        policy: the limits as they applied, and where each came from.
        page: the page for people; no part of any digest.
        evidently: Evidently's page; likewise.
        measurements: what was measured on this machine; differs from run to run, so likewise.
    """

    digest: digests.Digest
    verdicts: tuple[Verdict, ...]
    document: dict[str, Any]
    evidence: dict[str, Any]
    policy: dict[str, Any]
    page: bytes | None = None
    evidently: bytes | None = None
    measurements: dict[str, Any] | None = None

    @property
    def outcome(self) -> Outcome:
        """The worst of all verdicts."""
        return verdicts.worst(self.verdicts)


def build(
    evidence: Evidence,
    found: tuple[Verdict, ...],
    tables: Sequence[tabulations.Table] = (),
) -> GateReport:
    """The documents of a run, without pages and measurements.

    Args:
        evidence: what was judged.
        found: what the gates said.
        tables: the suppressed numbers behind the verdicts.
    """
    plain = [verdict.to_json() for verdict in found]
    behind = _evidence(evidence, tables) | {"verdicts": digests.of_json(plain)}
    schoolcells.refuse_in_evidence(behind)
    limits = _policy(evidence)
    document = {
        "schemaVersion": SCHEMA_VERSION,
        "release": evidence.given.release_digest,
        "on": evidence.on.isoformat(),
        "seed": f"{seed(evidence.table.digest, evidence.policy):016x}",
        "outcome": verdicts.worst(found).value,
        "evidence": digests.of_json(behind),
        "policy": digests.of_json(limits),
        "verdicts": plain,
    }
    return GateReport(digests.of_json(document), found, document, behind, limits)


def parse(document: dict[str, Any], evidence: dict[str, Any], policy: dict[str, Any]) -> GateReport:
    """The report with those documents, its digest computed again; whether they belong together is not looked at.

    Raises:
        KeyError, TypeError, ValueError: it is no report of ours.
    """
    found = tuple(verdicts.from_json(verdict) for verdict in document["verdicts"])
    return GateReport(digests.of_json(document), found, document, evidence, policy)


def _evidence(evidence: Evidence, tables: Sequence[tabulations.Table]) -> dict[str, Any]:
    given = evidence.given
    return {
        "schemaVersion": SCHEMA_VERSION,
        "engine": {"name": "homeroom", "version": homeroom.__version__},
        "release": {"digest": given.release_digest, "config": given.release.to_json()},
        "inputs": {
            "on": evidence.on.isoformat(),
            "evaluation": evidence.table.digest,
            "reference": digests.of_bytes(given.reference),
            "hardware": [box.to_json() for box in given.hardware],
            "calendars": {name: digests.of_bytes(content) for name, content in given.calendars.items()},
            "cells": {name: digests.of_bytes(content) for name, content in given.cells.items()},
            "earlier": {name: digests.of_bytes(content) for name, content in given.earlier.items()},
            "unread": given.unread,
        },
        "thresholds": list(evidence.thresholds),
        "notRecorded": {name: _not_recorded(evidence, name) for name in sorted(evidence.table.groups)},
        "tables": [table.to_json() for table in tables],
    }


def _policy(evidence: Evidence) -> dict[str, Any]:
    resolved = evidence.resolved
    return {
        "schemaVersion": SCHEMA_VERSION,
        "written": evidence.written.to_json(),
        "policy": resolved.spec.to_json(),
        "bands": {band: limits.to_json() for band, limits in sorted(evidence.policies.items())},
        "packs": [pack.to_json() for pack in resolved.packs],
        "lines": [line.to_json() for line in resolved.lines],
    }


def _not_recorded(evidence: Evidence, column: str) -> str:
    """Share of rows without a value, in words coarse enough to hide a few pupils with one, and a few without."""
    share = float(evidence.table.groups[column].are(evaluationtables.MISSING).mean())
    few = max(FEW, evidence.minimum_cell / len(evidence.table))
    if min(share, 1 - share) > few:
        return f"about {round(100 * share)} %"
    return f"at most {math.ceil(100 * few)} %" if share < 1 / 2 else f"at least {math.floor(100 * (1 - few))} %"
