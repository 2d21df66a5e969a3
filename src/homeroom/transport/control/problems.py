"""Errors of ours as HTTP answers (RFC 9457) and back again, the same table in both directions."""

import math
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import httpx
from starlette import responses

from homeroom.domain import errors
from homeroom.transport.control import messages

MEDIA_TYPE = "application/problem+json"
_MAX_DETAIL_CHARACTERS = 500  # what another machine says is shown to people, but not without end


def to_response(error: errors.HomeroomError) -> responses.JSONResponse:
    """``error`` as a problem document whose ``detail`` says what to do about it."""
    status = status_of(error)
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": status.phrase,
        "status": status.value,
        "detail": str(error),
    }
    headers = {}
    if isinstance(error, errors.Refused):
        body["reason"] = error.reason
    if status is HTTPStatus.UPGRADE_REQUIRED:
        headers["upgrade"] = f"homeroom-control/{messages.PROTOCOL_VERSION}"  # RFC 9110 asks for it with a 426
    if isinstance(error, errors.NotReady):
        headers["retry-after"] = str(math.ceil(error.retry_after.total_seconds()))
    return responses.JSONResponse(body, status.value, headers, MEDIA_TYPE)


def status_of(error: errors.HomeroomError) -> HTTPStatus:
    """HTTP status of an error family."""
    match error:
        case errors.Refused(reason="ProtocolMismatch"):
            return HTTPStatus.UPGRADE_REQUIRED
        case errors.Refused():
            return HTTPStatus.FORBIDDEN
        case messages.QueueFull():
            return HTTPStatus.TOO_MANY_REQUESTS
        case errors.NotReady() | errors.Unavailable():
            return HTTPStatus.SERVICE_UNAVAILABLE
        case errors.SpecError():
            return HTTPStatus.UNPROCESSABLE_ENTITY
        case _:
            return HTTPStatus.INTERNAL_SERVER_ERROR


def raise_for(response: httpx.Response, content: bytes) -> None:
    """Passes on success, raises our error otherwise.

    Raises:
        Refused: 403, or 426 with reason ``ProtocolMismatch``.
        QueueFull: 429.
        NotReady: 503 with Retry-After.
        SpecError: any other 4xx: what we sent cannot work.
        Unavailable: anything else.
    """
    if response.is_success:
        return
    problem = _parse_problem(content)
    sentence = f"{response.request.url.host}: {problem.get('detail', f'HTTP {response.status_code}')}"
    match response.status_code:
        case HTTPStatus.UPGRADE_REQUIRED:
            raise errors.Refused("ProtocolMismatch", sentence)
        case HTTPStatus.FORBIDDEN:
            raise errors.Refused(problem.get("reason", "Forbidden"), sentence)
        case HTTPStatus.TOO_MANY_REQUESTS:
            raise messages.QueueFull(sentence, retry_after=_retry_after(response))
        case HTTPStatus.SERVICE_UNAVAILABLE if "retry-after" in response.headers:
            raise errors.NotReady(sentence, retry_after=_retry_after(response))
        case status if response.is_client_error and status != HTTPStatus.REQUEST_TIMEOUT:
            raise errors.SpecError(sentence)
        case _:
            raise errors.Unavailable(sentence)


def _parse_problem(content: bytes) -> dict[str, str]:
    try:
        value = httpx.Response(HTTPStatus.OK, content=content).json()
    except ValueError:
        return {}
    if not isinstance(value, dict):
        return {}
    return {key: str(text)[:_MAX_DETAIL_CHARACTERS] for key, text in value.items()}


def _retry_after(response: httpx.Response) -> timedelta:
    try:
        seconds = int(response.headers.get("retry-after", "5"))
    except ValueError:  # an HTTP date; ours never send one
        seconds = 5
    return timedelta(seconds=min(max(seconds, 1), 3600))
