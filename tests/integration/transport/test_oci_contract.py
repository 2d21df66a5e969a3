"""What the OCI client may rely on: one suite on the fake registry and on the real one."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from tests.fakes import oci_registry

from homeroom.domain import digests, errors, releases
from homeroom.packaging import artifacts, attachments
from homeroom.transport.oci import client, referrers, retries
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


async def _a_subject(oci: client.OciClient, name: str) -> bytes:
    """Manifest of some pushed artifact."""
    stages = {releases.Stage.FALLBACK: name.encode()}
    artifact = artifacts.build(_a_config(stages), stages, {})
    for blob in artifact.blobs:
        await oci.push_blob(REPOSITORY, blob)
    await oci.push_manifest(REPOSITORY, artifact.manifest)
    return artifact.manifest


def _a_config(stages: dict[releases.Stage, bytes]) -> releases.ReleaseConfig:
    files = [
        releases.StageFile(stage, releases.Format.GROUP_RATES, digests.of_bytes(content), len(content))
        for stage, content in stages.items()
    ]
    return releases.ReleaseConfig("r", "support-offer", ("K-2",), ("x",), "score", 9, (), tuple(files))


def _an_attachment(subject: bytes, content: bytes, type_: str = "application/vnd.test") -> attachments.Attachment:
    return attachments.build(subject, type_, [attachments.Part("a.json", "application/json", content)], {"k": "v"})


async def test_what_is_attached_is_found_by_the_digest_of_its_subject(oci: client.OciClient, tmp_path: Path) -> None:
    subject = await _a_subject(oci, "attached")
    named = digests.of_bytes(subject)
    first, second = _an_attachment(subject, b'{"n":1}'), _an_attachment(subject, b'{"n":2}')
    await referrers.attach(oci, REPOSITORY, named, first, sleep=_at_once)
    await referrers.attach(
        oci, REPOSITORY, named, _an_attachment(subject, b"3", "application/vnd.other"), sleep=_at_once
    )
    await referrers.attach(oci, REPOSITORY, named, second, sleep=_at_once)
    found = await referrers.find(oci, REPOSITORY, named, "application/vnd.test")
    assert found == (first.digest, second.digest)
    about, _, files = await referrers.pull_parts(oci, REPOSITORY, second.digest)
    assert about == named
    await oci.pull_blob(REPOSITORY, files["a.json"].digest, files["a.json"].size_bytes, tmp_path / "a.json")
    assert (tmp_path / "a.json").read_bytes() == b'{"n":2}'


async def test_attaching_again_changes_nothing(oci: client.OciClient) -> None:
    subject = await _a_subject(oci, "again")
    named, made = digests.of_bytes(subject), _an_attachment(subject, b"{}")
    await referrers.attach(oci, REPOSITORY, named, made, sleep=_at_once)
    tag = attachments.referrers_tag(named)
    before = await oci.pull_tag(REPOSITORY, tag, attachments.INDEX_TYPE)
    await referrers.attach(oci, REPOSITORY, named, made, sleep=_at_once)
    assert await oci.pull_tag(REPOSITORY, tag, attachments.INDEX_TYPE) == before


async def test_nothing_is_attached_to_what_nobody_knows(oci: client.OciClient) -> None:
    assert await referrers.find(oci, REPOSITORY, digests.of_bytes(b"nobody"), "application/vnd.test") == ()


async def _at_once(_seconds: float) -> None:
    """No pause."""


class _Interrupted(client.OciClient):
    """Somebody else writes the index right after each of our first writes, from what they had read before."""

    intruders: list[bytes]

    @classmethod
    def around(cls, oci: client.OciClient, intruders: list[bytes]) -> "_Interrupted":
        """The same connection, meddled with."""
        made = cls.__new__(cls)
        made.__dict__.update(oci.__dict__, intruders=intruders)
        return made

    async def push_manifest(
        self, repository: str, manifest: bytes, tag: str | None = None, *, media_type: str = client.MANIFEST_TYPE
    ) -> digests.Digest:
        digest = await super().push_manifest(repository, manifest, tag, media_type=media_type)
        if tag is not None and self.intruders:
            await super().push_manifest(repository, self.intruders.pop(), tag, media_type=media_type)
        return digest


async def test_no_entry_is_lost_when_somebody_writes_in_between(oci: client.OciClient) -> None:
    subject = await _a_subject(oci, "between")
    named = digests.of_bytes(subject)
    theirs, ours = _an_attachment(subject, b"theirs"), _an_attachment(subject, b"ours")
    for part in theirs.blobs:
        await oci.push_blob(REPOSITORY, part)
    await oci.push_manifest(REPOSITORY, theirs.manifest)
    intruder = attachments.build_index([theirs.entry])
    meddled = _Interrupted.around(oci, [intruder])
    await referrers.attach(meddled, REPOSITORY, named, ours, sleep=_at_once)
    found = await referrers.find(oci, REPOSITORY, named, "application/vnd.test")
    assert set(found) == {theirs.digest, ours.digest}


async def test_no_entry_is_lost_to_a_writer_who_had_read_before_and_writes_late(oci: client.OciClient) -> None:
    """Rule: what was there when they read is written back over ours while we pause, and we see it."""
    subject = await _a_subject(oci, "late")
    named, ours = digests.of_bytes(subject), _an_attachment(subject, b"ours")
    theirs = _an_attachment(subject, b"theirs")
    for part in theirs.blobs:
        await oci.push_blob(REPOSITORY, part)
    await oci.push_manifest(REPOSITORY, theirs.manifest)
    late = [attachments.build_index([theirs.entry])]

    async def meanwhile(_seconds: float) -> None:
        if late:
            tag = attachments.referrers_tag(named)
            await oci.push_manifest(REPOSITORY, late.pop(), tag, media_type=attachments.INDEX_TYPE)

    await referrers.attach(oci, REPOSITORY, named, ours, sleep=meanwhile)
    found = await referrers.find(oci, REPOSITORY, named, "application/vnd.test")
    assert set(found) == {theirs.digest, ours.digest}


async def test_a_tag_that_is_always_overwritten_is_given_up(oci: client.OciClient) -> None:
    subject = await _a_subject(oci, "always")
    meddled = _Interrupted.around(oci, [attachments.build_index([])] * 50)
    with pytest.raises(errors.Unavailable, match="tried again"):
        await referrers.attach(
            meddled, REPOSITORY, digests.of_bytes(subject), _an_attachment(subject, b"x"), sleep=_at_once
        )
