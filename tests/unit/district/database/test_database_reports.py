import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from homeroom.district.database import Database, reports, sites, states
from homeroom.domain import assignments
from homeroom.domain import reports as domain_reports

NOW = datetime(2026, 9, 7, 12, 0, tzinfo=UTC)
OAK = assignments.SiteId("6f0d8f7e-0000-4000-8000-000000000001")
ELM = assignments.SiteId("6f0d8f7e-0000-4000-8000-000000000002")
STATUS = domain_reports.ReportClass.STATUS


def a_report(seq: int, *, site: str = OAK, epoch: int = 1, report_class: str = "status") -> domain_reports.Report:
    """A report whose content follows from its key, as real ones do: one key never has two contents."""
    payload = {
        "assignmentVersion": epoch * 100 + seq,
        "serving": [
            {
                "purpose": "support-offer",
                "band": "K-2",
                "release": "sha256:" + f"{seq % 16:x}" * 64,
                "level": "full",
                "healthy": True,
            }
        ],
        "answers": seq * 10,
        "agentVersion": "0.1.0",
        "refused": None,
    }
    key = domain_reports.ReportKey(assignments.SiteId(site), epoch, report_class, seq)
    return domain_reports.Report(key, NOW - timedelta(hours=5) + timedelta(seconds=seq), payload)


def enrol(database: Database, *site_ids: str) -> None:
    with database.write() as connection:
        for site_id in site_ids:
            row = sites.SiteRow(assignments.SiteId(site_id), site_id, 1, "A" * 43 + "=", None, "north", ("K-2",))
            sites.upsert(connection, row)


def apply(database: Database, batch: list[domain_reports.Report]) -> reports.Applied:
    with database.write() as connection:
        return reports.apply(connection, batch, NOW)


def test_a_record_that_arrives_twice_is_applied_once(database: Database) -> None:
    enrol(database, OAK)
    assert apply(database, [a_report(1), a_report(2), a_report(2)]) == (2, 1)
    assert apply(database, [a_report(2), a_report(3)]) == (1, 1)
    with database.read() as connection:
        assert [report.key.seq for report in reports.of_site(connection, OAK)] == [1, 2, 3]


def test_acknowledged_is_only_what_has_no_hole_before_it(database: Database) -> None:
    enrol(database, OAK)
    apply(database, [a_report(1), a_report(3), a_report(4)])
    with database.read() as connection:
        assert reports.through(connection, OAK, 1, STATUS) == 1
    apply(database, [a_report(2)])
    with database.read() as connection:
        assert reports.through(connection, OAK, 1, STATUS) == 4
        assert reports.through(connection, OAK, 2, STATUS) == 0


