"""What the OCI client may rely on: one suite on the fake registry and on the real one."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.fakes import oci_registry

from homeroom.domain import digests, errors, releases
from homeroom.packaging import artifacts
from homeroom.transport.oci import client, retries
from homeroom.trust import authority

REPOSITORY = "releases/reading-support"
BLOB = b"weights " * 100_000  # 800 kB, more than one chunk


@pytest.fixture(params=["fake", pytest.param("real", marks=pytest.mark.real)])
async def oci(request: pytest.FixtureRequest) -> AsyncIterator[client.OciClient]:
    if request.param == "fake":
        async with oci_registry.FakeRegistry() as fake, client.OciClient(fake.url, None) as opened:
            yield opened
        return
    real: Any = await asyncio.to_thread(request.getfixturevalue, "registry")
    async with client.OciClient(real.url, real.client_files("oci-contract")) as opened:
        yield opened


async def test_what_is_pushed_is_pulled_again(oci: client.OciClient, tmp_path: Path) -> None:
    digest = await oci.push_blob(REPOSITORY, BLOB)
    assert digest == digests.of_bytes(BLOB)
    await oci.pull_blob(REPOSITORY, digest, len(BLOB), tmp_path / "blob")
    assert (tmp_path / "blob").read_bytes() == BLOB
    assert oci.received_bytes == len(BLOB)


async def test_a_file_is_pushed_like_bytes(oci: client.OciClient, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(BLOB + b"file")
    digest = await oci.push_blob(REPOSITORY, tmp_path / "file")
    assert await oci.has_blob(REPOSITORY, digest)


async def test_a_blob_that_is_there_is_not_sent_again(oci: client.OciClient) -> None:
    await oci.push_blob(REPOSITORY, b"once")
    before = oci.sent_bytes
    await oci.push_blob(REPOSITORY, b"once")
    assert oci.sent_bytes == before


async def test_an_interrupted_pull_resumes_by_range(oci: client.OciClient, tmp_path: Path) -> None:
    digest = await oci.push_blob(REPOSITORY, BLOB)
    (tmp_path / "blob.part").write_bytes(BLOB[:700_000])
    await oci.pull_blob(REPOSITORY, digest, len(BLOB), tmp_path / "blob")
    assert (tmp_path / "blob").read_bytes() == BLOB
    assert oci.received_bytes == len(BLOB) - 700_000


async def test_a_part_that_is_whole_already_is_only_checked(oci: client.OciClient, tmp_path: Path) -> None:
    digest = await oci.push_blob(REPOSITORY, BLOB)
    (tmp_path / "blob.part").write_bytes(BLOB)
    await oci.pull_blob(REPOSITORY, digest, len(BLOB), tmp_path / "blob")
    assert oci.received_bytes == 0
    assert (tmp_path / "blob").read_bytes() == BLOB


async def test_a_blob_that_is_not_there_may_still_come(oci: client.OciClient, tmp_path: Path) -> None:
    missing = digests.of_bytes(b"never pushed")
    assert not await oci.has_blob(REPOSITORY, missing)
    assert not await oci.has_manifest(REPOSITORY, missing)
    with pytest.raises(errors.NotReady):
        await oci.pull_blob(REPOSITORY, missing, 12, tmp_path / "blob")
    with pytest.raises(errors.NotReady):
        await oci.pull_manifest(REPOSITORY, missing)


async def test_an_empty_blob_is_a_blob(oci: client.OciClient, tmp_path: Path) -> None:
    digest = await oci.push_blob(REPOSITORY, b"")
    await oci.pull_blob(REPOSITORY, digest, 0, tmp_path / "empty")
    assert (tmp_path / "empty").read_bytes() == b""


async def test_an_artifact_makes_the_round_trip(oci: client.OciClient) -> None:
    """The registry takes our manifest, and gives it back byte for byte under the release digest."""
    rates = b'{"kind":"group-rates"}'
    config = releases.ReleaseConfig(
        name="reading-support",
        purpose="support-offer",
        bands=("K-2",),
        features=("a",),
        output="score",
        offer_days=30,
        parameters=(),
        stages=(
            releases.StageFile(
                releases.Stage.FALLBACK, releases.Format.GROUP_RATES, digests.of_bytes(rates), len(rates)
            ),
        ),
    )
    artifact = artifacts.build(config, {releases.Stage.FALLBACK: rates}, {"model_card.md": b"# card"})
    for blob in artifact.blobs:
        await oci.push_blob(REPOSITORY, blob)
    assert await oci.push_manifest(REPOSITORY, artifact.manifest, tag="v1") == artifact.digest
    assert await oci.has_manifest(REPOSITORY, artifact.digest)
    assert await oci.pull_manifest(REPOSITORY, artifact.digest) == artifact.manifest


@pytest.mark.real
async def test_a_manifest_is_refused_before_its_blobs_are_there(registry: Any) -> None:
    """What makes a manifest's presence mean that the release is complete."""
    rates = b"rates that were never pushed"
    stage = releases.StageFile(
        releases.Stage.FALLBACK, releases.Format.GROUP_RATES, digests.of_bytes(rates), len(rates)
    )
    config = releases.ReleaseConfig("m", "support-offer", ("K-2",), ("a",), "score", 30, (), (stage,))
    artifact = artifacts.build(config, {releases.Stage.FALLBACK: rates}, {})
    async with client.OciClient(registry.url, registry.client_files("oci-contract")) as oci:
        with pytest.raises(errors.SpecError):
            await oci.push_manifest(REPOSITORY, artifact.manifest)


@pytest.mark.real
async def test_a_client_without_a_certificate_of_the_authority_gets_nothing(registry: Any, tmp_path: Path) -> None:

    stranger = authority.CertificateAuthority.create(tmp_path / "ca", "stranger")
    certificate, key = stranger.write(stranger.issue("me", client=True), tmp_path, "me")
    files = authority.TlsFiles(registry.client_files("oci-contract").ca, certificate, key)
    quick = retries.Retries(attempts=1)
    async with client.OciClient(registry.url, files, tries=quick) as oci:
        with pytest.raises(errors.Unavailable):
            await oci.has_blob(REPOSITORY, digests.of_bytes(b""))
