"""Kopf as every tier's operator runs it: it watches a few kinds and wakes whoever reads, decides and writes.

Raw event handlers leave no annotation, finalizer or progress in the objects, so nobody's ``kubectl delete`` waits for
an operator that is down. Their failures are not retried, which costs nothing: the woken one looks again anyway.

The one module of this package that imports Kopf, because a connection for Kopf is Kopf's own type: processes that only
talk to an API server do not import it.
"""

import asyncio
import base64
import binascii
import concurrent.futures
import contextlib
import logging
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import kopf
import yaml

from homeroom.domain import errors
from homeroom.kube import connectors, watches
from homeroom.resources import kinds

_REQUEST_SECONDS = 60.0
_CONNECT_SECONDS = 5.0
_END_SECONDS = 2.0
_PAGE = 500
_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 1.0  # an operator that is told to end waits no longer


class Pauses:
    """Between attempts of one request: doubling, until the operator is told to end.

    Kopf gives up on a request after the last one, and the part of it that looks for kinds then stays dead without a
    word until the operator ends, so an API server that starts late would never be watched.

    Args:
        ended: set when the operator should end.
    """

    def __init__(self, ended: threading.Event) -> None:
        self._ended = ended

    def __iter__(self) -> Iterator[float]:
        """Seconds."""
        pause = _FIRST_PAUSE_SECONDS
        while not self._ended.is_set():
            yield pause
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)


async def watch(
    kubeconfig: Path, watched: Sequence[kinds.Kind], namespace: str, wake: Callable[[], None], stop: asyncio.Event
) -> None:
    """Call ``wake`` in the running loop at every event of these kinds, until ``stop`` is set.

    Kopf has a thread with a loop of its own: when it ends it waits for every task in its loop and then cancels them,
    and in a main thread it takes the process's signals; both are ours.

    Raises:
        SpecError: ``kubeconfig`` is no usable kubeconfig.
        Refused, Unavailable: Kopf ended by itself.
    """
    ours, ended = asyncio.get_running_loop(), threading.Event()

    def wake_ours() -> None:
        with contextlib.suppress(RuntimeError):  # our loop is closed: a late event has nobody to wake
            ours.call_soon_threadsafe(wake)

    watching = _start(_Watcher(read_connection(kubeconfig), watched, namespace, wake_ours, ended))
    stopped = asyncio.ensure_future(stop.wait())
    both: tuple[asyncio.Future[Any], ...] = (watching, stopped)
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    finally:
        ended.set()
        stopped.cancel()
    await asyncio.wait({watching}, timeout=_END_SECONDS)
    if watching.done():
        await watching


@dataclass(frozen=True, slots=True)
class _Watcher:
    """Kopf as one thread runs it.

    Attributes:
        connection: to the API server.
        watched: kinds.
        namespace: where.
        wake: called on that thread at every event.
        ended: set when it should end.
    """

    connection: kopf.ConnectionInfo
    watched: Sequence[kinds.Kind]
    namespace: str
    wake: Callable[[], None]
    ended: threading.Event

    async def run(self) -> None:
        """Returns some time after ``ended`` was set; sets it when Kopf ends by itself.

        Raises:
            Refused: the API server does not know who we are.
            Unavailable: it broke off in a way that Kopf does not try again.
        """
        connector = connectors.Connector(self.connection.as_ssl_context())
        async with aiohttp.ClientSession(connector=connector, headers=self.connection.as_http_headers()) as session:
            login = kopf.AiohttpSession(server=self.connection.server, aiohttp_session=session)
            try:
                await kopf.operator(
                    registry=self._registry(login),
                    settings=build_settings(self.ended),
                    namespaces=[self.namespace],
                    stop_flag=self.ended,
                )
            except (kopf.LoginError, aiohttp.ClientError, OSError) as exc:
                if not self.ended.is_set():  # else of requests that were under way when it was told to end
                    raise self._explained(exc) from exc
            finally:
                self.ended.set()  # a thread of Kopf waits for this, and the end of the loop waits for that thread

    def _explained(self, exc: Exception) -> errors.HomeroomError:
        if isinstance(exc, kopf.LoginError):
            # Kopf logs in anew also for a session that TLS has broken, and has only these credentials.
            message = f"Kubernetes API: {self.connection.server} takes our credentials no longer: renew them"
            return errors.Refused("Unauthenticated", message)
        return errors.Unavailable(f"Kubernetes API: {type(exc).__name__}: {exc}")

    def _registry(self, login: kopf.AiohttpSession) -> kopf.OperatorRegistry:
        """Handlers of one operator, in a registry of their own."""
        registry = kopf.OperatorRegistry()

        @kopf.on.login(registry=registry)  # type: ignore[arg-type, unused-ignore]
        def log_in(**_: Any) -> kopf.AiohttpSession:
            return login

        for kind in self.watched:

            @kopf.on.event(kind.group, kind.version, kind.plural, registry=registry)
            async def changed(**_: Any) -> None:
                self.wake()

        return registry


