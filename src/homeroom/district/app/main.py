"""Builds the service's parts from its settings and runs them until SIGTERM."""

import asyncio
import contextlib
import ipaddress
import signal
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import structlog

from homeroom.district import evaluations
from homeroom.district.app import clusters, ports, service, sessions, settings, users
from homeroom.district.database import Database
from homeroom.district.operator import logs
from homeroom.domain import errors
from homeroom.kube import client
from homeroom.processes import environment
from homeroom.transport import tls
from homeroom.transport.control import serve
from homeroom.trust import district

_FIELD_MANAGER = "homeroom-api"
_MLFLOW_TIMEOUT = httpx.Timeout(60.0, connect=5.0)
_log = structlog.get_logger()


def run() -> None:
    """Serve with the settings in the environment; returns after SIGTERM or SIGINT.

    Raises:
        SpecError: a setting, file or port is unusable; the text says which.
    """
    logs.configure()
    asyncio.run(_run(environment.load(settings.Settings)))


async def _run(chosen: settings.Settings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    async with _built(chosen) as found:
        _warn_about_exposure(chosen)
        files = tls.TlsFiles(chosen.control_tls_ca, chosen.control_tls_certificate, chosen.control_tls_key)
        people = serve.Listener(service.create_app(found), chosen.listen_host, chosen.listen_port)
        tiers = serve.Listener(service.create_control_app(found), chosen.control_host, chosen.control_port, files)
        _log.info("serving", people=f"{people.host}:{people.port}", control=f"{tiers.host}:{tiers.port}")
        await serve.serve([people, tiers], stop=stop)
    _log.info("stopped")


@contextlib.asynccontextmanager
async def _built(chosen: settings.Settings) -> AsyncIterator[ports.Ports]:
    keys = district.DistrictTrust.load(chosen.trust_directory)
    everybody = users.Users.load(chosen.users_file)
    async with contextlib.AsyncExitStack() as stack:
        database = Database.open(chosen.database_url)
        stack.callback(database.close)
        own = await stack.enter_async_context(
            client.connect(chosen.kubeconfig, chosen.namespace, field_manager=_FIELD_MANAGER)
        )
        yield ports.Ports(
            database=database,
            clusters=clusters.KubernetesClusters(own),
            evaluations=evaluations.EvaluationStore(chosen.evaluations_directory),
            everybody=everybody,
            sessions=sessions.Sessions.create(_session_key(chosen), everybody),
            mlflow=await _mlflow(stack, chosen.mlflow_url),
            seal_key=keys.seal_key,
            ack_key=keys.ack_key,
            clock=lambda: datetime.now(UTC),
            options=ports.Options(
                offline_after=chosen.offline_after,
                refresh_seconds=chosen.refresh_seconds,
                mlflow_max_artifact_bytes=chosen.mlflow_max_artifact_mib << 20,
            ),
        )


async def _mlflow(stack: contextlib.AsyncExitStack, url: str | None) -> httpx.AsyncClient | None:
    if url is None:
        return None
    # No redirects and no proxies from the environment: it is on loopback or in the same namespace.
    made = httpx.AsyncClient(base_url=url, timeout=_MLFLOW_TIMEOUT, trust_env=False, follow_redirects=False)
    return await stack.enter_async_context(made)


def _session_key(chosen: settings.Settings) -> bytes | None:
    if chosen.session_key_file is None:
        return None
    try:
        key = chosen.session_key_file.read_bytes()
    except OSError as exc:
        raise errors.SpecError(f"cannot read the session key {chosen.session_key_file}: {exc.strerror}") from exc
    if len(key) < sessions.KEY_BYTES:
        raise errors.SpecError(f"{chosen.session_key_file} is too short: write {sessions.KEY_BYTES} random bytes")
    return key


def _warn_about_exposure(chosen: settings.Settings) -> None:
    with contextlib.suppress(ValueError):  # a name, which only the resolver knows
        if not ipaddress.ip_address(chosen.listen_host).is_loopback:
            _log.warning("plain_http_beyond_loopback", address=chosen.listen_host, advice="put TLS in front")
