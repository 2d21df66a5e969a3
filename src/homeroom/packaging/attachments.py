"""What is attached to a release: OCI artifacts that name it as their subject, and the index that lists them.

Plain OCI 1.1. Where a registry has no referrers API the index lies under a tag made of the subject's digest, which
clients such as ``oras discover`` look for by themselves.
https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#referrers-tag-schema
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from homeroom.domain import digests, errors
from homeroom.packaging import artifacts

INDEX_TYPE = "application/vnd.oci.image.index.v1+json"
EMPTY_TYPE = "application/vnd.oci.empty.v1+json"
EMPTY = b"{}"
TITLE_ANNOTATION = "org.opencontainers.image.title"

MAX_LISTED = 1000
"""Entries of an index; a release that is judged anew every day for years stays under it."""


@dataclass(frozen=True, slots=True)
class Part:
    """One file of an attachment.

    Attributes:
        path: file name that plain OCI clients give it.
        media_type: what it is.
        content: its bytes.
    """

    path: str
    media_type: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Attachment:
    """A built attachment, ready to push.

    Attributes:
        manifest: bytes of its OCI manifest.
        parts: its files.
        artifact_type: what it is as a whole.
        annotations: of the manifest; the index repeats them.
    """

    manifest: bytes
    parts: tuple[Part, ...]
    artifact_type: str
    annotations: Mapping[str, str]

    @property
    def digest(self) -> digests.Digest:
        """Of the manifest."""
        return digests.of_bytes(self.manifest)

    @property
    def blobs(self) -> tuple[bytes, ...]:
        """Everything that a registry must hold before it takes the manifest."""
        return (EMPTY, *(part.content for part in self.parts))

    @property
    def entry(self) -> dict[str, Any]:
        """How the index of the subject lists it."""
        return {
            **_descriptor(artifacts.MANIFEST_TYPE, self.manifest),
            "artifactType": self.artifact_type,
            "annotations": dict(self.annotations),
        }


def build(subject: bytes, artifact_type: str, parts: Sequence[Part], annotations: Mapping[str, str]) -> Attachment:
    """An attachment to the artifact whose manifest is ``subject``; equal input gives equal bytes."""
    manifest = {
        "schemaVersion": 2,
        "mediaType": artifacts.MANIFEST_TYPE,
        "artifactType": artifact_type,
        "config": _descriptor(EMPTY_TYPE, EMPTY),
        "layers": [
            {**_descriptor(part.media_type, part.content), "annotations": {TITLE_ANNOTATION: part.path}}
            for part in parts
        ],
        "subject": _descriptor(artifacts.MANIFEST_TYPE, subject),
        "annotations": dict(annotations),
    }
    return Attachment(digests.canonical_json(manifest), tuple(parts), artifact_type, annotations)


def referrers_tag(subject: digests.Digest) -> str:
    """Tag of the index of everything attached to ``subject``. Example: ``sha256:ab...`` gives ``sha256-ab...``."""
    return subject.replace(":", "-", 1)


def parse_index(content: bytes) -> tuple[dict[str, Any], ...]:
    """Entries of an index.

    Raises:
        SpecError: it is none.
    """
    try:
        value = json.loads(content)
        entries = tuple(dict(entry) for entry in value["manifests"])
        for entry in entries:
            digests.parse(entry["digest"])
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as exc:
        raise errors.SpecError(f"the list of what is attached is no OCI index: {type(exc).__name__}") from exc
    if value.get("mediaType") != INDEX_TYPE or len(entries) > MAX_LISTED:
        raise errors.SpecError(f"the list of what is attached is not an {INDEX_TYPE} of at most {MAX_LISTED} entries")
    return entries


def build_index(entries: Sequence[Mapping[str, Any]]) -> bytes:
    """The index that lists ``entries``, each digest once, in their order."""
    each = {entry["digest"]: dict(entry) for entry in entries}
    return digests.canonical_json({"schemaVersion": 2, "mediaType": INDEX_TYPE, "manifests": list(each.values())})


def parse_parts(manifest: bytes) -> tuple[digests.Digest, dict[str, artifacts.Blob]]:
    """The subject of an attachment, and its files by name; the caller has checked the digest of ``manifest``.

    Raises:
        SpecError: it is no attachment.
    """
    try:
        value = json.loads(manifest)
        files = {}
        for layer in value["layers"][: artifacts.MAX_BLOBS]:
            path = str(layer["annotations"][TITLE_ANNOTATION])
            files[path] = artifacts.Blob(digests.parse(layer["digest"]), int(layer["size"]), path)
        return digests.parse(value["subject"]["digest"]), files
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as exc:
        raise errors.SpecError(f"this manifest is no attachment: {type(exc).__name__}: {exc!s:.100}") from exc


def _descriptor(media_type: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": digests.of_bytes(content), "size": len(content)}
