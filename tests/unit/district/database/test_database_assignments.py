"""Versions rise without a gap, each is published once, and a writer who lost the lease writes nothing any more."""

from dataclasses import replace

import pytest
from tests.unit.district.app import worlds

from homeroom.district.database import Database, evidence, releases, sites, wave_sites
from homeroom.district.database import assignments as published
from homeroom.domain import assignments, digests, errors
from homeroom.domain import releases as domain_releases
from homeroom.trust import bundles

SITE = worlds.site_id(1)


def a_bundle(version: int, number: int = 1) -> bundles.Bundle:
    return bundles.Bundle(worlds.site_id(number), version, (b"root",), b"t", b"s", b"g", b"a%d" % version)


def publish(database: Database, version: int, *, number: int = 1, lease_epoch: int = 1) -> None:
    with database.write() as connection:
        published.reserve(connection, worlds.site_id(number), lease_epoch)
        published.publish(
            connection,
            a_bundle(version, number),
            worlds.an_assignment(number, version),
            lease_epoch=lease_epoch,
            now=worlds.NOW,
        )


def test_versions_start_at_one_and_have_no_gap(database: Database) -> None:
    """A version that was reserved and never published is reserved again, so a crash leaves no hole."""
    with database.write() as connection:
        assert [published.reserve(connection, SITE, 1) for _ in range(3)] == [1, 1, 1]
    publish(database, 1)
    with database.write() as connection:
        assert published.reserve(connection, SITE, 1) == 2


def test_a_writer_who_lost_the_lease_is_refused_everywhere(database: Database) -> None:
    with database.write() as connection:
        published.reserve(connection, SITE, 4)
        published.reserve(connection, worlds.site_id(2), 5)
        with pytest.raises(errors.Refused, match="must stop"):
            published.reserve(connection, SITE, 4)
        with pytest.raises(errors.Refused, match="must stop"):
            published.publish(connection, a_bundle(1), worlds.an_assignment(1), lease_epoch=4, now=worlds.NOW)


def test_what_another_writer_reserved_is_not_this_ones_to_publish(database: Database) -> None:
    with database.write() as connection:
        published.reserve(connection, SITE, 1)
        with pytest.raises(errors.Refused, match="reserve it again"):
            published.publish(connection, a_bundle(1), worlds.an_assignment(1), lease_epoch=2, now=worlds.NOW)


def test_a_version_is_published_once_and_the_same_again_changes_nothing(database: Database) -> None:
    publish(database, 1)
    with database.write() as connection:
        published.publish(connection, a_bundle(1), worlds.an_assignment(1), lease_epoch=1, now=worlds.NOW)
        other = replace(worlds.an_assignment(1), min_agent="9.9.9")
        with pytest.raises(errors.Refused, match="not this writer's to publish"):
            published.publish(connection, a_bundle(1), other, lease_epoch=1, now=worlds.NOW)
    with database.read() as connection:
        assert published.latest(connection, SITE) == (1, worlds.an_assignment(1))


def test_a_school_gets_only_what_is_newer(database: Database) -> None:
    publish(database, 1)
    publish(database, 2)
    with database.read() as connection:
        assert published.bundle(connection, SITE, 0) == a_bundle(2)
        assert published.bundle(connection, SITE, 1) == a_bundle(2)
        assert published.bundle(connection, SITE, 2) is None
        assert published.bundle(connection, worlds.site_id(7), 0) is None


def test_a_hub_gets_the_newest_of_each_of_its_schools_and_nothing_twice(database: Database) -> None:
    with database.write() as connection:
        for number, hub in ((1, "north"), (2, "north"), (3, "south")):
            row = sites.SiteRow(worlds.site_id(number), f"school-{number}", 1, "A" * 44, hub, "north", ("K-2",))
            sites.upsert(connection, row)
    for number, version in ((1, 1), (2, 1), (3, 1), (1, 2)):
        publish(database, version, number=number)
    with database.read() as connection:
        cursor, found = published.changed_for_hub(connection, "north", 0)
        assert found == [a_bundle(1, 2), a_bundle(2, 1)]
        assert published.changed_for_hub(connection, "north", cursor) == (cursor, [])
        assert published.changed_for_hub(connection, "north", cursor + 50)[1] == found


def test_a_hub_with_many_schools_gets_them_in_pages_without_a_gap(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(published, "PAGE", 2)
    with database.write() as connection:
        for number in range(1, 6):
            sites.upsert(
                connection, sites.SiteRow(worlds.site_id(number), f"s-{number}", 1, "A" * 44, "north", "n", ("K-2",))
            )
    for number in range(1, 6):
        publish(database, 1, number=number)
    seen: list[assignments.SiteId] = []
    cursor = 0
    with database.read() as connection:
        for _ in range(4):
            cursor, found = published.changed_for_hub(connection, "north", cursor)
            seen += [bundle.site_id for bundle in found]
    assert seen == [worlds.site_id(number) for number in range(1, 6)]


def test_a_school_that_comes_back_does_not_see_an_old_version_again(database: Database, oak: sites.SiteRow) -> None:
    with database.write() as connection:
        version = published.reserve(connection, oak.site_id, 1)
        document = replace(worlds.an_assignment(1, version), site_id=oak.site_id)
        published.publish(
            connection, replace(a_bundle(1), site_id=oak.site_id), document, lease_epoch=1, now=worlds.NOW
        )
        sites.remove(connection, oak.site_id)
        assert sites.get(connection, oak.site_id) is None
        sites.upsert(connection, oak)
        assert published.reserve(connection, oak.site_id, 1) == 2


def test_a_name_that_moves_to_another_school_leaves_the_first(database: Database, oak: sites.SiteRow) -> None:
    moved = replace(oak, site_id=worlds.site_id(9))
    with database.write() as connection:
        sites.upsert(connection, moved)
        assert sites.every(connection) == (moved,)


def test_rows_of_a_wave_are_replaced_one_by_one(database: Database) -> None:
    first, second = (wave_sites.WaveSiteRow(worlds.site_id(n), "pending") for n in (1, 2))
    done = replace(first, state="done", ended_at=worlds.NOW, reason="")
    with database.write() as connection:
        wave_sites.put(connection, "pilot", [first, second])
        wave_sites.put(connection, "pilot", [done])
        wave_sites.put(connection, "north", [])
        assert set(wave_sites.rows(connection, "pilot")) == {done, second}
        assert wave_sites.every(connection).keys() == {"pilot"}
        wave_sites.remove(connection, "pilot")
        assert wave_sites.rows(connection, "pilot") == ()


def test_evidence_and_releases_are_kept_by_digest_once(database: Database) -> None:
    config = domain_releases.ReleaseConfig("m", "support-offer", ("K-2",), ("a",), "score", 30, (), ())
    row = releases.ReleaseRow(worlds.GOOD, "m", "1", "releases/m", config)
    with database.write() as connection:
        assert evidence.put(connection, "gate-report", b"x") == evidence.put(connection, "gate-report", b"x")
        assert evidence.get(connection, digests.of_bytes(b"y")) is None
        releases.record(connection, row)
        releases.record(connection, row)
        assert releases.get(connection, worlds.GOOD) == row
        assert releases.of_model(connection, "m", "1") == (row,)
        assert releases.of_model(connection, "m", "2") == ()
