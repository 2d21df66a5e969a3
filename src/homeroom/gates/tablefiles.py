"""The bytes of an evaluation table: how many there may be, and how they come out of their compression piece by piece.

Nothing here holds more than one block of plain text, so a file that unpacks to far too much is refused in a few MiB.
"""

import pathlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

from homeroom.domain import errors

MAX_BYTES = 256 << 20
"""Compressed; about four million rows of twenty numbers, which is above what ``MAX_ROWS`` lets through."""
MAX_PLAIN_BYTES = 1 << 30
"""Unpacked; what unpacks to more is refused before it fills the memory."""
MAX_ROWS = 2_000_000
"""A whole gate run on a million rows of 500 schools and five features takes 45 s of CPU and 0.75 GiB; a gate process has 300 s
and 6 GiB."""
MAX_LINE_BYTES = 1 << 17
"""The longest line: 600 columns with room to spare."""
BLOCK_BYTES = 4 << 20
"""Plain text in the memory at a time."""

_SLICE_BYTES = 1 << 20
_GZIP = b"\x1f\x8b"
"""How every gzip file begins (RFC 1952)."""
_INSTEAD = "sum it up per school with `homeroom gate cells`, or draw a random part of the pupils"


@dataclass(frozen=True, slots=True)
class Block:
    """Some whole lines.

    Attributes:
        first_line: number of the first of them, the heading being line 1.
        content: the lines, each with its end.
    """

    first_line: int
    content: bytes


def read(path: pathlib.Path) -> bytes:
    """Bytes of a file, unless they are too many to be read at all.

    Raises:
        SpecError: the file is larger than ``MAX_BYTES``.
        OSError: it cannot be read.
    """
    refuse_large(path.stat().st_size)
    return path.read_bytes()


def refuse_large(size_bytes: int) -> None:
    """Checks the compressed size.

    Raises:
        SpecError: it is above ``MAX_BYTES``.
    """
    if size_bytes > MAX_BYTES:
        raise errors.SpecError(
            f"the evaluation table has {size_bytes >> 20} MiB compressed; at most {MAX_BYTES >> 20} are read: {_INSTEAD}"
        )


def count_rows(content: bytes) -> int:
    """Number of lines under the heading, found without keeping any of them.

    Raises:
        SpecError: the bytes are no whole gzip file, or hold more than may be read.
    """
    lines, last = 0, b"\n"
    for piece in _unpack(content):
        lines, last = lines + piece.count(b"\n"), piece[-1:]
        if lines > MAX_ROWS + 1:
            raise errors.SpecError(f"the evaluation table has more than {MAX_ROWS} rows: {_INSTEAD}")
    return max(0, lines + (last != b"\n") - 1)


def blocks(content: bytes) -> Iterator[Block]:
    """The lines in order, a few MiB at a time; the heading is the first line of the first block.

    Raises:
        SpecError: as ``count_rows``, or a line is longer than ``MAX_LINE_BYTES``.
    """
    line, rest = 1, b""
    for piece in _unpack(content):
        text = rest + piece
        end = text.rfind(b"\n") + 1
        rest = text[end:]
        if len(rest) > MAX_LINE_BYTES:
            number = line + text.count(b"\n")
            raise errors.SpecError(f"line {number} of the evaluation table is longer than {MAX_LINE_BYTES} bytes")
        if end:
            yield Block(first_line=line, content=text[:end])
            line += text.count(b"\n")
    if rest:
        yield Block(first_line=line, content=rest + b"\n")


def _unpack(content: bytes) -> Iterator[bytes]:
    """Plain bytes in pieces of at most ``BLOCK_BYTES``, none of them empty."""
    refuse_large(len(content))
    unpacker, total = zlib.decompressobj(wbits=31), 0
    for start in range(0, len(content), _SLICE_BYTES):
        waiting = content[start : start + _SLICE_BYTES]
        while waiting and not unpacker.eof:
            piece = _decompress(unpacker, waiting, content[:2])
            waiting = unpacker.unconsumed_tail
            total += len(piece)
            if total > MAX_PLAIN_BYTES:
                raise errors.SpecError(
                    f"the evaluation table unpacks to more than {MAX_PLAIN_BYTES >> 20} MiB: {_INSTEAD}"
                )
            if piece:
                yield piece
        if unpacker.eof and (unpacker.unused_data or start + _SLICE_BYTES < len(content)):
            raise errors.SpecError("something follows the compressed evaluation table: upload one gzip file alone")
    if not unpacker.eof:
        raise errors.SpecError("the evaluation table ends too early: upload it again")


def _decompress(unpacker: "zlib._Decompress", waiting: bytes, start: bytes) -> bytes:
    try:
        return unpacker.decompress(waiting, BLOCK_BYTES)
    except zlib.error as exc:
        if start == _GZIP:
            raise errors.SpecError("the evaluation table is damaged: compress and upload it again") from exc
        raise errors.SpecError("the evaluation table is not a gzip file: compress the CSV with gzip") from exc
