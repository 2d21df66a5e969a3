"""Brings one release from the district's registry into the hub's."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol, TypeVar

from homeroom.domain import digests, errors, prefetch
from homeroom.packaging import artifacts

_Result = TypeVar("_Result")


class Source(Protocol):
    """The part of ``OciClient`` that reading needs."""

    async def pull_manifest(self, repository: str, digest: digests.Digest) -> bytes:
        """Bytes with that digest."""

    async def pull_blob(self, repository: str, digest: digests.Digest, size_bytes: int, destination: Path) -> None:
        """A whole file with that digest, or an error."""


class Target(Protocol):
    """The part of ``OciClient`` that filling needs."""

    async def has_manifest(self, repository: str, digest: digests.Digest) -> bool:
        """Whether it is there."""

    async def has_blob(self, repository: str, digest: digests.Digest) -> bool:
        """Whether it is there."""

    async def push_blob(self, repository: str, content: bytes | Path) -> digests.Digest:
        """Puts it there."""

    async def push_manifest(self, repository: str, manifest: bytes, tag: str | None = None) -> digests.Digest:
        """Puts it there."""


class RegistryUnavailable(errors.Unavailable):
    """The hub's own registry does not answer, or does not take what we give it."""


class CacheFull(errors.SpecError):
    """The release does not fit into what the hub may hold."""


Admit = Callable[[tuple[artifacts.Blob, ...]], Awaitable[None]]
"""Raises ``CacheFull`` when these blobs may not be added."""


async def fetch(
    release: prefetch.Release, source: Source, target: Target, *, directory: Path, admit: Admit
) -> tuple[artifacts.Blob, ...]:
    """Brings ``release`` over, blob by blob, the manifest last: a registry that has it has everything.

    What has been pushed or lies in ``directory`` is not asked for again after a crash.

    Returns:
        Every blob of the release, its manifest included.

    Raises:
        CacheFull: it may not be added.
        RegistryUnavailable: the hub's registry failed.
        NotReady, Unavailable, Refused, SpecError: the district's registry has it not, failed, sent other bytes, or
            the manifest is no release.
    """
    manifest = await source.pull_manifest(release.repository, release.digest)
    blobs = artifacts.parse_manifest(manifest).blobs
    everything = (*blobs, artifacts.Blob(release.digest, len(manifest)))
    await admit(everything)
    for blob in blobs:
        await _bring(blob, release.repository, source, target, directory)
    await _ours(target.push_manifest(release.repository, manifest))
    return everything


async def is_whole(release: prefetch.Release, blobs: frozenset[digests.Digest], target: Target) -> bool:
    """Whether the hub's registry still says that it holds the release and each blob.

    Raises:
        RegistryUnavailable: it does not answer.
    """
    if not await _ours(target.has_manifest(release.repository, release.digest)):
        return False
    for digest in sorted(blobs - {release.digest}):
        if not await _ours(target.has_blob(release.repository, digest)):
            return False
    return True


async def _bring(blob: artifacts.Blob, repository: str, source: Source, target: Target, directory: Path) -> None:
    if await _ours(target.has_blob(repository, blob.digest)):
        return
    path = directory / blob.digest.removeprefix("sha256:")
    await source.pull_blob(repository, blob.digest, blob.size_bytes, path)
    await _ours(target.push_blob(repository, path))
    path.unlink(missing_ok=True)


async def _ours(call: Awaitable[_Result]) -> _Result:
    try:
        return await call
    except errors.HomeroomError as exc:
        raise RegistryUnavailable(f"the hub's registry: {exc}") from exc
