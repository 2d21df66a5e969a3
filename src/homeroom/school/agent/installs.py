"""Which releases are here, and bringing the next piece of one."""

import contextlib
from collections.abc import Iterable
from pathlib import Path

from homeroom.domain import assignments, digests, errors, releases
from homeroom.packaging import artifacts
from homeroom.school import plans
from homeroom.school.agent import decisions, ports
from homeroom.school.store import blobs

MAX_STAGE_BYTES = 512 << 20
"""Larger models do not fit a school's box; the footprint gate refuses far smaller ones."""


class Installs:
    """Releases in the store of one school.

    Args:
        store: the sealed blobs.
        incoming: where a blob lies while it arrives; plain, so put it on a memory file system where disks get stolen.
    """

    def __init__(self, store: blobs.Blobs, incoming: Path) -> None:
        self._blobs = store
        self._incoming = incoming
        self._configs: dict[digests.Digest, releases.ReleaseConfig] = {}
        incoming.mkdir(parents=True, exist_ok=True, mode=0o700)

    def installed(self, wanted: Iterable[digests.Digest]) -> dict[digests.Digest, plans.PlannedRelease]:
        """Those of ``wanted`` of which at least the config is here."""
        found = {}
        for release in wanted:
            config = self._config(release)
            if config is not None:
                here = tuple(file.stage for file in config.stages if self._blobs.has(file.digest))
                found[release] = plans.PlannedRelease(release, config, here)
        return found

    async def fetch_next(self, entry: assignments.Entry, bulk: ports.BulkPort) -> int:
        """Bring the next piece of the entry's release from one registry; how many bytes.

        Raises:
            Refused: the bytes are not what the digest says, or the release may not be used for this entry.
            Unavailable, NotReady: the registry does not answer, or does not have it.
        """
        if not self._blobs.has(entry.release):
            content = await bulk.pull_manifest(entry.repository, entry.release)
            self._blobs.put(entry.release, content)
            return len(content)
        manifest = artifacts.parse_manifest(self._blobs.read(entry.release))
        if not self._blobs.has(manifest.release.digest):
            return await self._fetch(entry, manifest.release.digest, manifest.release.size_bytes, bulk)
        config = artifacts.parse_config(self._blobs.read(manifest.release.digest))
        decisions.refuse_other_use(entry, config)
        here = tuple(file.stage for file in config.stages if self._blobs.has(file.digest))
        file = decisions.decide_stage(plans.PlannedRelease(entry.release, config, here))
        return 0 if file is None else await self._fetch(entry, file.digest, file.size_bytes, bulk)

    def read(self, digest: digests.Digest) -> bytes:
        """Plain bytes of a stage, checked."""
        return self._blobs.read(digest)

    def collect(self, kept: frozenset[digests.Digest]) -> int:
        """Remove everything that no release in ``kept`` needs; how many blobs."""
        needed: set[digests.Digest] = set(kept)
        for release in kept:
            with contextlib.suppress(errors.NotReady, errors.SpecError):
                manifest = artifacts.parse_manifest(self._blobs.read(release))
                needed |= {manifest.release.digest, *(blob.digest for blob in manifest.stages)}
        self._configs = {release: config for release, config in self._configs.items() if release in kept}
        for path in self._incoming.iterdir():
            path.unlink(missing_ok=True)
        return self._blobs.collect(needed)

    async def _fetch(
        self, entry: assignments.Entry, digest: digests.Digest, size_bytes: int, bulk: ports.BulkPort
    ) -> int:
        if size_bytes > MAX_STAGE_BYTES:
            raise errors.Refused("TooLarge", f"blob {digests.short(digest)} has {size_bytes} bytes")
        arriving = self._incoming / digest.removeprefix("sha256:")
        await bulk.pull_blob(entry.repository, digest, size_bytes, arriving)
        try:
            self._blobs.put(digest, arriving.read_bytes())
        finally:
            arriving.unlink(missing_ok=True)
        return size_bytes

    def _config(self, release: digests.Digest) -> releases.ReleaseConfig | None:
        if release not in self._configs:
            try:
                manifest = artifacts.parse_manifest(self._blobs.read(release))
                self._configs[release] = artifacts.parse_config(self._blobs.read(manifest.release.digest))
            except (errors.NotReady, errors.Refused, errors.SpecError):
                return None
        return self._configs[release]
