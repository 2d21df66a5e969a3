"""A CNCF distribution registry on loopback that talks only to clients with a certificate."""

import json
import secrets
from collections.abc import Collection
from pathlib import Path
from typing import Any

from homeroom.embedded import files, ports, probes, supervisor, toolchain
from homeroom.trust import authority

READY_SECONDS = 30.0


class Registry:
    """One registry with its storage.

    Everybody with a client certificate of ``ca`` may read and write: the registry itself has no finer rule. What a
    client takes from it counts only by digest.

    Args:
        name: ``district`` or ``hub``; names process and port.
        directory: blobs, certificates, configuration and log; kept between starts.
        tools: the built commands.
        runner: starts and ends the process.
        book: remembers the port.
        ca: issues the server's certificate and vouches for clients.
    """

    def __init__(
        self,
        name: str,
        *,
        directory: Path,
        tools: toolchain.Tools,
        runner: supervisor.Supervisor,
        book: ports.PortBook,
        ca: authority.CertificateAuthority,
    ) -> None:
        self.name = name
        self._directory = directory
        self._tools = tools
        self._runner = runner
        self._book = book
        self._ca = ca
        self._port = 0

    @property
    def url(self) -> str:
        """Where it listens, such as ``https://127.0.0.1:20500``."""
        return f"https://127.0.0.1:{self._port}"

    @property
    def process(self) -> str:
        """Name of its process in the supervisor."""
        return f"{self.name}-registry"

    def start(self) -> None:
        """Start it; returns when it answers a client that shows a certificate.

        Raises:
            SpecError: the port is held by somebody else.
            Unavailable: it ended or was not ready in time.
        """
        self._port = self._book.claim(self.process)
        self._write_server_certificate()
        files.replace(self._directory / "config.json", json.dumps(self._configuration(), indent=2).encode())
        self._runner.start(
            supervisor.Program(
                name=self.process,
                argv=(str(self._tools.registry), "serve", str(self._directory / "config.json")),
                # Without none it looks for a collector for ever and fills its log with that.
                environment={"OTEL_TRACES_EXPORTER": "none"},
                log=self._directory / "registry.log",
                ready=probes.https_ok(self._port, "/v2/", self.client_files("probe")),
                ready_seconds=READY_SECONDS,
                restart=supervisor.Restart(),
            )
        )

    def stop(self) -> None:
        """Stop it."""
        self._runner.stop(self.process)

    def client_files(self, name: str, *, uris: Collection[str] = ()) -> authority.TlsFiles:
        """What a client called ``name`` needs to connect; a fresh certificate each time, good for 30 days."""
        directory = self._directory / "clients"
        issued = self._ca.issue(name, uris=uris, client=True)
        certificate, key = self._ca.write(issued, directory, name)
        return authority.TlsFiles(self._directory / "tls" / "ca.crt", certificate, key)

    def _write_server_certificate(self) -> None:
        tls = self._directory / "tls"
        issued = self._ca.issue(self.process, dns=("localhost",), ips=("127.0.0.1",), server=True)
        self._ca.write(issued, tls, "server")
        files.replace(tls / "ca.crt", self._ca.certificate_pem, mode=0o644)

    def _configuration(self) -> dict[str, Any]:
        # JSON is YAML. Format: https://distribution.github.io/distribution/about/configuration/
        tls = self._directory / "tls"
        return {
            "version": "0.1",
            "log": {"level": "warn", "accesslog": {"disabled": True}},
            "storage": {
                "filesystem": {"rootdirectory": str(self._directory / "storage")},
                "delete": {"enabled": True},
            },
            "http": {
                "addr": f"127.0.0.1:{self._port}",
                # Signs upload locations; only this process reads them.
                "secret": secrets.token_hex(32),
                "tls": {
                    "certificate": str(tls / "server.crt"),
                    "key": str(tls / "server.key"),
                    "clientcas": [str(tls / "ca.crt")],
                    "minimumtls": "tls1.3",
                },
            },
        }
