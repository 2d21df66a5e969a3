"""What an API server answers, as errors that say who must act."""

import json
from typing import Any, NoReturn

from homeroom.domain import errors

_MISSING = 404
_CONFLICT = 409
_GONE = 410
_TOO_MANY = 429
_SERVER_FAULT = 500
_DENIED = {401: "Unauthenticated", 403: "Forbidden"}


class Conflict(errors.NotReady):
    """Somebody wrote the object in between; read it again and decide anew."""


class AlreadyExists(errors.SpecError):
    """An object of that name is there already."""


class Missing(errors.SpecError):
    """There is no object, or no kind, of that name."""


class Gone(errors.NotReady):
    """The asked-for version is too old to go on from; list again."""


def parse(content: bytes) -> dict[str, Any]:
    """``content`` as a JSON object; a Status with the text as its message when it is none.

    Proxies and overloaded servers answer in plain text.
    """
    try:
        value = json.loads(content)
    except ValueError:
        value = None
    if isinstance(value, dict):
        return value
    return {"kind": "Status", "message": content[:500].decode(errors="replace").strip()}


def refuse(code: int, status: dict[str, Any], what: str) -> NoReturn:
    """Raises the error that ``status``, an answer with this HTTP code, means.

    Args:
        code: HTTP status of the answer, or ``code`` of an ERROR event.
        status: the Status object.
        what: what was asked, such as ``create modelreleases/reading-3``.

    Raises:
        Conflict, AlreadyExists, Missing, Gone: as they say.
        Refused: the user may not do this, by role or by admission policy.
        SpecError: the object is not valid; the message is the API server's.
        Unavailable: the API server is overloaded or has a fault.
    """
    message = str(status.get("message") or f"HTTP {code}")
    if code in _DENIED:
        raise errors.Refused(_DENIED[code], message)
    if code == _CONFLICT:
        raise (AlreadyExists if status.get("reason") == "AlreadyExists" else Conflict)(message)
    if code == _MISSING:
        raise Missing(message)
    if code == _GONE:
        raise Gone(message)
    if code == _TOO_MANY or code >= _SERVER_FAULT:
        raise errors.Unavailable(f"Kubernetes API: {what}: {message}")
    raise errors.SpecError(message)
