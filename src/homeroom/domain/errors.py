"""Error families, named by who must act.

HomeroomError
├── SpecError     the author of a resource or request; permanent; HTTP 422
├── NotReady      nobody; it will come; retried after ``retry_after``; HTTP 503
├── Unavailable   whoever runs a dependency; retried with backoff; HTTP 503
├── Refused       nobody: a trust check said no, and said it on purpose; HTTP 403
└── Defect        us; HTTP 500

A capability that talks to a tool turns that tool's exceptions into these, so nothing above it sees the originals.
A gate that failed or could not tell is a value (``verdicts.Verdict``), never an exception.
"""

from datetime import timedelta


class HomeroomError(Exception):
    """Base of every error that Homeroom raises on purpose; its text is written for the person who must act."""


class SpecError(HomeroomError):
    """What was asked for cannot work; the text says what to change."""


class NotReady(HomeroomError):  # noqa: N818 - a state of the world, not a fault
    """Something is still missing that will come without anybody acting.

    Attributes:
        retry_after: when to look again.
    """

    def __init__(self, message: str, *, retry_after: timedelta = timedelta(seconds=5)) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unavailable(HomeroomError):  # noqa: N818 - a state of the world, not a fault
    """A dependency did not answer, or answered with a fault of its own."""


class Refused(HomeroomError):  # noqa: N818 - an outcome of a check
    """A signature, digest, identity or version check said no.

    Attributes:
        reason: CamelCase word for conditions and audit events, such as ``OlderMetadata``.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class Defect(HomeroomError):  # noqa: N818 - reads as what it is
    """An invariant of ours does not hold; please report it."""
