"""Bytes to send, in memory or in a file, without reading a file whole."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from pathlib import Path

from homeroom.domain import digests

Content = bytes | Path

CHUNK_BYTES = 64 * 1024


async def chunks(content: Content) -> AsyncIterator[bytes]:
    """``content`` in pieces of at most ``CHUNK_BYTES``."""
    if isinstance(content, bytes):
        for start in range(0, len(content), CHUNK_BYTES):
            yield content[start : start + CHUNK_BYTES]
        return
    with await asyncio.to_thread(content.open, "rb") as file:
        while chunk := await asyncio.to_thread(file.read, CHUNK_BYTES):
            yield chunk


def digest_of(content: Content) -> digests.Digest:
    """Its digest."""
    if isinstance(content, bytes):
        return digests.of_bytes(content)
    with content.open("rb") as file:
        return digests.Digest("sha256:" + hashlib.file_digest(file, "sha256").hexdigest())


def size_of(content: Content) -> int:
    """Its length in bytes."""
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def is_whole(path: Path, digest: digests.Digest, size_bytes: int) -> bool:
    """Whether the file is there with that size and digest."""
    try:
        return size_of(path) == size_bytes and digest_of(path) == digest
    except FileNotFoundError:
        return False
