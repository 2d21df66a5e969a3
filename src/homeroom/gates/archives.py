"""Gate documents as they were kept: in a directory, in an OCI layout, or as the files of an attached artifact."""

import json
import pathlib
from collections.abc import Mapping
from dataclasses import dataclass

from homeroom.domain import digests, errors
from homeroom.gates import attaching, verification
from homeroom.packaging import attachments

MAX_BYTES = 64 << 20


@dataclass(frozen=True, slots=True)
class Found:
    """Documents, and what vouches for them.

    Attributes:
        files: byte for byte.
        expected: digest of the report by an approval or an artifact whose own digest was checked; None without one.
        release: that they must be about; None when nothing says so.
    """

    files: verification.Files
    expected: digests.Digest | None = None
    release: digests.Digest | None = None


def from_directory(directory: pathlib.Path) -> Found:
    """The documents in a directory, which vouches for nothing.

    Raises:
        SpecError: one is missing.
    """
    return Found(_files({name: _content(directory / name) for name in _NAMES}))


def from_layout(directory: pathlib.Path, expected: digests.Digest | None) -> Found:
    """The documents of the artifact in an OCI image layout, as ``oras copy --to-oci-layout`` makes it.

    Args:
        directory: of the layout.
        expected: digest of the report to look for; None for the last one that is listed.

    Raises:
        SpecError: there is no gate artifact in it, or a blob has other bytes than its digest says.
    """
    try:
        entries = json.loads(_content(directory / "index.json"))["manifests"]
        listed = [digests.parse(entry["digest"]) for entry in entries]
    except (KeyError, TypeError, ValueError) as exc:
        raise errors.SpecError(f"{directory} is no OCI layout: {type(exc).__name__}") from exc
    found = [one for digest in listed if (one := _artifact(directory, digest)) is not None]
    chosen = [one for one in found if expected in (None, digests.of_bytes(one.files.report))]
    if not chosen:
        raise errors.SpecError(f"there is no such gate artifact in {directory}: copy it with its own digest")
    return chosen[-1]


def from_artifact(manifest: bytes, content: Mapping[str, bytes]) -> Found:
    """The documents of an attached artifact.

    Args:
        manifest: whose digest the caller has checked.
        content: its files by name, whose digests were checked too.

    Raises:
        SpecError: a document is missing.
    """
    subject, _ = attachments.parse_parts(manifest)
    return Found(_files(content), release=subject)


_NAMES = (attaching.REPORT, attaching.EVIDENCE, attaching.POLICY)


def _artifact(directory: pathlib.Path, digest: digests.Digest) -> Found | None:
    manifest = _blob(directory, digest)
    try:
        kind = json.loads(manifest).get("artifactType")
    except (ValueError, AttributeError, RecursionError):
        kind = None
    if kind != attaching.ARTIFACT_TYPE:
        return None
    _, parts = attachments.parse_parts(manifest)
    return from_artifact(manifest, {path: _blob(directory, blob.digest) for path, blob in parts.items()})


def _blob(directory: pathlib.Path, digest: digests.Digest) -> bytes:
    content = _content(directory / "blobs" / "sha256" / digest.removeprefix("sha256:"))
    if digests.of_bytes(content) != digest:
        raise errors.SpecError(f"blob {digest} in {directory} has other bytes than its digest says")
    return content


def _files(content: Mapping[str, bytes]) -> verification.Files:
    missing = [name for name in _NAMES if name not in content]
    if missing:
        raise errors.SpecError(f"the artifact lacks {', '.join(missing)}")
    return verification.Files(*(content[name] for name in _NAMES))


def _content(path: pathlib.Path) -> bytes:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise errors.SpecError(f"{path.name} is larger than the {MAX_BYTES} bytes that are read")
        return path.read_bytes()
    except OSError as exc:
        raise errors.SpecError(f"cannot read {path}: {exc.strerror}") from exc
