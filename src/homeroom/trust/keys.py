"""Ed25519 keys that sign and X25519 keys that reports are sealed to."""

import base64
import binascii
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from cryptography import exceptions
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519

from homeroom.domain import errors
from homeroom.trust import durable

KEY_BYTES = 32
"""Length of a raw Ed25519 or X25519 key; RFC 8032 and RFC 7748."""


@dataclass(frozen=True, slots=True)
class PublicKey:
    """The half of a signing key that everybody may know.

    Attributes:
        raw: 32 bytes, RFC 8032.
    """

    raw: bytes

    @classmethod
    def from_base64(cls, text: str) -> Self:
        """The key that ``base64`` printed.

        Raises:
            SpecError: it is not 32 bytes in base64.
        """
        return cls(_decoded(text, "public key"))

    @property
    def base64(self) -> str:
        """44 characters, as in ``SchoolSite.spec.publicKey``."""
        return base64.b64encode(self.raw).decode()

    def verify(self, content: bytes, signature: bytes) -> None:
        """Check that the holder of the private half signed ``content``.

        Raises:
            Refused: it was altered or somebody else signed it; reason ``Altered``.
        """
        try:
            ed25519.Ed25519PublicKey.from_public_bytes(self.raw).verify(signature, content)
        except (exceptions.InvalidSignature, ValueError) as exc:
            raise errors.Refused("Altered", "the signature does not belong to these bytes and this key") from exc


class SigningKey:
    """A private Ed25519 key, kept as a PKCS #8 PEM file that only its owner can read."""

    def __init__(self, key: ed25519.Ed25519PrivateKey) -> None:
        self.private = key

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make a new key and keep it at ``path``.

        Raises:
            SpecError: there is a key already; who holds the old public half would no longer believe us.
        """
        _refuse_existing(path)
        key = ed25519.Ed25519PrivateKey.generate()
        durable.write(path, _pem(key))
        return cls(key)

    @classmethod
    def load(cls, path: Path) -> Self:
        """The key at ``path``.

        Raises:
            SpecError: the file is missing or holds no Ed25519 key.
        """
        key = _load(path)
        if not isinstance(key, ed25519.Ed25519PrivateKey):
            raise errors.SpecError(f"{path} holds no Ed25519 key: restore it from its backup")
        return cls(key)

    @property
    def public(self) -> PublicKey:
        """What to give to those who verify."""
        return PublicKey(self.private.public_key().public_bytes_raw())

    def sign(self, content: bytes) -> bytes:
        """64 bytes; the same content always gives the same signature."""
        return self.private.sign(content)


@dataclass(frozen=True, slots=True)
class SealPublicKey:
    """Whom a report is sealed to.

    Attributes:
        raw: 32 bytes, RFC 7748.
    """

    raw: bytes

    @classmethod
    def from_base64(cls, text: str) -> Self:
        """The key that ``base64`` printed.

        Raises:
            SpecError: it is not 32 bytes in base64.
        """
        return cls(_decoded(text, "seal key"))

    @property
    def base64(self) -> str:
        """44 characters, as in a school's enrolment."""
        return base64.b64encode(self.raw).decode()


class SealKey:
    """A private X25519 key: only its holder can open what was sealed to it."""

    def __init__(self, key: x25519.X25519PrivateKey) -> None:
        self.private = key

    @classmethod
    def create(cls, path: Path) -> Self:
        """Make a new key and keep it at ``path``.

        Raises:
            SpecError: there is a key already; reports sealed to it would be lost.
        """
        _refuse_existing(path)
        key = x25519.X25519PrivateKey.generate()
        durable.write(path, _pem(key))
        return cls(key)

    @classmethod
    def load(cls, path: Path) -> Self:
        """The key at ``path``.

        Raises:
            SpecError: the file is missing or holds no X25519 key.
        """
        key = _load(path)
        if not isinstance(key, x25519.X25519PrivateKey):
            raise errors.SpecError(f"{path} holds no X25519 key: restore it from its backup")
        return cls(key)

    @property
    def public(self) -> SealPublicKey:
        """What to give to those who seal."""
        return SealPublicKey(self.private.public_key().public_bytes_raw())


def _refuse_existing(path: Path) -> None:
    if path.exists():
        raise errors.SpecError(f"{path} already holds a key: load it, or choose an empty place")


def _pem(key: ed25519.Ed25519PrivateKey | x25519.X25519PrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _load(path: Path) -> object:
    try:
        return serialization.load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as exc:
        raise errors.SpecError(f"{path} holds no readable private key: {exc}") from exc


def _decoded(text: str, what: str) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as exc:
        raise errors.SpecError(f"the {what} is not base64") from exc
    if len(raw) != KEY_BYTES:
        raise errors.SpecError(f"the {what} has {len(raw)} bytes: it must have {KEY_BYTES}")
    return raw
