"""Types of fields that several kinds share."""

import enum
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, StringConstraints, WithJsonSchema

from homeroom.domain import digests
from homeroom.resources import rules


def _matching(pattern: str, max_length: int, message: str) -> WithJsonSchema:
    """A string schema whose pattern is a rule with words: ``should match '^[a-z]...'`` tells nobody what to change."""
    schema: dict[str, Any] = {"type": "string", "maxLength": max_length}
    schema[rules.VALIDATIONS] = [rules.Rule(f"self.matches('{pattern}')", message).to_json()]
    return WithJsonSchema(schema)


_NAME_PATTERN = "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"
_UUID_PATTERN = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"
_KEY_PATTERN = "^[A-Za-z0-9+/]{43}=$"
_IDENTIFIER_PATTERN = "^[a-z][a-z0-9_]*$"
# As the OCI distribution specification has the parts of a repository name.
_MODEL_PATTERN = "^[a-z0-9]+(([.]|_|__|-+)[a-z0-9]+)*$"
_URL_PATTERN = "^https?://[^/ ]+(/[^ ]*[^/ ])?$"

Name = Annotated[
    str,
    StringConstraints(pattern=_NAME_PATTERN, max_length=63),
    _matching(_NAME_PATTERN, 63, "write a name of lower-case letters, digits and hyphens, such as reading-2027"),
]
"""Name of an object, as in ``metadata.name``."""

ModelName = Annotated[
    str,
    StringConstraints(pattern=_MODEL_PATTERN, max_length=100),
    # It becomes the last part of an OCI repository name, which allows no capitals.
    _matching(_MODEL_PATTERN, 100, "write the registered name in lower-case letters, digits, dots and hyphens"),
]
"""Name of a registered model."""

DigestText = Annotated[
    str,
    StringConstraints(pattern=digests.PATTERN, max_length=71),
    _matching(digests.PATTERN, 71, "write sha256: and 64 lower-case hexadecimal digits"),
]
"""A content digest."""

Uuid = Annotated[
    str,
    StringConstraints(pattern=_UUID_PATTERN, max_length=36),
    _matching(_UUID_PATTERN, 36, "write a lower-case UUID, such as the output of uuidgen | tr A-Z a-z"),
]
"""A UUID of ours."""

PublicKey = Annotated[
    str,
    StringConstraints(pattern=_KEY_PATTERN, max_length=44),
    _matching(_KEY_PATTERN, 44, "write the raw Ed25519 public key in base64: 44 characters ending in ="),
]
"""A raw Ed25519 public key in base64."""

Identifier = Annotated[
    str,
    StringConstraints(pattern=_IDENTIFIER_PATTERN, max_length=63),
    _matching(_IDENTIFIER_PATTERN, 63, "write lower-case letters, digits and underscores, a letter first"),
]
"""Name of a column or parameter."""

Url = Annotated[
    str,
    StringConstraints(pattern=_URL_PATTERN, max_length=253),
    _matching(_URL_PATTERN, 253, "write a base URL such as https://hub.example.org:8443, without a slash at the end"),
]
"""A base URL."""

Text = Annotated[str, StringConstraints(min_length=1, max_length=253)]
"""A short line for people."""

Subject = Annotated[str, StringConstraints(min_length=1, max_length=300)]
"""What a verdict is about."""

Sentence = Annotated[str, StringConstraints(max_length=4096)]
"""A message for people; cut by whoever writes it."""

Moment = Annotated[datetime, Field()]
"""A moment in RFC 3339 form with a zone, such as ``2027-06-30T16:00:00Z``."""


class Purpose(enum.StrEnum):
    """What a model's answers are for."""

    SUPPORT_OFFER = "support-offer"
    """Whom to offer support; the harm is being missed."""
    RISK_LABEL = "risk-label"
    """Marking a child as at risk; the harm is being marked wrongly, and the youngest are never marked."""
    SELECTION = "selection"
    """Choosing who gets a place, a course or a sanction; the harm is being wrongly chosen."""
    CONTENT_LEVEL = "content-level"
    """How hard a text or exercise is; about material, not about a child."""


class Band(enum.StrEnum):
    """Year groups that are judged and served together."""

    K_2 = "K-2"
    GRADES_3_5 = "3-5"
    GRADES_6_8 = "6-8"
    GRADES_9_12 = "9-12"
    ADULT = "adult"
    """Adults in further and higher education; no school band."""


class Level(enum.StrEnum):
    """From what a school answers: a rung of the ladder."""

    FULL = "full"
    CORE = "core"
    PREVIOUS = "previous"
    FALLBACK = "fallback"
    NONE = "none"
