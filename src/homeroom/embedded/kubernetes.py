"""A Kubernetes API of its own: kine on SQLite and kube-apiserver, with real certificates. It runs no pods."""

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from homeroom.embedded import audit, kubeconfigs, kubectl, ports, probes, supervisor, toolchain
from homeroom.trust import authority

ADMIN = "homeroom:admin"
ADMIN_GROUP = "system:masters"
READY_SECONDS = 90.0
"""An API server is ready in 2 to 4 s; three at once on two busy cores take longer, a laptop just woken longer still."""

SERVICE_RANGE = "10.43.0.0/16"
SERVICE_ADDRESS = "10.43.0.1"
SERVER_NAMES = ("localhost", "kubernetes", "kubernetes.default", "kubernetes.default.svc")

# Relative to the working directory: the path of a Unix socket may have 107 bytes at most, a state directory has more.
SOCKET = "kine.sock"
# kine's own defaults, spelled out because WAL and the long busy timeout are what we count on.
DATASTORE = "sqlite://state.db?_journal_mode=WAL&_busy_timeout=30000&_synchronous=NORMAL&_txlock=immediate&cache=shared"
# Go collects sooner. Measured 30 s after 7 CRDs and 200 objects, memory (PSS) against processor time: 350 MiB and
# 3.6 s by default, 333 MiB and 4.5 s with this; GOMEMLIMIT=160MiB gave 240 MiB for 9.9 s, and processors are scarcer
# than memory here. Without priority and fairness it was 331 MiB, without the watch cache 315 MiB: not worth being
# unlike a real API server. Three planes share their program: 220 to 265 MiB each.
MEMORY = {"GOGC": "50"}


