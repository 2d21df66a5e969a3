"""What an API server says, as who must act."""

import pytest

from homeroom.domain import errors
from homeroom.kube import answers


@pytest.mark.parametrize(
    ("code", "reason", "family", "exact"),
    [
        (400, "BadRequest", errors.SpecError, errors.SpecError),
        (401, "Unauthorized", errors.Refused, errors.Refused),
        (403, "Forbidden", errors.Refused, errors.Refused),
        (404, "NotFound", errors.SpecError, answers.Missing),
        (409, "AlreadyExists", errors.SpecError, answers.AlreadyExists),
        (409, "Conflict", errors.NotReady, answers.Conflict),
        (410, "Expired", errors.NotReady, answers.Gone),
        (413, "RequestEntityTooLarge", errors.SpecError, errors.SpecError),
        (422, "Invalid", errors.SpecError, errors.SpecError),
        (429, "TooManyRequests", errors.Unavailable, errors.Unavailable),
        (500, "InternalError", errors.Unavailable, errors.Unavailable),
        (504, "Timeout", errors.Unavailable, errors.Unavailable),
    ],
)
def test_code_becomes_a_family(code: int, reason: str, family: type[Exception], exact: type[Exception]) -> None:
    with pytest.raises(family, match="said so") as raised:
        answers.refuse(code, {"reason": reason, "message": "the server said so"}, "GET /x")
    assert type(raised.value) is exact


def test_refusal_keeps_whether_it_was_identity_or_permission() -> None:
    with pytest.raises(errors.Refused) as raised:
        answers.refuse(401, {}, "GET /x")
    assert (raised.value.reason, str(raised.value)) == ("Unauthenticated", "HTTP 401")


@pytest.mark.parametrize("content", [b"upstream is down\n", b"[1, 2]", b"\xff\xfe", b""])
def test_answer_that_is_no_object_is_read_as_words(content: bytes) -> None:
    """A proxy's page of text does not become a traceback."""
    status = answers.parse(content)
    assert status["kind"] == "Status"
    assert isinstance(status["message"], str)
