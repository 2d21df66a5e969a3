"""Attaching things to what a registry holds, by the referrers tag schema, without losing what others attached.

A registry offers no compare-and-set on a tag. So the index is read, written, and read again: when an entry of ours or of
somebody else's is missing by then, another writer came in between, and it is all done again. It is read again only after
a pause, because whoever read the index before we wrote may write it after we looked. Against a writer who takes longer than
that between reading and writing nothing helps: the entry is lost until it is attached again.
"""

import asyncio
import random
from collections.abc import Awaitable, Callable

from homeroom.domain import digests, errors
from homeroom.packaging import artifacts, attachments
from homeroom.transport.oci import client

ROUNDS = 8
"""Writers that come in between are rare: one operator at a time, and now and then a person with a client."""
PAUSES_SECONDS = (0.5, 1.5)
"""Drawn anew each time, so that two writers do not go on in step."""


async def attach(
    registry: client.OciClient,
    repository: str,
    subject: digests.Digest,
    attachment: attachments.Attachment,
    *,
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> digests.Digest:
    """Pushes the attachment and lists it under its subject; doing it again changes nothing.

    Args:
        registry: where the subject lies.
        repository: likewise.
        subject: digest of its manifest.
        attachment: what to attach.
        sleep: waits that many seconds.

    Raises:
        Unavailable: the registry does not answer, or others kept writing in between.
        SpecError: what lies under the tag is no index.
    """
    for blob in attachment.blobs:
        await registry.push_blob(repository, blob)
    digest = await registry.push_manifest(repository, attachment.manifest)
    await _list(registry, repository, attachments.referrers_tag(subject), attachment, sleep)
    return digest


async def find(
    registry: client.OciClient, repository: str, subject: digests.Digest, artifact_type: str
) -> tuple[digests.Digest, ...]:
    """Digests of everything of that type that is listed under ``subject``, the newest last."""
    content = await registry.pull_tag(repository, attachments.referrers_tag(subject), attachments.INDEX_TYPE)
    listed = () if content is None else attachments.parse_index(content)
    return tuple(digests.parse(entry["digest"]) for entry in listed if entry.get("artifactType") == artifact_type)


async def _list(
    registry: client.OciClient,
    repository: str,
    tag: str,
    attachment: attachments.Attachment,
    sleep: Callable[[float], Awaitable[None]],
) -> None:
    wanted = {attachment.digest: attachment.entry}
    for _ in range(ROUNDS):
        content = await registry.pull_tag(repository, tag, attachments.INDEX_TYPE)
        present = {} if content is None else {entry["digest"]: entry for entry in attachments.parse_index(content)}
        if wanted.keys() <= present.keys():
            return
        wanted = present | wanted
        index = attachments.build_index(list(wanted.values()))
        await registry.push_manifest(repository, index, tag, media_type=attachments.INDEX_TYPE)
        await sleep(random.uniform(*PAUSES_SECONDS))  # noqa: S311 - a pause is no secret
    raise errors.Unavailable(f"others keep writing to {repository}:{tag}; it is tried again")


async def pull_parts(
    registry: client.OciClient, repository: str, digest: digests.Digest
) -> tuple[digests.Digest, bytes, dict[str, artifacts.Blob]]:
    """Subject, manifest and files by name of one attachment."""
    manifest = await registry.pull_manifest(repository, digest)
    subject, files = attachments.parse_parts(manifest)
    return subject, manifest, files
