"""Who is calling, and whether they may."""

from typing import Annotated

import fastapi
from fastapi import security

from homeroom.district.app import ports, sessions, users
from homeroom.domain import errors

_bearer = security.HTTPBearer(auto_error=False, description="The token that the district gave you.")
Bearer = Annotated[security.HTTPAuthorizationCredentials | None, fastapi.Depends(_bearer)]


def caller(request: fastapi.Request, bearer: Bearer, found: ports.PortsOf) -> users.User:
    """The user of the bearer token; for reading, a console session does as well.

    Raises:
        Refused: reason ``Unauthenticated``.
    """
    if bearer is not None:
        user = found.everybody.authenticate(bearer.credentials)
        if user is None:
            raise errors.Refused("Unauthenticated", "this token is not known here: ask the district for a new one")
        return user
    # A browser sends cookies with requests that other pages started, so a cookie alone changes nothing.
    if request.method in {"GET", "HEAD"} and (user := session_user(request)) is not None:
        return user
    raise errors.Refused("Unauthenticated", "send your token in the header Authorization: Bearer TOKEN")


def session_user(request: fastapi.Request) -> users.User | None:
    """Who is logged in to the console with this browser."""
    found = ports.of(request)
    cookie = request.cookies.get(sessions.COOKIE)
    return None if cookie is None else found.sessions.check(cookie, found.clock())


Caller = Annotated[users.User, fastapi.Depends(caller)]


def author(user: Caller) -> users.User:
    """The caller, who must be an author.

    Raises:
        Refused: they are not.
    """
    if not user.may(users.Role.AUTHOR, users.Role.ADMIN):
        raise errors.Refused("Forbidden", f"{user.name} is no author here: only authors may add models and their data")
    return user


Author = Annotated[users.User, fastapi.Depends(author)]
