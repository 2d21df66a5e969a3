"""Gate runs in the district database: three documents by their digests, and two pages attached to the report."""

import json
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from homeroom.district.database import evidence
from homeroom.domain import digests, errors
from homeroom.gates import bundles, documents


def keep(connection: sa.Connection, report: documents.GateReport) -> None:
    """Stores everything of a run; storing it again is no change.

    Raises:
        Defect: the documents do not have the digests that the report claims.
    """
    release = digests.parse(report.document["release"])
    for kind, value, claimed, about in (
        (evidence.GATE_REPORT, report.document, report.digest, release),
        (evidence.GATE_EVIDENCE, report.evidence, report.document["evidence"], None),
        (evidence.GATE_POLICY, report.policy, report.document["policy"], None),
    ):
        if evidence.put(connection, kind, digests.canonical_json(value), about=about) != claimed:
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


@dataclass(frozen=True, slots=True)
class Earlier:
    """Reports that were published earlier about one model.

    Attributes:
        bundles: the newest ones, each with its documents in one file, by file name.
        unread: how many more there are.
    """

    bundles: dict[str, bytes]
    unread: int


def earlier(connection: sa.Connection, model_name: str) -> Earlier:
    """Reports on any release of that model, the ones of the latest days first, at most ``bundles.MOST``."""
    kept = [dict(json.loads(content)) for content in evidence.about_model(connection, evidence.GATE_REPORT, model_name)]
    kept.sort(key=lambda report: str(report["on"]), reverse=True)
    found: dict[str, bytes] = {}
    for report in kept:
        # What another version wrote in another form cannot be compared; it counts among those that were not read.
        if report["schemaVersion"] != documents.SCHEMA_VERSION or len(found) == bundles.MOST:
            continue
        whole = find(connection, digests.of_json(report))
        if whole is not None:
            found |= bundles.build(whole.document, whole.evidence, whole.policy)
    return Earlier(found, len(kept) - len(found))


def _document(connection: sa.Connection, digest: digests.Digest) -> dict[str, Any] | None:
    content = evidence.get(connection, digest)
    return None if content is None else dict(json.loads(content))
