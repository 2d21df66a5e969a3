"""Every error as RFC 9457 problem document whose ``detail`` says what to change; a mistake of a caller is never 5xx."""

from http import HTTPStatus
from typing import Any

import fastapi
import structlog
from fastapi import exceptions, responses
from starlette import exceptions as starlette_exceptions

from homeroom.domain import errors
from homeroom.kube import answers
from homeroom.transport.control import problems

MEDIA_TYPE = problems.MEDIA_TYPE

_log = structlog.get_logger()


class NotFound(errors.SpecError):
    """What the path names does not exist (HTTP 404)."""


class Conflict(errors.SpecError):
    """It cannot be done in the present state, and the text says what to do first (HTTP 409)."""


def install(app: fastapi.FastAPI) -> None:
    """Answer every exception of ``app`` with a problem document."""
    app.add_exception_handler(errors.HomeroomError, _ours)
    app.add_exception_handler(exceptions.RequestValidationError, _invalid)
    app.add_exception_handler(starlette_exceptions.HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


def to_response(error: errors.HomeroomError) -> responses.JSONResponse:
    """``error`` as an answer: 401, 404 and 409 are said here, the rest is the table that all channels share."""
    match error:
        case NotFound() | answers.Missing():
            return build(HTTPStatus.NOT_FOUND, str(error))
        case Conflict() | answers.Conflict() | answers.AlreadyExists():
            return build(HTTPStatus.CONFLICT, str(error))
        case errors.Refused(reason="Unauthenticated"):
            return build(HTTPStatus.UNAUTHORIZED, str(error), {"www-authenticate": 'Bearer realm="homeroom"'})
        case _:
            return problems.to_response(error)


def build(
    status: HTTPStatus, detail: str, headers: dict[str, str] | None = None, **more: Any
) -> responses.JSONResponse:
    """A problem document."""
    body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail, **more}
    return responses.JSONResponse(body, status.value, headers, MEDIA_TYPE)


async def _ours(_request: fastapi.Request, error: Exception) -> responses.JSONResponse:
    if not isinstance(error, errors.HomeroomError):
        raise error
    if isinstance(error, errors.Defect):
        _log.error("defect", error=str(error))
    return to_response(error)


async def _invalid(_request: fastapi.Request, error: Exception) -> responses.JSONResponse:
    if not isinstance(error, exceptions.RequestValidationError):
        raise error
    # Inputs are left out: what was sent may not belong into an answer or a log.
    found = [{"field": ".".join(map(str, item["loc"])), "message": str(item["msg"])} for item in error.errors()]
    detail = "; ".join(f"{item['field']}: {item['message']}" for item in found)
    return build(HTTPStatus.UNPROCESSABLE_ENTITY, detail, errors=found)


async def _http(_request: fastapi.Request, error: Exception) -> responses.JSONResponse:
    if not isinstance(error, starlette_exceptions.HTTPException):
        raise error
    return build(HTTPStatus(error.status_code), str(error.detail), dict(error.headers or {}))


async def _unexpected(_request: fastapi.Request, error: Exception) -> responses.JSONResponse:
    _log.error("request_failed", error_type=type(error).__name__, exc_info=error)
    return build(HTTPStatus.INTERNAL_SERVER_ERROR, "something went wrong here: it is in the service's log")
