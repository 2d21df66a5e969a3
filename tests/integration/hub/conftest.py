"""The hub's processes as they really run, and a district in the test that can be made slow or silent."""

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import fastapi
import pytest
from tests.fakes import control_server

from homeroom.domain import assignments, errors, reports
from homeroom.transport.control import messages, peers, serve, server
from homeroom.trust import authority, bundles, envelopes

HUB = "north"


@dataclass
class District:
    """``HubPort`` in the test: keeps what it got, in order.

    Attributes:
        got: every record that was applied, once.
        duplicates: how many came again.
        asked: messages with records, answered or not.
        open: while it is clear, messages are applied but not answered.
        published: what the hub is told.
    """

    got: list[reports.ReportKey] = field(default_factory=list)
    duplicates: int = 0
    asked: int = 0
    open: asyncio.Event = field(default_factory=asyncio.Event)
    published: list[bundles.Bundle] = field(default_factory=list)

    async def bundles(self, _: str, after: int) -> tuple[int, Sequence[bundles.Bundle]]:
        return len(self.published), self.published[after:]

    async def take(self, _: str, records: Sequence[envelopes.Envelope]) -> messages.Receipt:
        self.asked += 1
        for record in records:
            if record.key in self.got:
                self.duplicates += 1
            else:
                self.got.append(record.key)
        await self.open.wait()
        return messages.Receipt(acks=tuple(self._acks({record.key.site_id for record in records})))

    def _acks(self, sites: set[assignments.SiteId]) -> Iterator[envelopes.SignedAck]:
        for site in sites:
            through = max(key.seq for key in self.got if key.site_id == site)
            yield envelopes.SignedAck(
                reports.Acknowledgement(site, 1, reports.ReportClass.STATUS, through), b"not checked by hubs"
            )


@dataclass
class Process:
    """One of our processes, started as the command line starts it."""

    code: str
    environment: dict[str, str]
    log: Path
    running: "subprocess.Popen[bytes] | None" = None

    def start(self) -> None:
        with self.log.open("ab") as log:
            environment = {**os.environ, **self.environment}
            self.running = subprocess.Popen([sys.executable, "-c", self.code], env=environment, stderr=log)

    def kill(self) -> None:
        if self.running is not None:
            self.running.send_signal(signal.SIGKILL)
            self.running.wait(timeout=10)

    def end(self) -> int:
        """Exit status after SIGTERM; fails when it takes longer than five seconds."""
        if self.running is None:
            return 0
        self.running.send_signal(signal.SIGTERM)
        return self.running.wait(timeout=5)


Files = Callable[[str], authority.TlsFiles]
Launch = Callable[..., Process]


@pytest.fixture
def files(certificate_authority: authority.CertificateAuthority, tmp_path: Path) -> Files:
    """Identity of whoever is asked for by URI; all from the authority of the real registries."""

    def identity(uri: str) -> authority.TlsFiles:
        issued = certificate_authority.issue("test", ips=("127.0.0.1",), uris=(uri,), server=True, client=True)
        (tmp_path / "ca.crt").write_bytes(certificate_authority.certificate_pem)
        stem = uri.rpartition("/")[2]
        return authority.TlsFiles(tmp_path / "ca.crt", *certificate_authority.write(issued, tmp_path, stem))

    return identity


@pytest.fixture
def launch(tmp_path: Path) -> Iterator[Launch]:
    """Starts a process with these settings; whatever still runs at the end is killed."""
    started: list[Process] = []

    def start(entry: str, prefix: str, **settings: object) -> Process:
        environment = {f"{prefix}{name.upper()}": str(value) for name, value in settings.items()}
        process = Process(f"from {entry} import run; run()", environment, tmp_path / f"{entry}.log")
        started.append(process)
        process.start()
        return process

    yield start
    for process in started:
        process.kill()


@pytest.fixture
def district() -> District:
    found = District()
    found.open.set()
    return found


@pytest.fixture
async def district_url(district: District, files: Files) -> AsyncIterator[str]:
    app = fastapi.FastAPI()
    app.include_router(server.hub_router(district))
    async with control_server.serving(app, files(peers.district_uri("control"))) as url:
        yield url
        district.open.set()


def free_port() -> int:
    with serve.bound("127.0.0.1", 0) as found:
        return int(found.getsockname()[1])


async def eventually(check: Callable[[], Awaitable[bool]], *, seconds: float = 30) -> None:
    """Returns when ``check`` holds; fails after the deadline. What is not reachable yet does not hold."""
    async with asyncio.timeout(seconds):
        while True:
            with contextlib.suppress(errors.HomeroomError):
                if await check():
                    return
            await asyncio.sleep(0.05)
