"""The bytes of an evaluation table: how many there may be, and how they come out of their compression piece by piece.

Nothing here holds more than one block of plain text, so a file that unpacks to far too much is refused in a few MiB.
"""

import pathlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

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

_NEWLINE, _RETURN, _SPACE, _DELETE = 10, 13, 32, 127
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


def refuse_large(size_bytes: int, max_bytes: int | None = None) -> None:
    """Checks the compressed size.

    Raises:
        SpecError: it is above ``max_bytes``, which is ``MAX_BYTES`` when left out.
    """
    most = MAX_BYTES if max_bytes is None else max_bytes
    if size_bytes > most:
        raise errors.SpecError(f"the evaluation table has more than {most >> 20} MiB compressed: {_INSTEAD}")


def refuse_many(lines: int) -> None:
    """Checks the number of lines, the heading among them.

    Raises:
        SpecError: there are more than ``MAX_ROWS`` under the heading.
    """
    if lines > MAX_ROWS + 1:
        raise errors.SpecError(f"the evaluation table has more than {MAX_ROWS} rows: {_INSTEAD}")


def count_rows(content: bytes) -> int:
    """Number of lines under the heading, found without keeping any of them.

    Raises:
        SpecError: the bytes are no whole gzip file, or hold more than may be read.
    """
    lines, last = 0, b"\n"
    for piece in _unpack(content):
        lines, last = lines + piece.count(b"\n"), piece[-1:]
        refuse_many(lines)
    return max(0, lines + (last != b"\n") - 1)


def blocks(content: bytes) -> Iterator[Block]:
    """The lines in order, a few MiB at a time; the heading is the first line of the first block.

    Raises:
        SpecError: as ``count_rows``, or a line is longer than ``MAX_LINE_BYTES``.
    """
    line, rest = 1, b""
    for piece in _unpack(content):
        text = rest + piece
        _refuse_long_line(text, line)
        end = text.rfind(b"\n") + 1
        rest = text[end:]
        if end:
            yield Block(first_line=line, content=text[:end])
            line += text.count(b"\n")
    if rest:
        yield Block(first_line=line, content=rest + b"\n")


def decode(block: Block) -> str:
    """The block as text.

    Raises:
        SpecError: it is not UTF-8.
    """
    try:
        return block.content.decode("utf-8")
    except UnicodeDecodeError as exc:
        line = block.first_line + block.content.count(b"\n", 0, exc.start)
        raise errors.SpecError(f"line {line} of the evaluation table is not UTF-8 text") from exc


def refuse_control_characters(block: Block) -> None:
    """Checks for bytes that no table needs; a carriage return may stand before the end of a line only.

    Raises:
        SpecError: there is one; names the line.
    """
    raw = np.frombuffer(block.content, dtype=np.uint8)
    odd = ((raw < _SPACE) & (raw != _NEWLINE)) | (raw == _DELETE)
    if not odd.any():
        return
    odd[:-1] &= ~((raw[:-1] == _RETURN) & (raw[1:] == _NEWLINE))
    where = np.flatnonzero(odd)
    if len(where):
        line = block.first_line + block.content.count(b"\n", 0, int(where[0]))
        raise errors.SpecError(f"line {line} of the evaluation table holds a control character")


def _refuse_long_line(text: bytes, first_line: int) -> None:
    start = 0
    while len(text) - start > MAX_LINE_BYTES:
        # The last end within reach: whatever lies before it is short enough too.
        end = text.rfind(b"\n", start, start + MAX_LINE_BYTES + 1)
        if end < 0:
            line = first_line + text.count(b"\n", 0, start)
            raise errors.SpecError(f"line {line} of the evaluation table is longer than {MAX_LINE_BYTES} bytes")
        start = end + 1


def _unpack(content: bytes) -> Iterator[bytes]:
    refuse_large(len(content))
    unpacker = Unpacker(MAX_BYTES, MAX_PLAIN_BYTES)
    for start in range(0, len(content), _SLICE_BYTES):
        yield from unpacker.feed(content[start : start + _SLICE_BYTES])
    unpacker.finish()


class Unpacker:
    """Unpacks one gzip file as it arrives and keeps nothing of it.

    Args:
        max_bytes: most compressed bytes.
        max_plain_bytes: most unpacked ones.
    """

    def __init__(self, max_bytes: int, max_plain_bytes: int) -> None:
        self._max_bytes, self._max_plain_bytes = max_bytes, max_plain_bytes
        self._bytes = self._plain_bytes = 0
        self._gzip = zlib.decompressobj(wbits=31)
        self._start = b""

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Plain bytes of the next piece, at most ``BLOCK_BYTES`` at a time, none of them empty.

        Raises:
            SpecError: it is not of a gzip file, or more than may be read.
        """
        self._bytes += len(piece)
        refuse_large(self._bytes, self._max_bytes)
        self._start = (self._start + piece)[:2]
        waiting = piece
        while waiting and not self._gzip.eof:
            plain = self._decompress(waiting)
            waiting = self._gzip.unconsumed_tail
            self._plain_bytes += len(plain)
            if self._plain_bytes > self._max_plain_bytes:
                raise errors.SpecError(
                    f"the evaluation table unpacks to more than {self._max_plain_bytes >> 20} MiB: {_INSTEAD}"
                )
            if plain:
                yield plain
        if self._gzip.unused_data or (piece and waiting):
            raise errors.SpecError("something follows the compressed evaluation table: upload one gzip file alone")

    def finish(self) -> None:
        """Checks that the file is whole.

        Raises:
            SpecError: it is not.
        """
        if not self._gzip.eof:
            raise errors.SpecError("the evaluation table ends too early: upload it again")

    def _decompress(self, waiting: bytes) -> bytes:
        try:
            return self._gzip.decompress(waiting, BLOCK_BYTES)
        except zlib.error as exc:
            if self._start == _GZIP:
                raise errors.SpecError("the evaluation table is damaged: compress and upload it again") from exc
            raise errors.SpecError("the evaluation table is not a gzip file: compress the CSV with gzip") from exc
