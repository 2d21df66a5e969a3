"""The bulk channel against a registry that drops, lies and stalls."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tests.fakes import oci_registry

from homeroom.domain import digests, errors
from homeroom.transport.oci import client, retries

QUICK = retries.Retries(attempts=3, first_seconds=0.001, longest_seconds=0.01)
BLOB = bytes(range(256)) * 1024  # 256 KiB
REPOSITORY = "releases/reading"


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


@pytest.fixture
async def registry() -> AsyncIterator[oci_registry.FakeRegistry]:
    async with oci_registry.FakeRegistry() as running:
        yield running


@pytest.fixture
async def oci(registry: oci_registry.FakeRegistry) -> AsyncIterator[client.OciClient]:
    async with client.OciClient(registry.url, None, tries=QUICK, read_seconds=0.2) as opened:
        yield opened


async def test_a_dropped_download_goes_on_where_it_ended(
    registry: oci_registry.FakeRegistry, oci: client.OciClient, tmp_path: Path
) -> None:
    """Bytes that have arrived are not asked for again."""
    digest = registry.put(BLOB)
    registry.faults.extend([oci_registry.Fault(drop_after=100_000), oci_registry.Fault(drop_after=100_000)])
    await oci.pull_blob(REPOSITORY, digest, len(BLOB), tmp_path / "blob")
    assert (tmp_path / "blob").read_bytes() == BLOB
    assert registry.ranges() == [None, "bytes=100000-", "bytes=200000-"]
    assert oci.received_bytes == len(BLOB)


async def test_a_download_that_was_given_up_is_resumed_by_the_next_call(
    registry: oci_registry.FakeRegistry, oci: client.OciClient, tmp_path: Path
) -> None:
    digest = registry.put(BLOB)
    registry.faults.extend([oci_registry.Fault(drop_after=1000)] + [oci_registry.Fault(status=500)] * 5)
    with pytest.raises(errors.Unavailable):
        await oci.pull_blob(REPOSITORY, digest, len(BLOB), tmp_path / "blob")
    assert not (tmp_path / "blob").exists()
    registry.faults.clear()
    await oci.pull_blob(REPOSITORY, digest, len(BLOB), tmp_path / "blob")
    assert registry.ranges()[-1] == "bytes=1000-"
    assert (tmp_path / "blob").read_bytes() == BLOB
    assert names(tmp_path) == ["blob"]


async def test_many_drops_are_borne_while_each_brings_something(
    registry: oci_registry.FakeRegistry, oci: client.OciClient, tmp_path: Path
) -> None:
    """The limit is on attempts that bring nothing: a bad line is slow, not hopeless."""
    digest = registry.put(BLOB)
    registry.faults.extend([oci_registry.Fault(drop_after=10_000)] * 20)
    await oci.pull_blob(REPOSITORY, digest, len(BLOB), tmp_path / "blob")
    assert (tmp_path / "blob").read_bytes() == BLOB


async def test_a_registry_that_always_drops_at_once_is_given_up(
    registry: oci_registry.FakeRegistry, oci: client.OciClient, tmp_path: Path
) -> None:
    digest = registry.put(BLOB)
    registry.always = oci_registry.Fault(drop_after=0)
    with pytest.raises(errors.Unavailable):
        await oci.pull_blob(REPOSITORY, digest, len(BLOB), tmp_path / "blob")
    assert len(registry.ranges()) == QUICK.attempts


async def test_a_hung_registry_is_given_up_after_the_deadline(
    registry: oci_registry.FakeRegistry, oci: client.OciClient, tmp_path: Path
) -> None:
    digest = registry.put(BLOB)
    registry.always = oci_registry.Fault(hang_after=0)
    with pytest.raises(errors.Unavailable, match="ReadTimeout"):
        await oci.pull_blob(REPOSITORY, digest, len(BLOB), tmp_path / "blob")


async def test_a_registry_that_ignores_ranges_costs_bytes_but_not_the_blob(
    registry: oci_registry.FakeRegistry, oci: client.OciClient, tmp_path: Path
) -> None:
    digest = registry.put(BLOB)
    registry.faults.extend([oci_registry.Fault(drop_after=5000), oci_registry.Fault(ignore_range=True)])
    await oci.pull_blob(REPOSITORY, digest, len(BLOB), tmp_path / "blob")
    assert (tmp_path / "blob").read_bytes() == BLOB
    assert oci.received_bytes == len(BLOB) + 5000


async def test_another_range_than_asked_for_is_not_glued_on(
    registry: oci_registry.FakeRegistry, oci: client.OciClient, tmp_path: Path
) -> None:
    digest = registry.put(BLOB)
    registry.faults.extend([oci_registry.Fault(drop_after=5000), oci_registry.Fault(wrong_range=True)])
    await oci.pull_blob(REPOSITORY, digest, len(BLOB), tmp_path / "blob")
    assert (tmp_path / "blob").read_bytes() == BLOB


async def test_altered_bytes_are_refused_and_leave_nothing(
    registry: oci_registry.FakeRegistry, oci: client.OciClient, tmp_path: Path
) -> None:
    """A plain registry serves a damaged file with 200, so the digest is checked here or nowhere."""
    digest = registry.put(BLOB)
    registry.always = oci_registry.Fault(flip=17)
    with pytest.raises(errors.Refused) as refused:
        await oci.pull_blob(REPOSITORY, digest, len(BLOB), tmp_path / "blob")
    assert refused.value.reason == "Altered"
    assert names(tmp_path) == []


async def test_a_damaged_part_is_thrown_away_once_and_fetched_anew(
    registry: oci_registry.FakeRegistry, oci: client.OciClient, tmp_path: Path
) -> None:
    """What lies on our own disk may be what is wrong."""
    digest = registry.put(BLOB)
    (tmp_path / "blob.part").write_bytes(b"x" * 5000)
    await oci.pull_blob(REPOSITORY, digest, len(BLOB), tmp_path / "blob")
    assert (tmp_path / "blob").read_bytes() == BLOB
    assert registry.ranges() == ["bytes=5000-", None]


async def test_more_bytes_than_announced_are_refused_before_they_fill_the_disk(
    registry: oci_registry.FakeRegistry, oci: client.OciClient, tmp_path: Path
) -> None:
    digest = registry.put(BLOB)
    with pytest.raises(errors.Refused, match="larger than 1000 B"):
        await oci.pull_blob(REPOSITORY, digest, 1000, tmp_path / "blob")
    assert names(tmp_path) == []


async def test_a_truncated_file_at_the_registry_is_reported_and_not_taken(
    registry: oci_registry.FakeRegistry, oci: client.OciClient, tmp_path: Path
) -> None:
    digest = digests.of_bytes(BLOB)
    registry.blobs[digest] = BLOB[:1000]
    with pytest.raises(errors.Unavailable):
        await oci.pull_blob(REPOSITORY, digest, len(BLOB), tmp_path / "blob")
    assert not (tmp_path / "blob").exists()


async def test_a_faulting_registry_is_asked_again(
    registry: oci_registry.FakeRegistry, oci: client.OciClient, tmp_path: Path
) -> None:
    digest = registry.put(BLOB)
    registry.faults.extend([oci_registry.Fault(status=500), oci_registry.Fault(status=429, retry_after=0)])
    await oci.pull_blob(REPOSITORY, digest, len(BLOB), tmp_path / "blob")
    assert len(registry.ranges()) == 3


async def test_a_denial_is_not_repeated(
    registry: oci_registry.FakeRegistry, oci: client.OciClient, tmp_path: Path
) -> None:
    digest = registry.put(BLOB)
    registry.always = oci_registry.Fault(status=403)
    with pytest.raises(errors.Refused):
        await oci.pull_blob(REPOSITORY, digest, len(BLOB), tmp_path / "blob")
    assert len(registry.ranges()) == 1


async def test_a_manifest_with_other_bytes_is_refused(
    registry: oci_registry.FakeRegistry, oci: client.OciClient
) -> None:
    digest = digests.of_bytes(b"one")
    registry.manifests[digest] = b"another"
    with pytest.raises(errors.Refused, match="other bytes"):
        await oci.pull_manifest(REPOSITORY, digest)


async def test_a_full_disk_is_the_operators_matter_and_not_a_crash(
    registry: oci_registry.FakeRegistry, oci: client.OciClient, tmp_path: Path
) -> None:
    digest = registry.put(BLOB)
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(errors.Unavailable, match="cannot keep"):
        await oci.pull_blob(REPOSITORY, digest, len(BLOB), tmp_path / "file" / "blob")


async def test_nothing_listening_is_unavailable(tmp_path: Path) -> None:
    async with client.OciClient("http://127.0.0.1:9", None, tries=QUICK) as oci:
        with pytest.raises(errors.Unavailable, match="ConnectError"):
            await oci.has_blob(REPOSITORY, digests.of_bytes(b""))
