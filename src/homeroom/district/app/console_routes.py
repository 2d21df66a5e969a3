"""The console's addresses: log in, log out, the status page."""

import secrets
from http import HTTPStatus
from typing import Annotated

import fastapi
import structlog
from fastapi import responses

from homeroom.console import pages, rendering
from homeroom.district.app import access, ports, sessions, status, users, views
from homeroom.domain import errors

router = fastapi.APIRouter(include_in_schema=False)

Field = Annotated[str, fastapi.Form(max_length=4096)]

_WRONG_FORM = "This form was too old or came from another page. Please try again."
_WRONG_TOKEN = "This token is not known here. Check that you pasted all of it, or ask the district for a new one."  # noqa: S105 - a sentence

_log = structlog.get_logger()


@router.get("/")
async def show_status(request: fastapi.Request, found: ports.PortsOf, refresh: str = "off") -> fastapi.Response:
    """Is everything working? Reloads by itself only for who asked: a page that changes on its own hinders many."""
    user = access.session_user(request)
    if user is None:
        return responses.RedirectResponse("/login", HTTPStatus.SEE_OTHER)
    try:
        observed = await status.gather_status(found)
    except errors.HomeroomError as exc:
        _log.warning("status_not_gathered", error=str(exc))
        return _html(pages.ProblemPage("We cannot tell at the moment", _UNREADABLE), HTTPStatus.SERVICE_UNAVAILABLE)
    document = status.build_status(observed, found.clock(), found.options.offline_after)
    page = views.build_status_page(
        document,
        user=user.name,
        form_proof=found.sessions.form_proof(request.cookies[sessions.COOKIE]),
        refresh_seconds=found.options.refresh_seconds,
        refreshing=refresh == "on",
    )
    return _html(page)


@router.get("/login")
async def show_login(request: fastapi.Request, found: ports.PortsOf) -> fastapi.Response:
    """Who are you?"""
    return _login_page(request, found, "")


@router.post("/login")
async def log_in(
    request: fastapi.Request, found: ports.PortsOf, token: Field = "", proof: Field = ""
) -> fastapi.Response:
    """Start a session for whose token that is."""
    if not found.sessions.proves(request.cookies.get(sessions.FORM_COOKIE, ""), proof):
        return _login_page(request, found, _WRONG_FORM, HTTPStatus.FORBIDDEN)
    user = found.everybody.authenticate(token.strip())
    if user is None:
        _log.warning("login_refused")
        return _login_page(request, found, _WRONG_TOKEN, HTTPStatus.FORBIDDEN)
    return _start_session(request, found, user)


@router.post("/logout")
async def log_out(request: fastapi.Request, found: ports.PortsOf, proof: Field = "") -> fastapi.Response:
    """End the session of this browser."""
    answer = responses.RedirectResponse("/login", HTTPStatus.SEE_OTHER)
    if found.sessions.proves(request.cookies.get(sessions.COOKIE, ""), proof):
        answer.delete_cookie(sessions.COOKIE)
    return answer


@router.get("/static/console.css")
async def show_stylesheet() -> fastapi.Response:
    """The one stylesheet; its address carries its version."""
    headers = {"cache-control": "public, max-age=31536000, immutable"}
    return fastapi.Response(rendering.stylesheet(), media_type="text/css", headers=headers)


_UNREADABLE = (
    "The district's records cannot be read just now. Schools go on answering by themselves. Try again in a minute; "
    "if it stays like this, tell the district's IT staff."
)


def _start_session(request: fastapi.Request, found: ports.Ports, user: users.User) -> fastapi.Response:
    answer = responses.RedirectResponse("/", HTTPStatus.SEE_OTHER)
    _set_cookie(request, answer, sessions.COOKIE, found.sessions.issue(user, found.clock()))
    answer.delete_cookie(sessions.FORM_COOKIE)
    return answer


def _login_page(
    request: fastapi.Request, found: ports.Ports, problem: str, status_code: HTTPStatus = HTTPStatus.OK
) -> fastapi.Response:
    secret = secrets.token_urlsafe(24)
    answer = _html(pages.LoginPage(found.sessions.form_proof(secret), problem), status_code)
    _set_cookie(request, answer, sessions.FORM_COOKIE, secret)
    return answer


def _set_cookie(request: fastapi.Request, answer: fastapi.Response, name: str, value: str) -> None:
    age = int(sessions.LIFETIME.total_seconds())
    secure = request.url.scheme == "https"  # plain HTTP is for loopback, where browsers would drop a secure cookie
    answer.set_cookie(name, value, max_age=age, httponly=True, samesite="lax", secure=secure)


def _html(page: pages.Page, status_code: HTTPStatus = HTTPStatus.OK) -> responses.HTMLResponse:
    headers = {
        "content-security-policy": rendering.CONTENT_SECURITY_POLICY,
        "cache-control": "no-store",
        "x-frame-options": "DENY",
    }
    return responses.HTMLResponse(rendering.render(page), status_code, headers)
