"""Why intake does not take a file."""

import enum


class Reason(enum.StrEnum):
    """Outcome of intake; the same words as the reasons of ``Imported``."""

    ACCEPTED = "Accepted"
    NOT_ONNX = "NotOnnx"
    TRUNCATED = "Truncated"
    EXTERNAL_DATA = "ExternalData"
    TOO_LARGE = "TooLarge"
    OPERATOR_REFUSED = "OperatorRefused"
    INTAKE_FAILED = "IntakeFailed"
    RELEASE_FILE_INVALID = "ReleaseFileInvalid"


class NotTaken(Exception):  # noqa: N818 - an outcome, turned into a result at the process boundary
    """The file is not taken.

    Attributes:
        reason: why, in one word; the text says what to change.
    """

    def __init__(self, reason: Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason
