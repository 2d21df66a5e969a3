"""What schools said about closed days is stored with the report that says so, once."""

from datetime import UTC, date, datetime, timedelta

from homeroom.district.database import Database, closures, reports, sites
from homeroom.domain import assignments, closurestatements, dayspans
from homeroom.domain import reports as domain_reports

NOW = datetime(2027, 2, 3, 12, tzinfo=UTC)
ELM = assignments.SiteId("6f0d8f7e-0000-4000-8000-000000000002")
DAYS = dayspans.Span(date(2027, 2, 3), date(2027, 2, 4))
SNOW = closurestatements.Statement(DAYS, closurestatements.Cause.SNOW, "road")
BACK = closurestatements.Statement(DAYS, None)


def a_report(
    seq: int, statement: closurestatements.Statement, site: assignments.SiteId, *, epoch: int = 1, kind: str = "audit"
) -> domain_reports.Report:
    key = domain_reports.ReportKey(site, epoch, kind, seq)
    return domain_reports.Report(key, NOW, closurestatements.to_payload(statement))


def apply(database: Database, *batch: domain_reports.Report, at: datetime = NOW) -> None:
    with database.write() as connection:
        reports.apply(connection, batch, at)


def stored(
    database: Database, day: date = DAYS.start
) -> dict[assignments.SiteId, list[tuple[int, int, closurestatements.Statement]]]:
    with database.read() as connection:
        found = closures.since(connection, day)
    return {site: [(row.epoch, row.seq, row.statement) for row in rows] for site, rows in found.items()}


def test_statement_is_stored_once_however_often_it_arrives(database: Database, oak: sites.SiteRow) -> None:
    closed, back = a_report(1, SNOW, oak.site_id), a_report(2, BACK, oak.site_id)
    apply(database, back, closed)
    apply(database, closed, back, at=NOW + timedelta(days=30))
    assert stored(database) == {oak.site_id: [(1, 1, SNOW), (1, 2, BACK)]}
    with database.read() as connection:
        rows = closures.since(connection, DAYS.start)[oak.site_id]
    assert {row.received_at for row in rows} == {NOW}


def test_statements_of_a_later_epoch_come_last(database: Database, oak: sites.SiteRow) -> None:
    apply(database, a_report(1, BACK, oak.site_id, epoch=2), a_report(9, SNOW, oak.site_id), a_report(3, SNOW, ELM))
    assert stored(database) == {oak.site_id: [(1, 9, SNOW), (2, 1, BACK)], ELM: [(1, 3, SNOW)]}


def test_other_reports_are_no_statements(database: Database, oak: sites.SiteRow) -> None:
    """A status report that looks like one is none: statuses may be dropped, so nothing may rest on them."""
    other = domain_reports.Report(domain_reports.ReportKey(oak.site_id, 1, "audit", 1), NOW, {"event": "installed"})
    unreadable = domain_reports.Report(
        domain_reports.ReportKey(oak.site_id, 1, "audit", 2), NOW, {"event": "school-closed", "from": "soon"}
    )
    apply(database, other, unreadable, a_report(1, SNOW, oak.site_id, kind="status"))
    assert stored(database) == {}
    with database.read() as connection:
        assert reports.count(connection) == 3


def test_closures_of_long_ago_are_not_read(database: Database, oak: sites.SiteRow) -> None:
    apply(database, a_report(1, SNOW, oak.site_id))
    assert list(stored(database, DAYS.end)) == [oak.site_id]
    assert stored(database, DAYS.end + timedelta(days=1)) == {}


def test_box_that_says_too_much_is_cut_to_its_newest_statements(database: Database, oak: sites.SiteRow) -> None:
    apply(database, *(a_report(n, SNOW, oak.site_id) for n in range(1, closures.NEWEST + 4)), a_report(1, SNOW, ELM))
    found = stored(database)
    assert [seq for _, seq, _ in found[oak.site_id]] == list(range(4, closures.NEWEST + 4))
    assert len(found[ELM]) == 1