class ControlPlane:
    """One API server with its datastore.

    Args:
        name: ``district``, ``hub`` or a school; names processes, port and the context in kubeconfigs.
        directory: certificates, database and logs; kept between starts.
        tools: the built commands.
        runner: starts and ends the processes.
        book: remembers the port.
    """

    def __init__(
        self, name: str, *, directory: Path, tools: toolchain.Tools, runner: supervisor.Supervisor, book: ports.PortBook
    ) -> None:
        self.name = name
        self._directory = directory
        self._tools = tools
        self._runner = runner
        self._book = book
        self._port = 0
        self._server_ca = authority.CertificateAuthority.ensure(directory / "server-ca", f"{name} API server")
        self._client_ca = authority.CertificateAuthority.ensure(directory / "client-ca", f"{name} API clients")

    @property
    def url(self) -> str:
        """Where the API server listens, such as ``https://127.0.0.1:20443``."""
        return f"https://127.0.0.1:{self._port}"

    @property
    def processes(self) -> tuple[str, str]:
        """Names of the two processes in the supervisor: datastore first."""
        return f"{self.name}-kine", f"{self.name}-apiserver"

    @property
    def admin(self) -> kubectl.Kubectl:
        """Kubectl as the administrator."""
        return kubectl.Kubectl(self._tools.kubectl, self._kubeconfig_path(ADMIN))

    def start(self) -> None:
        """Start both processes; returns when the API answers, its roles are there and so is namespace ``default``.

        Raises:
            SpecError: the port is held by somebody else.
            Unavailable: one of them ended or was not ready in time.
        """
        self._port = self._book.claim(f"{self.name}-apiserver")
        tls = self._write_certificates()
        self.kubeconfig(ADMIN, [ADMIN_GROUP])
        audit.write_policy(self._directory)
        self._runner.start(self._kine())
        self._runner.start(self._api_server(tls))

    def stop(self) -> None:
        """Stop the API server, then its datastore."""
        for name in reversed(self.processes):
            self._runner.stop(name)

    def kubeconfig(self, user: str, groups: Collection[str] = ()) -> Path:
        """A kubeconfig with a fresh client certificate for ``user``, good for 30 days.

        Example: ``kubeconfig("homeroom:operator", ["homeroom:operators"])``.
        """
        return kubeconfigs.write(
            self._kubeconfig_path(user),
            cluster=f"homeroom-{self.name}",
            url=self.url,
            server_ca_pem=self._server_ca.certificate_pem,
            user=user,
            issued=self._client_ca.issue(user, organizations=groups, client=True),
        )

    def apply(self, manifests: Sequence[kubectl.Manifest]) -> None:
        """Server-side apply as the administrator; CRDs are Established when this returns.

        Raises:
            SpecError: the API server refused one of them.
        """
        self.admin.apply(manifests)

    def _kubeconfig_path(self, user: str) -> Path:
        return self._directory / "kubeconfigs" / f"{user.replace(':', '-')}.yaml"

    def _write_certificates(self) -> authority.TlsFiles:
        """Fresh leaf certificates for this start; what the ready probe shows as client."""
        directory = self._directory / "tls"
        server = self._server_ca.issue(
            f"{self.name}-apiserver", dns=SERVER_NAMES, ips=("127.0.0.1", SERVICE_ADDRESS), server=True
        )
        self._server_ca.write(server, directory, "server")
        probe = self._client_ca.issue("homeroom:probe", organizations=[ADMIN_GROUP], client=True)
        certificate, key = self._client_ca.write(probe, directory, "probe")
        if not (directory / "service-accounts.key").exists():
            # Any EC key will do; tokens signed before a restart stay valid because it is made once.
            accounts = self._client_ca.issue(f"{self.name}-service-accounts", client=True)
            self._client_ca.write(accounts, directory, "service-accounts")
        return authority.TlsFiles(self._directory / "server-ca" / "ca.crt", certificate, key)

    def _kine(self) -> supervisor.Program:
        return supervisor.Program(
            name=self.processes[0],
            argv=(
                str(self._tools.kine),
                f"--endpoint={DATASTORE}",
                f"--listen-address=unix://{SOCKET}",
                "--metrics-bind-address=0",
            ),
            directory=self._directory,
            environment=MEMORY,
            log=self._directory / "logs" / "kine.log",
            ready=probes.unix_socket(self._directory / SOCKET),
            restart=supervisor.Restart(),
        )

    def _api_server(self, tls: authority.TlsFiles) -> supervisor.Program:
        return supervisor.Program(
            name=self.processes[1],
            argv=(str(self._tools.kube_apiserver), *self._flags(), *audit.FLAGS),
            directory=self._directory,
            environment=MEMORY,
            log=self._directory / "logs" / "apiserver.log",
            ready=_both(
                probes.https_ok(self._port, "/readyz", tls),
                probes.https_ok(self._port, "/api/v1/namespaces/default", tls),
            ),
            ready_seconds=READY_SECONDS,
            restart=supervisor.Restart(),
        )

    def _flags(self) -> tuple[str, ...]:
        return (
            f"--etcd-servers=unix://{SOCKET}",
            "--bind-address=127.0.0.1",
            "--advertise-address=127.0.0.1",
            "--external-hostname=localhost",
            f"--secure-port={self._port}",
            "--tls-cert-file=tls/server.crt",
            "--tls-private-key-file=tls/server.key",
            "--tls-min-version=VersionTLS13",
            "--client-ca-file=client-ca/ca.crt",
            "--anonymous-auth=false",
            "--authorization-mode=Node,RBAC",
            f"--service-cluster-ip-range={SERVICE_RANGE}",
            "--service-account-issuer=https://kubernetes.default.svc",
            "--service-account-key-file=tls/service-accounts.crt",
            "--service-account-signing-key-file=tls/service-accounts.key",
            # A loopback address may not stand in Endpoints, and there are no pods that would look it up.
            "--endpoint-reconciler-type=none",
            "--profiling=false",
        )


def start_all(planes: Sequence[ControlPlane]) -> None:
    """Start several planes at once: a plane mostly waits for itself, so three take little longer than one.

    Raises:
        HomeroomError: that of the first one that failed; the others are left as they are.
    """
    with ThreadPoolExecutor(max_workers=max(len(planes), 1)) as pool:
        for started in [pool.submit(plane.start) for plane in planes]:
            started.result()


def _both(first: probes.Probe, second: probes.Probe) -> probes.Probe:
    return lambda: first() and second()
