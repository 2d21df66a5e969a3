"""A school's own box, as its office talks to it: a Unix socket that only the box's user can open."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx

from homeroom.domain import errors

TIMEOUT = timedelta(seconds=10)
"""Longest wait for one answer: the box only writes to its disk."""


def closures(socket: Path, school: str | None = None) -> dict[str, Any]:
    """Days on which the office says that the school is closed, and how much of it the district has not received.

    Args:
        socket: of the agent, or of a host.
        school: at a host with several schools, which.

    Raises:
        SpecError: there is no such school.
        Unavailable: nobody answers on that socket.
    """
    return _ask(socket, school, "GET")


def say(socket: Path, statement: Mapping[str, Any], school: str | None = None) -> dict[str, Any]:
    """Tell the box; the answer is that of ``closures``.

    Args:
        socket: as in ``closures``.
        statement: ``closed``, ``from``, ``to``, ``cause`` and ``note``.
        school: as in ``closures``.

    Raises:
        SpecError: something in the statement does not fit, or there is no such school.
        Unavailable: nobody answers on that socket.
    """
    return _ask(socket, school, "POST", json=dict(statement))


def _ask(socket: Path, school: str | None, method: str, **request: Any) -> dict[str, Any]:
    path = "/closures" if school is None else f"/schools/{quote(school, safe='')}/closures"
    nobody = f"no box answers on {socket}: is its agent running, and are you the user that it runs as?"
    transport = httpx.HTTPTransport(uds=str(socket))
    try:
        if not socket.is_socket():  # asked first, because httpcore leaves a socket open that it could not connect
            raise errors.Unavailable(nobody)
        with httpx.Client(transport=transport, base_url="http://box", timeout=TIMEOUT.total_seconds()) as http:
            response = http.request(method, path, **request)
    except (httpx.HTTPError, OSError) as exc:
        raise errors.Unavailable(nobody) from exc
    if response.is_success:
        return dict(response.json())
    raise _error(response)


def _error(response: httpx.Response) -> errors.HomeroomError:
    try:
        message = str(response.json()["error"])
    except (ValueError, KeyError, TypeError):
        message = f"the box answered {response.status_code}"
    if response.status_code >= httpx.codes.INTERNAL_SERVER_ERROR:
        return errors.Unavailable(message)
    return errors.SpecError(message)
