"""Manifests, configs and stages by digest, sealed; a blob exists when its row does."""

import contextlib
from collections.abc import Collection
from pathlib import Path

from homeroom.domain import digests, errors
from homeroom.school.store import database, sealing
from homeroom.trust import durable


class Blobs:
    """The blobs of one school.

    Args:
        directory: for the sealed files.
        store: for the rows.
        sealer: for the bytes.
    """

    def __init__(self, directory: Path, store: database.Database, sealer: sealing.Sealer) -> None:
        self._directory = directory
        self._store = store
        self._sealer = sealer
        directory.mkdir(parents=True, exist_ok=True, mode=0o700)

    def put(self, digest: digests.Digest, plain: bytes) -> None:
        """Keep ``plain``; putting it again is no error.

        The order makes a crash harmless: sealed file on disk under its name, then the row that says so.

        Raises:
            Refused: the bytes have another digest; nothing is kept (``Altered``).
        """
        if digests.of_bytes(plain) != digest:
            raise errors.Refused("Altered", f"bytes offered as {digests.short(digest)} have another digest")
        durable.write(self._path(digest), self._sealer.seal(digest, plain))
        with self._store.transaction() as connection:
            connection.execute("INSERT OR REPLACE INTO blobs VALUES (?, ?)", (digest, len(plain)))

    def has(self, digest: digests.Digest) -> bool:
        """Whether it was put; ``read`` checks that it is still right."""
        return bool(self._store.rows("SELECT 1 FROM blobs WHERE digest = ?", digest))

    def read(self, digest: digests.Digest) -> bytes:
        """The plain bytes, checked.

        A file that is damaged is forgotten, so that it is fetched again.

        Raises:
            NotReady: it is not here.
            Refused: it was changed on disk; reason ``Altered``.
        """
        if not self.has(digest):
            raise errors.NotReady(f"blob {digests.short(digest)} is not here yet")
        try:
            return self._sealer.unseal(digest, self._path(digest).read_bytes())
        except FileNotFoundError:
            self._forget(digest)
            raise errors.NotReady(f"blob {digests.short(digest)} is gone from disk") from None
        except errors.Refused:
            self._forget(digest)
            raise

    def recover(self) -> int:
        """Write the rows of whole files that have none, as after the database was lost; how many."""
        known = {str(row[0]) for row in self._store.rows("SELECT digest FROM blobs")}
        found = 0
        for path in self._directory.iterdir():
            digest = digests.Digest("sha256:" + path.name)
            if path.name.startswith(".") or digest in known:
                continue
            with contextlib.suppress(errors.Refused):
                plain = self._sealer.unseal(digest, path.read_bytes())
                with self._store.transaction() as connection:
                    connection.execute("INSERT OR REPLACE INTO blobs VALUES (?, ?)", (digest, len(plain)))
                found += 1
        return found

    def collect(self, keep: Collection[digests.Digest]) -> int:
        """Remove every blob that is not in ``keep``, and files left by a crash; how many blobs."""
        unwanted = {str(row[0]) for row in self._store.rows("SELECT digest FROM blobs")} - set(keep)
        for digest in unwanted:
            self._forget(digests.Digest(digest))
        names = {digest.removeprefix("sha256:") for digest in keep}
        for path in self._directory.iterdir():
            if path.name not in names:
                path.unlink(missing_ok=True)
        return len(unwanted)

    def _forget(self, digest: digests.Digest) -> None:
        # Row first: a file without a row is litter, a row without a file would be a lie.
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM blobs WHERE digest = ?", (digest,))
        self._path(digest).unlink(missing_ok=True)

    def _path(self, digest: digests.Digest) -> Path:
        return self._directory / digest.removeprefix("sha256:")
