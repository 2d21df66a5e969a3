"""Gate runs in the district database: three documents by their digests, and two pages attached to the report."""

import json
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from homeroom.district.database import evidence
from homeroom.domain import digests, errors
from homeroom.gates import documents


def keep(connection: sa.Connection, report: documents.GateReport) -> None:
    """Stores everything of a run; storing it again is no change.

    Raises:
        Defect: the documents do not have the digests that the report claims.
    """
    for kind, value, claimed in (
        (evidence.GATE_REPORT, report.document, report.digest),
        (evidence.GATE_EVIDENCE, report.evidence, report.document["evidence"]),
        (evidence.GATE_POLICY, report.policy, report.document["policy"]),
    ):
        if evidence.put(connection, kind, digests.canonical_json(value)) != claimed:
            raise errors.Defect(f"the {kind} does not have the digest that the gate report claims")
    for kind, page in ((evidence.GATE_PAGE, report.page), (evidence.EVIDENTLY_PAGE, report.evidently)):
        if page is not None:
            evidence.put(connection, kind, page, about=report.digest)


def find(connection: sa.Connection, digest: digests.Digest) -> documents.GateReport | None:
    """The run whose report has that digest; None when any of its documents is not there."""
    report = _document(connection, digest)
    if report is None:
        return None
    behind, policy = (_document(connection, digests.parse(report[name])) for name in ("evidence", "policy"))
    if behind is None or policy is None:
        return None
    found = documents.parse(report, behind, policy)
    page = evidence.attached(connection, evidence.GATE_PAGE, digest)
    return replace(found, page=page, evidently=evidence.attached(connection, evidence.EVIDENTLY_PAGE, digest))


def _document(connection: sa.Connection, digest: digests.Digest) -> dict[str, Any] | None:
    content = evidence.get(connection, digest)
    return None if content is None else dict(json.loads(content))
