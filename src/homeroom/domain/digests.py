"""Content digests and the one canonical JSON form that they are taken over."""

import hashlib
import json
import re
from typing import Any, NewType

from homeroom.domain import errors

Digest = NewType("Digest", str)
"""``sha256:`` and 64 lower-case hexadecimal digits, as in the OCI image specification."""

PATTERN = r"^sha256:[a-f0-9]{64}$"


def of_bytes(content: bytes) -> Digest:
    """Digest of ``content``; of the empty string too."""
    return Digest("sha256:" + hashlib.sha256(content).hexdigest())


def of_json(value: Any) -> Digest:
    """Digest of the canonical JSON form of ``value``."""
    return of_bytes(canonical_json(value))


def parse(text: str) -> Digest:
    """``text`` as a digest.

    Raises:
        SpecError: it is not ``sha256:`` and 64 lower-case hexadecimal digits.
    """
    if not re.fullmatch(PATTERN, text):
        raise errors.SpecError(f"{text[:80]!r} is no digest: write sha256: and 64 lower-case hexadecimal digits")
    return Digest(text)


def canonical_json(value: Any) -> bytes:
    """The one byte form of ``value`` that digests and signatures are taken over.

    Keys sorted, no white space, UTF-8, no NaN or infinity. Callers round floats first: Python prints the shortest
    form that reads back the same, which is stable across machines.

    Example: ``{"b": 1, "a": "é"}`` gives ``{"a":"é","b":1}``.

    Raises:
        ValueError: a float is NaN or infinite.
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode()


def short(digest: Digest) -> str:
    """First twelve hexadecimal digits, for tables and messages; never for comparing."""
    return digest.removeprefix("sha256:")[:12]
