"""A district over real sockets with mutual TLS, and the processes of a school."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import fastapi
import httpx
import pytest
from starlette import responses
from tests import schoolyard

from homeroom.domain import assignments, digests
from homeroom.transport.control import messages, serve, server
from homeroom.trust import authority, bundles, district, enrolment, envelopes


class SitePort:
    """The control channel of one ``schoolyard.District`` for each site."""

    def __init__(self, worlds: Mapping[assignments.SiteId, schoolyard.District]) -> None:
        self._worlds = worlds

    async def bundle(self, site_id: assignments.SiteId, have: int) -> bundles.Bundle | None:
        bundle = self._worlds[site_id].bundle
        return bundle if bundle is not None and bundle.version > have else None

    async def take(self, site_id: assignments.SiteId, records: Sequence[envelopes.Envelope]) -> messages.Receipt:
        return messages.Receipt(acks=self._worlds[site_id].take(records))


class Site:
    """A district that can be stopped and started again on the same port."""

    def __init__(self, worlds: Sequence[schoolyard.District], files: authority.TlsFiles, port: int) -> None:
        self.worlds = {world.school.site_id: world for world in worlds}
        self._files = files
        self._port = port
        self._thread: threading.Thread | None = None
        self._stop: Callable[[], object] = lambda: None

    @property
    def world(self) -> schoolyard.District:
        """What the only site sees."""
        (world,) = self.worlds.values()
        return world

    @property
    def endpoint(self) -> assignments.Endpoint:
        url = f"https://127.0.0.1:{self._port}"
        return assignments.Endpoint("district", url, url)

    def start(self) -> None:
        ready = threading.Event()
        self._thread = threading.Thread(target=lambda: asyncio.run(self._serve(ready)), daemon=True)
        self._thread.start()
        assert ready.wait(10)

    def stop(self) -> None:
        if self._thread is not None:
            self._stop()
            self._thread.join(10)
            self._thread = None

    async def _serve(self, ready: threading.Event) -> None:
        app = fastapi.FastAPI()
        app.include_router(server.site_router(SitePort(self.worlds)))
        app.get("/v2/{rest:path}")(self._registry)
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        self._stop = lambda: loop.call_soon_threadsafe(stop.set)
        ready.set()
        await serve.serve([serve.Listener(app, "127.0.0.1", self._port, self._files)], stop=stop)

    async def _registry(self, rest: str) -> responses.Response:
        digest = digests.Digest(rest.rpartition("/")[2])
        for world in self.worlds.values():
            if digest in world.blobs:
                return responses.Response(world.blobs[digest])
        return responses.Response(status_code=404)


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.fixture(scope="session")
def trust(tmp_path_factory: pytest.TempPathFactory) -> district.DistrictTrust:
    return district.DistrictTrust.create(tmp_path_factory.mktemp("district"))


@pytest.fixture
def site(trust: district.DistrictTrust, tmp_path: Path) -> Iterator[Site]:
    port = free_port()
    url = f"https://127.0.0.1:{port}"
    school = enrolment.write_enrolment(
        tmp_path / "schools" / "school-1" / "enrolment",
        trust=trust,
        site_id=schoolyard.SITE,
        epoch=1,
        name="school-1",
        bands=(schoolyard.BAND,),
        endpoints=(assignments.Endpoint("district", url, url),),
    )
    issued = trust.authority.issue("district", ips=("127.0.0.1",), server=True)
    certificate, key = authority.CertificateAuthority.write(issued, tmp_path / "server", "server")
    made = Site((schoolyard.District(trust, school),), authority.TlsFiles(school.tls.ca, certificate, key), port)
    made.start()
    yield made
    made.stop()


class Processes:
    """Starts processes of a school and ends every one of them."""

    def __init__(self, place: Path) -> None:
        self._place = place
        self.running: dict[str, subprocess.Popen[bytes]] = {}

    def start(self, name: str, module: str, **environment: Any) -> subprocess.Popen[bytes]:
        return self.run(name, (sys.executable, "-c", f"from {module} import run; run()"), **environment)

    def run(self, name: str, command: Sequence[str], **environment: Any) -> subprocess.Popen[bytes]:
        inherited = {key: os.environ[key] for key in ("PATH", "PYTHONPATH") if key in os.environ}
        with (self._place / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                env=inherited | {key: str(value) for key, value in environment.items()},
                stdout=log,
                stderr=log,
            )
        self.running[name] = process
        return process

    def kill(self, *names: str) -> None:
        for name in names:
            self.running[name].kill()
            self.running[name].wait(10)

    def end(self) -> None:
        for process in self.running.values():
            process.send_signal(signal.SIGCONT)
            process.terminate()
        for process in self.running.values():
            try:
                process.wait(6)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)

    def log(self, name: str) -> str:
        return (self._place / f"{name}.log").read_text()


@pytest.fixture
def processes(tmp_path: Path) -> Iterator[Processes]:
    made = Processes(tmp_path)
    yield made
    made.end()


def ask(url: str, *scores: float) -> dict[str, Any]:
    """One question; the answer's JSON with its status under ``status``."""
    try:
        response = httpx.post(url, json=schoolyard.a_request(*(scores or (0.5,))), timeout=2, trust_env=False)
    except httpx.HTTPError as exc:
        return {"status": 0, "error": type(exc).__name__}
    return {"status": response.status_code, **response.json()}


def level(answer: dict[str, Any]) -> str:
    """From which rung it came; empty for an error."""
    return str(answer.get("parameters", {}).get("level", ""))


def wait_until(holds: Callable[[], bool], seconds: float = 20) -> None:
    """Poll until it holds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "it did not come true in time"
        time.sleep(0.05)
