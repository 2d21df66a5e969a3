"""The district's private store of evaluation rows: written through the API, read by the gates, shown to nobody.

One gzip-compressed CSV file per table, named by its digest, in a directory that only the district's user can enter.
"""

import hashlib
import os
import pathlib
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from homeroom.domain import digests, errors
from homeroom.gates.reading import files, headings
from homeroom.packaging import releasefiles

REQUIRED_COLUMNS = (
    "site_id",
    "year_group",
    "outcome",
    *sorted(f"score_{stage.value}" for stage in releasefiles.REQUIRED_STAGES),
)
"""What the gates read of every table; what else they need follows from the release, which is not known here."""


@dataclass(frozen=True, slots=True)
class EvaluationStore:
    """A directory of evaluation tables.

    Attributes:
        directory: mode 0700; made when it is not there.
        max_bytes: largest table, compressed.
        max_plain_bytes: largest table after decompression.
    """

    directory: pathlib.Path
    max_bytes: int = files.MAX_BYTES
    max_plain_bytes: int = files.MAX_PLAIN_BYTES

    async def put(self, content: AsyncIterator[bytes]) -> digests.Digest:
        """Check and store the table that arrives in pieces; storing it again is no change.

        Raises:
            SpecError: it is no gzip of a CSV file with the required columns, it names pupils, or it is too large.
        """
        self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        with _unfinished(self.directory) as file:
            check, digest = _Check(files.Unpacker(self.max_bytes, self.max_plain_bytes)), hashlib.sha256()
            async for piece in content:
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


class _Check:
    """Unpacks as it goes and holds the first lines only."""

    def __init__(self, unpacker: files.Unpacker) -> None:
        self._unpacker = unpacker
        self._lines = 0
        self._head = b""

    def feed(self, piece: bytes) -> None:
        for plain in self._unpacker.feed(piece):
            self._lines += plain.count(b"\n")
            files.refuse_many(self._lines)
            self._head += plain[: 2 * files.MAX_LINE_BYTES - len(self._head)]

    def finish(self) -> None:
        self._unpacker.finish()
        heading, _, rest = self._head.partition(b"\n")
        headings.refuse(headings.parse(heading), REQUIRED_COLUMNS)
        if not rest.strip():
            raise errors.SpecError("the evaluation table has no rows under its heading")


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
