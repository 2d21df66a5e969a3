"""Bodies of the control channel: JSON, zstd-compressed, never larger than the receiver allows."""

import io
import json
from collections.abc import AsyncIterator
from typing import Any

import zstandard

from homeroom.domain import errors

MEDIA_TYPE = "application/json"
ENCODING = "zstd"

MAX_BYTES = 16 * 2**20
"""Largest body after decompression; a thousand sealed records are about 1 MiB."""

_MAX_WINDOW_BYTES = 8 * 2**20  # the decoder allocates this much when the frame asks for it
_LEVEL = 3
_WORTH_COMPRESSING_BYTES = 512  # under this the frame saves nothing on a TLS record


def encode(value: Any) -> tuple[bytes, dict[str, str]]:
    """``value`` as body and headers, compressed where that saves something."""
    plain = json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()
    headers = {"content-type": MEDIA_TYPE}
    if len(plain) < _WORTH_COMPRESSING_BYTES:
        return plain, headers
    return zstandard.ZstdCompressor(level=_LEVEL).compress(plain), headers | {"content-encoding": ENCODING}


def decode(content: bytes, encoding: str | None, *, max_bytes: int = MAX_BYTES) -> Any:
    """The JSON value in ``content``.

    Args:
        content: as received.
        encoding: the Content-Encoding header: None, ``identity`` or ``zstd``.
        max_bytes: refuse what is larger after decompression, without decompressing all of it.

    Raises:
        SpecError: too large, another encoding, damaged, or not JSON.
    """
    plain = _plain(content, encoding, max_bytes)
    try:
        return json.loads(plain)
    except (ValueError, RecursionError) as exc:
        raise errors.SpecError(f"body is not JSON: {exc}") from exc


async def collect(chunks: AsyncIterator[bytes], *, max_bytes: int = MAX_BYTES) -> bytes:
    """All of ``chunks``, given up as soon as they are more than ``max_bytes``.

    Raises:
        SpecError: too large.
    """
    content = bytearray()
    async for chunk in chunks:
        content += chunk
        if len(content) > max_bytes:
            raise errors.SpecError(_too_large(max_bytes))
    return bytes(content)


def _plain(content: bytes, encoding: str | None, max_bytes: int) -> bytes:
    if encoding in {None, "", "identity"}:
        plain = content
    elif encoding == ENCODING:
        plain = _decompressed(content, max_bytes)
    else:
        raise errors.SpecError(f"Content-Encoding {encoding!r} is not known here: use zstd or none")
    if len(plain) > max_bytes:
        raise errors.SpecError(_too_large(max_bytes))
    return plain


def _decompressed(content: bytes, max_bytes: int) -> bytes:
    decompressor = zstandard.ZstdDecompressor(max_window_size=_MAX_WINDOW_BYTES)
    try:
        with decompressor.stream_reader(io.BytesIO(content)) as reader:
            return reader.read(max_bytes + 1)
    except zstandard.ZstdError as exc:
        raise errors.SpecError(f"body is not readable as zstd: {exc}") from exc


def _too_large(max_bytes: int) -> str:
    return f"body is larger than {max_bytes} bytes: send it in several parts"