def _start(watcher: _Watcher) -> asyncio.Future[None]:
    """Kopf in a thread; the future is done when it ended.

    A daemon, which no end of the process waits for: while its API server is gone Kopf takes five seconds to end, and
    nothing of ours is in it.
    """
    result: concurrent.futures.Future[None] = concurrent.futures.Future()

    def run() -> None:
        try:
            asyncio.run(watcher.run())
        except BaseException as exc:  # noqa: BLE001 - raised again where the future is awaited
            result.set_exception(exc)
        else:
            result.set_result(None)

    future = asyncio.wrap_future(result)
    threading.Thread(target=run, name="kopf", daemon=True).start()
    return future


def build_settings(ended: threading.Event) -> kopf.OperatorSettings:
    """Kopf alone, silent, with lists in pages and a deadline on every wait."""
    settings = kopf.OperatorSettings()
    settings.posting.enabled = False
    settings.peering.standalone = True
    settings.watching.chunk_size = _PAGE
    # Kopf puts it into the query as it is, and the API server takes whole seconds only: it refuses 290.0.
    settings.watching.server_timeout = int(watches.SERVER_TIMEOUT.total_seconds())
    settings.watching.inactivity_timeout = watches.INACTIVITY.total_seconds()
    settings.watching.connect_timeout = _CONNECT_SECONDS
    settings.networking.request_timeout = _REQUEST_SECONDS
    settings.networking.connect_timeout = _CONNECT_SECONDS
    settings.networking.error_backoffs = Pauses(ended)
    settings.process.ultimate_exiting_timeout = None  # it kills the process; the process's own end is bounded
    logging.getLogger("kopf").setLevel(logging.WARNING)
    return settings


def read_connection(kubeconfig: Path) -> kopf.ConnectionInfo:
    """What Kopf needs to reach the API server of the file's current context.

    Raises:
        SpecError: it is no usable kubeconfig.
    """
    try:
        value = yaml.safe_load(kubeconfig.read_text(encoding="utf-8"))
        context = _named(value["contexts"], value["current-context"])["context"]
        cluster = _named(value["clusters"], context["cluster"])["cluster"]
        user = _named(value["users"], context["user"])["user"]
        return _connection(cluster, user)
    except (OSError, yaml.YAMLError, KeyError, TypeError, StopIteration, binascii.Error) as exc:
        raise errors.SpecError(f"{kubeconfig} is no usable kubeconfig: {type(exc).__name__}: {exc}") from exc


def _connection(cluster: dict[str, Any], user: dict[str, Any]) -> kopf.ConnectionInfo:
    return kopf.ConnectionInfo(
        server=cluster["server"],
        ca_path=cluster.get("certificate-authority"),
        ca_data=_decoded(cluster.get("certificate-authority-data")),
        certificate_path=user.get("client-certificate"),
        certificate_data=_decoded(user.get("client-certificate-data")),
        private_key_path=user.get("client-key"),
        private_key_data=_decoded(user.get("client-key-data")),
        token=user.get("token"),
    )


def _named(items: list[dict[str, Any]], name: str) -> dict[str, Any]:
    return next(item for item in items if item["name"] == name)


def _decoded(text: str | None) -> bytes | None:
    return None if text is None else base64.b64decode(text, validate=True)
