"""What a registry's answers and its network's failures mean to us."""

import contextlib
from collections.abc import Generator
from datetime import timedelta
from http import HTTPStatus

import httpx

from homeroom.domain import errors
from homeroom.transport.oci import retries

_ASKED_SECONDS = 5


@contextlib.contextmanager
def translated(where: str) -> Generator[None]:
    """Turns errors of the network into ``Unavailable``.

    Args:
        where: the registry, for the message.
    """
    try:
        yield
    except (httpx.HTTPError, TimeoutError) as exc:
        raise errors.Unavailable(f"{where}: {type(exc).__name__}: {exc}") from exc


def check(response: httpx.Response, what: str) -> None:
    """Passes on success.

    Args:
        response: its body need not have been read.
        what: what was asked for, for the message.

    Raises:
        NotReady: 404, it may still come.
        Busy: 429, or 503 with Retry-After.
        Refused: 401 or 403.
        Unavailable: another fault of the registry, or a redirect, which ours never send.
        SpecError: any other 4xx.
    """
    if response.is_success:
        return
    sentence = f"{what}: the registry answered {response.status_code}"
    match response.status_code:
        case HTTPStatus.NOT_FOUND:
            raise errors.NotReady(f"{what}: the registry does not have it")
        case HTTPStatus.TOO_MANY_REQUESTS:
            raise retries.Busy(sentence, retry_after=_retry_after(response))
        case HTTPStatus.SERVICE_UNAVAILABLE if "retry-after" in response.headers:
            raise retries.Busy(sentence, retry_after=_retry_after(response))
        case HTTPStatus.UNAUTHORIZED | HTTPStatus.FORBIDDEN:
            raise errors.Refused("Forbidden", sentence)
        case HTTPStatus.REQUEST_TIMEOUT:
            raise errors.Unavailable(sentence)
        case _ if response.is_client_error:
            raise errors.SpecError(sentence)
        case _:
            raise errors.Unavailable(sentence)


def _retry_after(response: httpx.Response) -> timedelta:
    text = response.headers.get("retry-after", "")
    return timedelta(seconds=int(text) if text.isascii() and text.isdigit() else _ASKED_SECONDS)
