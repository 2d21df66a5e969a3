"""Files that only this school can read, and in which nothing can be changed, cut, reordered or swapped.

KEK (given at enrolment) wraps the DEK; HKDF of the DEK gives each file its own key; the file is AES-256-GCM in chunks
whose associated data names site, digest, chunk number and whether it is the last.
"""

import secrets
from collections.abc import Iterator
from pathlib import Path

from cryptography import exceptions
from cryptography.hazmat.primitives import hashes, keywrap
from cryptography.hazmat.primitives.ciphers import aead
from cryptography.hazmat.primitives.kdf import hkdf

from homeroom.domain import digests, errors
from homeroom.trust import durable

CHUNK_BYTES = 1 << 20
_TAG_BYTES = 16
_SALT_BYTES = 32
_MAGIC = b"homeroom-sealed-1\n"


class Sealer:
    """Seals and opens the files of one school.

    Args:
        site_id: bound into every chunk, so that a file of another school is refused even under the same key.
        dek: 32 bytes.
    """

    def __init__(self, site_id: str, dek: bytes) -> None:
        self._site_id = site_id
        self._dek = dek

    @classmethod
    def open(cls, directory: Path, site_id: str, kek: bytes) -> "Sealer":
        """The sealer whose wrapped key lies in ``directory``; made if missing.

        Raises:
            SpecError: the KEK is not the one that the key was wrapped with.
        """
        path = directory / "dek.wrapped"
        if not path.exists():
            durable.write(path, keywrap.aes_key_wrap(kek, secrets.token_bytes(32)))
        try:
            return cls(site_id, keywrap.aes_key_unwrap(kek, path.read_bytes()))
        except (keywrap.InvalidUnwrap, ValueError) as exc:
            raise errors.SpecError(f"{path} does not open with this school's kek: restore both together") from exc

    def seal(self, digest: digests.Digest, plain: bytes) -> bytes:
        """``plain`` as it goes to disk."""
        salt = secrets.token_bytes(_SALT_BYTES)
        cipher = self._cipher(salt)
        pieces = [plain[start : start + CHUNK_BYTES] for start in range(0, len(plain), CHUNK_BYTES)] or [b""]
        last = len(pieces) - 1
        sealed = (
            cipher.encrypt(_nonce(number), piece, self._bound_to(digest, number, is_last=number == last))
            for number, piece in enumerate(pieces)
        )
        return b"".join((_MAGIC, salt, *sealed))

    def unseal(self, digest: digests.Digest, content: bytes) -> bytes:
        """The plain bytes of a file.

        Raises:
            Refused: anything about it differs from what was sealed for this site and digest; reason ``Altered``.
        """
        start = len(_MAGIC) + _SALT_BYTES
        if not content.startswith(_MAGIC) or len(content) < start + _TAG_BYTES:
            raise errors.Refused("Altered", f"the stored file of {digests.short(digest)} is cut or no sealed file")
        cipher = self._cipher(content[len(_MAGIC) : start])
        try:
            plain = b"".join(
                cipher.decrypt(_nonce(number), piece, self._bound_to(digest, number, is_last=is_last))
                for number, (piece, is_last) in enumerate(_pieces(content, start))
            )
        except exceptions.InvalidTag as exc:
            raise errors.Refused("Altered", f"the stored file of {digests.short(digest)} was changed") from exc
        if digests.of_bytes(plain) != digest:
            raise errors.Refused("Altered", f"the stored file of {digests.short(digest)} holds something else")
        return plain

    def _cipher(self, salt: bytes) -> aead.AESGCM:
        derived = hkdf.HKDF(hashes.SHA256(), 32, salt, b"homeroom blob v1").derive(self._dek)
        return aead.AESGCM(derived)

    def _bound_to(self, digest: digests.Digest, number: int, *, is_last: bool) -> bytes:
        return f"{self._site_id}|{digest}|{number}|{int(is_last)}".encode()


def _pieces(content: bytes, start: int) -> Iterator[tuple[bytes, bool]]:
    size = CHUNK_BYTES + _TAG_BYTES
    for position in range(start, len(content), size):
        yield content[position : position + size], position + size >= len(content)


def _nonce(number: int) -> bytes:
    # Counting is safe: every file has a key of its own, from its random salt.
    return number.to_bytes(12, "big")
