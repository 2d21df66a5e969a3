"""Gate documents from an OCI registry."""

import asyncio
import tempfile
from pathlib import Path

from homeroom.domain import digests, errors
from homeroom.gates import archives, attaching
from homeroom.packaging import artifacts
from homeroom.transport import tls
from homeroom.transport.oci import client, referrers


def read_attached(
    url: str,
    repository: str,
    release: digests.Digest,
    expected: digests.Digest | None,
    files: tuple[Path | None, Path | None, Path | None],
) -> archives.Found:
    """The gate documents attached to ``release``: those of the report ``expected``, or the newest.

    Raises:
        SpecError: nothing of that kind is attached, or the TLS files are not given together.
        Unavailable, Refused: the registry does not answer, or says no.
    """
    ca, certificate, key = files
    identity = None
    if ca is not None and certificate is not None and key is not None:
        identity = tls.TlsFiles(ca=ca, certificate=certificate, key=key)
    elif any(files):
        raise errors.SpecError("give --ca, --certificate and --key together, or none")
    return asyncio.run(_read(url, identity, repository, (release, expected)))


async def _read(
    url: str,
    identity: tls.TlsFiles | None,
    repository: str,
    wanted: tuple[digests.Digest, digests.Digest | None],
) -> archives.Found:
    release, expected = wanted
    async with client.OciClient(url, identity) as registry:
        attached = await referrers.find(registry, repository, release, attaching.ARTIFACT_TYPE)
        for digest in reversed(attached):
            _, manifest, parts = await referrers.pull_parts(registry, repository, digest)
            if attaching.REPORT in parts and expected in (None, parts[attaching.REPORT].digest):
                return archives.from_artifact(manifest, await _pulled(registry, repository, parts))
    raise errors.SpecError(f"no such gate report is attached to {release} in {repository}")


async def _pulled(registry: client.OciClient, repository: str, parts: dict[str, artifacts.Blob]) -> dict[str, bytes]:
    found = {}
    with tempfile.TemporaryDirectory(prefix="homeroom-verify-") as directory:
        for path, blob in parts.items():
            if blob.size_bytes > archives.MAX_BYTES:
                raise errors.SpecError(f"{path[:80]!r} is larger than the {archives.MAX_BYTES} bytes that are read")
            place = Path(directory) / blob.digest.removeprefix("sha256:")
            await registry.pull_blob(repository, blob.digest, blob.size_bytes, place)
            found[path] = place.read_bytes()
    return found