def test_a_batch_and_its_effects_are_one_transaction(database: Database) -> None:
    """What is stored but not acknowledged would be lost; what is acknowledged but not stored, too."""
    enrol(database, OAK)

    def half() -> None:
        with database.write() as connection:
            reports.apply(connection, [a_report(1)], NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half()
    with database.read() as connection:
        assert reports.count(connection) == 0
        assert states.get(connection, OAK) is None
        assert reports.through(connection, OAK, 1, STATUS) == 0


def test_the_newest_status_shows_however_late_an_older_one_arrives(database: Database) -> None:
    enrol(database, OAK)
    apply(database, [a_report(7)])
    apply(database, [a_report(3)])
    with database.read() as connection:
        state = states.get(connection, OAK)
    assert state is not None
    assert (state.status_seq, state.assignment_version, state.answers) == (7, 107, 70)
    assert state.serving[0].level == "full"


def test_a_clock_that_runs_ahead_does_not_keep_a_dead_school_alive(database: Database) -> None:
    enrol(database, OAK)
    future = domain_reports.Report(a_report(1).key, NOW + timedelta(days=9), a_report(1).payload)
    apply(database, [future])
    with database.read() as connection:
        state = states.get(connection, OAK)
    assert state is not None
    assert state.last_report_at == NOW


@pytest.mark.parametrize(
    "payload",
    [
        {},
        {"assignmentVersion": "x", "serving": []},
        {"assignmentVersion": 1, "serving": [7]},
        {"assignmentVersion": 1, "serving": None},
    ],
    ids=["empty", "no number", "no object", "no list"],
)
def test_a_status_that_cannot_be_read_is_stored_and_counts_as_a_sign_of_life_only(
    database: Database, payload: dict[str, object]
) -> None:
    """It was signed by the school: refusing it would keep it in the school's queue for ever."""
    enrol(database, OAK)
    assert apply(database, [a_report(1), domain_reports.Report(a_report(2).key, NOW, payload)]) == (2, 0)
    with database.read() as connection:
        state = states.get(connection, OAK)
        assert reports.through(connection, OAK, 1, STATUS) == 2
    assert state is not None
    assert (state.status_seq, state.last_report_at) == (1, NOW)


def test_records_of_a_school_that_left_are_kept_without_a_state(database: Database) -> None:
    assert apply(database, [a_report(1)]) == (1, 0)
    with database.read() as connection:
        assert states.get(connection, OAK) is None


def test_an_empty_batch_changes_nothing(database: Database) -> None:
    assert apply(database, []) == (0, 0)


def test_a_batch_of_two_thousand_records_is_applied_whole(database: Database) -> None:
    enrol(database, OAK)
    batch = [a_report(seq) for seq in range(1, 2_001)]
    random.Random(7).shuffle(batch)  # noqa: S311 - a test order
    assert apply(database, batch) == (2_000, 0)
    with database.read() as connection:
        assert reports.through(connection, OAK, 1, STATUS) == 2_000


KEYS = st.tuples(
    st.sampled_from([OAK, ELM]),
    st.integers(1, 2),
    st.sampled_from(["status", "usage", "audit"]),
    st.integers(1, 6),
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(keys=st.sets(KEYS, min_size=1, max_size=25), data=st.data())
def test_any_order_and_any_repetition_of_batches_ends_in_the_same_state(
    tmp_path_factory: pytest.TempPathFactory, keys: set[tuple[str, int, str, int]], data: st.DataObject
) -> None:
    """The law of the channel: what is stored and shown depends on which records arrived, never on how."""
    records = [a_report(seq, site=site, epoch=epoch, report_class=kind) for site, epoch, kind, seq in sorted(keys)]
    shuffled = data.draw(st.permutations(records + data.draw(st.lists(st.sampled_from(records), max_size=10))))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(shuffled)), max_size=4)))
    batches = [shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, len(shuffled)], strict=True)]
    in_order = _end_state(tmp_path_factory, [records])
    arrived = _end_state(tmp_path_factory, batches)
    assert arrived == in_order
    assert [report for reports_ in arrived[0] for report in reports_] == sorted(records, key=lambda report: report.key)


EndState = tuple[list[tuple[domain_reports.Report, ...]], dict[assignments.SiteId, states.StateRow], list[int]]


def _end_state(factory: pytest.TempPathFactory, batches: list[list[domain_reports.Report]]) -> EndState:
    database = Database.open(f"sqlite:///{factory.mktemp('db') / 'district.db'}")
    enrol(database, OAK, ELM)
    total = [apply(database, batch) for batch in batches]
    with database.read() as connection:
        stored = [reports.of_site(connection, site) for site in (OAK, ELM)]
        shown = states.every(connection)
        acknowledged = [
            reports.through(connection, site, epoch, kind)
            for site in (OAK, ELM)
            for epoch in (1, 2)
            for kind in domain_reports.ReportClass
        ]
    database.close()
    assert sum(found.applied for found in total) == sum(map(len, stored))
    assert sum(found.applied + found.duplicates for found in total) == sum(map(len, batches))
    return stored, shown, acknowledged
