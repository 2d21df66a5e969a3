"""The district's private store of evaluation rows: written through the API, read by the gates, shown to nobody.

One gzip-compressed CSV file per table, named by its digest, in a directory that only the district's user can enter.
"""

import csv
import hashlib
import os
import pathlib
import tempfile
import zlib
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO

from homeroom.domain import digests, errors

REQUIRED_COLUMNS = ("site_id", "year_group", "band", "outcome", "score_full", "score_core", "score_fallback")
"""What the gates read of every table; features and evaluation groups come on top."""

_FORBIDDEN_COLUMNS = frozenset(
    {"name", "first_name", "last_name", "student_id", "pupil_id", "pupil", "student", "email"}
)
_HEADER_BYTES = 65_536
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class EvaluationStore:
    """A directory of evaluation tables.

    Attributes:
        directory: mode 0700; made when it is not there.
        max_bytes: largest table, compressed.
        max_plain_bytes: largest table after decompression.
    """

    directory: pathlib.Path
    max_bytes: int = 64 << 20
    max_plain_bytes: int = 512 << 20

    async def put(self, content: AsyncIterator[bytes]) -> digests.Digest:
        """Check and store the table that arrives in pieces; storing it again is no change.

        Raises:
            SpecError: it is no gzip of a CSV file with the required columns, or it is too large.
        """
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _unfinished(self.directory) as file:
            check = _Check(self.max_plain_bytes)
            digest, received = hashlib.sha256(), 0
            async for piece in content:
                received += len(piece)
                if received > self.max_bytes:
                    raise errors.SpecError(f"the table is larger than {self.max_bytes >> 20} MiB: split or thin it")
                digest.update(piece)
                check.feed(piece)
                file.write(piece)
            check.finish()
            found = digests.Digest("sha256:" + digest.hexdigest())
            _keep(file, self._path(found))
        return found

    def has(self, digest: digests.Digest) -> bool:
        """Whether there is a table with that digest; its bytes are not looked at."""
        return self._path(digest).is_file()

    def read(self, digest: digests.Digest) -> bytes:
        """The table as it was stored, compressed.

        Raises:
            SpecError: there is none with that digest.
            Defect: the file is no longer what it was.
        """
        try:
            content = self._path(digests.parse(digest)).read_bytes()
        except FileNotFoundError as exc:
            raise errors.SpecError(f"there is no evaluation table {digest}: upload it first") from exc
        if digests.of_bytes(content) != digest:
            raise errors.Defect(f"the stored evaluation table {digest} was altered: restore the directory")
        return content

    def _path(self, digest: digests.Digest) -> pathlib.Path:
        return self.directory / f"{digest.removeprefix('sha256:')}.csv.gz"


@dataclass(slots=True)
class _Check:
    """Decompresses as it goes, holding the first line only: a small file that grows without end is stopped early."""

    max_plain_bytes: int
    _gzip: "zlib._Decompress" = field(default_factory=lambda: zlib.decompressobj(wbits=zlib.MAX_WBITS | 16))
    _plain: int = 0
    _rows: int = 0
    _head: bytes = b""

    def feed(self, piece: bytes) -> None:
        while piece:
            if self._gzip.eof:
                raise errors.SpecError("something follows the compressed table: upload one gzip file alone")
            plain = self._decompress(piece)
            self._plain += len(plain)
            self._rows += plain.count(b"\n")
            if self._plain > self.max_plain_bytes:
                raise errors.SpecError(f"the table is larger than {self.max_plain_bytes >> 20} MiB unpacked: thin it")
            if len(self._head) < _HEADER_BYTES:
                self._head += plain[: _HEADER_BYTES - len(self._head)]
            piece = self._gzip.unconsumed_tail or self._gzip.unused_data

    def finish(self) -> None:
        if not self._gzip.eof:
            raise errors.SpecError(
                "the table is cut off or no gzip file: compress the CSV with gzip and upload it whole"
            )
        header, _, rest = self._head.partition(b"\n")
        _check_columns(_parse_header(header))
        if not rest.strip():
            raise errors.SpecError("the table has a heading and no rows: there is nothing to judge")

    def _decompress(self, piece: bytes) -> bytes:
        try:
            return self._gzip.decompress(piece, _CHUNK_BYTES)
        except zlib.error as exc:
            raise errors.SpecError("the body is no gzip file: compress the CSV with gzip and upload that") from exc


def _parse_header(line: bytes) -> list[str]:
    try:
        text = line.decode("utf-8-sig").rstrip("\r")
        return next(csv.reader([text], strict=True), [])
    except (UnicodeDecodeError, csv.Error) as exc:
        raise errors.SpecError("the first line is no CSV heading in UTF-8: name the columns there") from exc


def _check_columns(columns: list[str]) -> None:
    missing = [name for name in REQUIRED_COLUMNS if name not in columns]
    if missing:
        raise errors.SpecError(f"the table lacks the columns {', '.join(missing)}")
    doubled = sorted({name for name in columns if columns.count(name) > 1})
    if doubled:
        raise errors.SpecError(f"the table has these columns more than once: {', '.join(doubled)}")
    identifying = sorted(_FORBIDDEN_COLUMNS & {name.strip().lower() for name in columns})
    if identifying:
        raise errors.SpecError(f"the table names pupils in {', '.join(identifying)}: remove these columns")


@contextmanager
def _unfinished(directory: pathlib.Path) -> Iterator[IO[bytes]]:
    """A file that only its owner can read and that is gone afterwards unless it was kept."""
    with tempfile.NamedTemporaryFile(dir=directory, prefix=".part-", delete=False) as file:
        try:
            yield file
        finally:
            pathlib.Path(file.name).unlink(missing_ok=True)


def _keep(file: IO[bytes], path: pathlib.Path) -> None:
    file.flush()
    os.fsync(file.fileno())
    pathlib.Path(file.name).replace(path)
