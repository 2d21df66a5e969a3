"""Gate runs in the database: which earlier reports a new run is compared with."""

import json
from typing import Any

from tests import builders
from tests.unit.gates import cases

from homeroom.district import archives
from homeroom.district.database import Database, releases
from homeroom.domain import digests
from homeroom.gates import bundles, documents


def _release(database: Database, model: str) -> digests.Digest:
    digest = builders.a_digest(model)
    with database.write() as connection:
        releases.record(connection, releases.ReleaseRow(digest, model, "1", f"releases/{model}", cases.a_release()))
    return digest


def _report(release: digests.Digest, day: int, **other: Any) -> documents.GateReport:
    verdict = builders.a_verdict()
    plain = [verdict.to_json()]
    behind: dict[str, Any] = {"verdicts": digests.of_json(plain), "day": day}
    policy: dict[str, Any] = {"policy": {}}
    document = {
        "schemaVersion": documents.SCHEMA_VERSION,
        "release": release,
        "on": f"2026-{1 + day // 28:02}-{1 + day % 28:02}",
        "evidence": digests.of_json(behind),
        "policy": digests.of_json(policy),
        "verdicts": plain,
        **other,
    }
    return documents.GateReport(digests.of_json(document), (verdict,), document, behind, policy)


def _keep(database: Database, *reports: documents.GateReport) -> None:
    with database.write() as connection:
        for report in reports:
            archives.keep(connection, report)


def test_reports_of_the_model_are_found_with_their_documents_and_no_others(database: Database) -> None:
    reading, maths = _release(database, "reading"), _release(database, "maths")
    kept = _report(reading, 1)
    _keep(database, kept, _report(maths, 2))

    with database.read() as connection:
        found = archives.earlier(connection, "reading")

    ((name, content),) = found.bundles.items()
    assert (name, found.unread) == (f"{kept.digest.removeprefix('sha256:')}.json", 0)
    assert bundles.parse(content) == bundles.Documents(kept.document, kept.evidence, kept.policy)


def test_newest_reports_are_read_and_the_others_counted(database: Database) -> None:
    """Rule: a limit that cuts is said; what another version wrote in another form counts as not read."""
    reading = _release(database, "reading")
    _keep(database, *(_report(reading, day) for day in range(bundles.MOST + 2)))
    _keep(database, _report(reading, 300, schemaVersion=1))

    with database.read() as connection:
        found = archives.earlier(connection, "reading")

    days = sorted(json.loads(content)["evidence"]["day"] for content in found.bundles.values())
    assert days == list(range(2, bundles.MOST + 2))
    assert found.unread == 3


def test_no_report_before_the_first(database: Database) -> None:
    with database.read() as connection:
        assert archives.earlier(connection, "reading") == archives.Earlier({}, 0)
