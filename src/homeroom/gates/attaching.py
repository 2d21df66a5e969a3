"""The documents of a gate run as an OCI artifact beside the release that they judge."""

from homeroom.domain import digests
from homeroom.gates import documents
from homeroom.packaging import attachments

ARTIFACT_TYPE = "application/vnd.homeroom.gates.v1+json"
REPORT_TYPE = "application/vnd.homeroom.gates.report.v1+json"
EVIDENCE_TYPE = "application/vnd.homeroom.gates.evidence.v1+json"
POLICY_TYPE = "application/vnd.homeroom.gates.policy.v1+json"
PAGE_TYPE = "text/html"
REPORT_ANNOTATION = "dev.homeroom.gates.report"
OUTCOME_ANNOTATION = "dev.homeroom.gates.outcome"

REPORT, EVIDENCE, POLICY, PAGE = "report.json", "evidence.json", "policy.json", "page.html"


def build(subject: bytes, report: documents.GateReport) -> attachments.Attachment:
    """The artifact of ``report``; its layers are the bytes that the digests in the report were taken over.

    Args:
        subject: manifest of the release.
        report: what was found.
    """
    named = ((REPORT, REPORT_TYPE, report.document), (EVIDENCE, EVIDENCE_TYPE, report.evidence))
    parts = [
        attachments.Part(path, media_type, digests.canonical_json(value))
        for path, media_type, value in (*named, (POLICY, POLICY_TYPE, report.policy))
    ]
    if report.page is not None:
        parts.append(attachments.Part(PAGE, PAGE_TYPE, report.page))
    annotations = {REPORT_ANNOTATION: report.digest, OUTCOME_ANNOTATION: report.outcome.value}
    return attachments.build(subject, ARTIFACT_TYPE, parts, annotations)
