"""Requests to one API server, in JSON and with deadlines.

The official client's connection, credentials and TLS are used; its generated models are not, because our kinds are
not among them and building them costs more than the requests.
"""

import contextlib
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import aiohttp
import multidict
from kubernetes.aio.client import api_client as api_clients
from kubernetes.aio.config import config_exception, kube_config

from homeroom.domain import errors
from homeroom.kube import answers, connectors

DEADLINE = timedelta(seconds=15)
"""Longer than any answer of a healthy API server, admission policies included."""

JSON = "application/json"
MERGE_PATCH = "application/merge-patch+json"
APPLY_PATCH = "application/apply-patch+yaml"  # JSON is YAML, and this name works on every version


@dataclass(frozen=True, slots=True)
class Impersonation:
    """The person for whom a request is made; admission and audit see this user.

    Attributes:
        user: user name.
        groups: groups such as ``homeroom:approvers``.
    """

    user: str
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Request:
    """One request.

    Attributes:
        method: HTTP method.
        path: below the server's address, already quoted.
        query: parameters.
        body: plain JSON; None for none.
        content_type: of the body; it also says which kind of patch it is.
    """

    method: str
    path: str
    query: Mapping[str, str] | None = None
    body: Mapping[str, Any] | None = None
    content_type: str = JSON

    def __str__(self) -> str:
        return f"{self.method} {self.path}"


class Connection:
    """An open connection pool to one API server; requests may run at the same time."""

    def __init__(self, api: api_clients.ApiClient) -> None:
        self._api = api

    async def ask(self, request: Request, impersonate: Impersonation | None = None) -> dict[str, Any]:
        """The answer to ``request``.

        Raises:
            errors.HomeroomError: the answer is no success, or none came; see ``answers.refuse``.
        """
        timeout = aiohttp.ClientTimeout(total=DEADLINE.total_seconds())
        with _translated(request):
            response = await self._send(request, impersonate, timeout)
            async with response:
                content = answers.parse(await response.read())
        if not response.ok:
            answers.refuse(response.status, content, str(request))
        return content

    @contextlib.asynccontextmanager
    async def stream(
        self, request: Request, inactivity: timedelta, impersonate: Impersonation | None = None
    ) -> AsyncIterator[aiohttp.StreamReader]:
        """The answer as it comes; it may take for ever, but never pause longer than ``inactivity``."""
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=DEADLINE.total_seconds(), sock_read=inactivity.total_seconds()
        )
        with _translated(request):
            response = await self._send(request, impersonate, timeout)
            async with response:
                if not response.ok:
                    answers.refuse(response.status, answers.parse(await response.read()), str(request))
                yield response.content

    async def _send(
        self, request: Request, impersonate: Impersonation | None, limits: aiohttp.ClientTimeout
    ) -> aiohttp.ClientResponse:
        query = f"?{urlencode(request.query)}" if request.query else ""
        answer = await self._api.rest_client.request(  # type: ignore[no-untyped-call]  # the client has no types here
            request.method,
            f"{self._api.configuration.host}{request.path}{query}",
            headers=await self._headers(request.content_type, impersonate),
            body=request.body,
            _request_timeout=limits,
        )
        response: aiohttp.ClientResponse = answer.response
        return response

    async def _headers(self, content_type: str, impersonate: Impersonation | None) -> "multidict.CIMultiDict[str]":
        headers = multidict.CIMultiDict({"Content-Type": content_type, "Accept": JSON})
        token = (await self._api.configuration.auth_settings()).get("BearerToken")
        if token is not None:
            headers["Authorization"] = str(token["value"])
        if impersonate is not None:
            headers["Impersonate-User"] = impersonate.user
            for group in impersonate.groups:  # one header each: the API server splits at no comma
                headers.add("Impersonate-Group", group)
        return headers


@contextlib.asynccontextmanager
async def open_kubeconfig(kubeconfig: Path) -> AsyncIterator[Connection]:
    """A connection to the API server that ``kubeconfig`` names, closed at the end of the block.

    Raises:
        SpecError: the file is missing or no kubeconfig. The API server itself is first asked by the first request.
    """
    try:
        api = await kube_config.new_client_from_config(  # type: ignore[no-untyped-call]  # the client has no types here
            str(kubeconfig), persist_config=False
        )
    except (config_exception.ConfigException, OSError, TypeError, ValueError) as exc:
        raise errors.SpecError(f"{kubeconfig} is no usable kubeconfig: {exc}") from exc
    connector = connectors.Connector(api.rest_client.ssl_context, api.rest_client.maxsize)
    api.configuration.client_session_kwargs = {"connector": connector}
    try:
        yield Connection(api)
    finally:
        await api.close()
        await connector.close()  # a connector that the client was given is closed by the giver


@contextlib.contextmanager
def _translated(request: Request) -> Iterator[None]:
    try:
        yield
    except (aiohttp.ClientError, OSError) as exc:  # a timeout is an OSError
        raise errors.Unavailable(f"Kubernetes API: {request}: {type(exc).__name__}: {exc}") from exc
