"""The real parts of the demo's district and hub, started in an order that works and ended in the reverse."""

import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from homeroom.demo import options, places
from homeroom.embedded import kubernetes, mlflow, ports, probes, registry, supervisor, toolchain
from homeroom.resources import generate, manifests
from homeroom.trust import authority, district

HUB = "cedar"
"""Name of the one hub, as in ``schools.csv``."""

TIERS = ("district", "hub", "school")


class Parts:
    """Every part that is not a school.

    Args:
        where: paths.
        tools: the built commands.
        runner: starts and ends processes.
        book: remembers ports.
        users: the users file.
    """

    def __init__(
        self,
        where: places.Places,
        *,
        tools: toolchain.Tools,
        runner: supervisor.Supervisor,
        book: ports.PortBook,
        users: Path,
    ) -> None:
        self.where = where
        self.runner = runner
        self.book = book
        self._users = users
        self.trust = _ensure_trust(where.trust)
        self.planes = {
            tier: kubernetes.ControlPlane(tier, directory=where.plane(tier), tools=tools, runner=runner, book=book)
            for tier in TIERS
        }
        self.registries = {
            tier: registry.Registry(
                tier,
                directory=getattr(where, tier) / "registry",
                tools=tools,
                runner=runner,
                book=book,
                ca=self.trust.authority,
            )
            for tier in ("district", "hub")
        }
        self.mlflow = mlflow.MlflowServer("district", directory=where.district / "mlflow", runner=runner, book=book)
        self._tls: dict[str, authority.TlsFiles] = {}

    def start_planes(self) -> None:
        """Three Kubernetes APIs with our resources, both registries and MLflow, all at once."""
        with ThreadPoolExecutor(max_workers=len(TIERS) + 1) as pool:
            # MLflow imports for seconds: it may as well do that while the API servers start.
            started = [pool.submit(self.mlflow.start), *(pool.submit(self._start_plane, tier) for tier in TIERS)]
            for future in started:
                future.result()
        for store in self.registries.values():
            store.start()

    def _start_plane(self, tier: str) -> None:
        plane = self.planes[tier]
        plane.start()
        plane.apply(generate.crds(tier))
        plane.apply(manifests.load(tier))

    @property
    def api_url(self) -> str:
        """Base URL of REST and console."""
        return f"http://127.0.0.1:{self.book.known('district-api')}"

    @property
    def control_url(self) -> str:
        """Base URL of the district's control channel."""
        return f"https://127.0.0.1:{self.book.known('district-control')}"

    @property
    def relay_url(self) -> str:
        """Base URL of the hub's control channel."""
        return f"https://127.0.0.1:{self.book.known('hub-relay')}"

    def stop(self) -> None:
        """End everything, also the schools: first what uses the API servers, then those, then what they use."""
        names = self.runner.names()
        last = [plane.processes for plane in self.planes.values() if plane.processes[0] in names]
        datastores, servers = [pair[0] for pair in last], [pair[1] for pair in last]
        self.runner.stop_together([name for name in names if name not in datastores + servers])
        self.runner.stop_together([name for name in servers if name in names])
        self.runner.stop_together(datastores)

    def start_district(self) -> None:
        """The district's API and operator."""
        self._start_api()
        tls = self.tls("district-operator", "homeroom://district/operator")
        operator = {
            "KUBECONFIG": self.planes["district"].kubeconfig("homeroom:operator", ["homeroom:operators"]),
            "DATABASE_URL": self.where.database_url,
            "TRUST_DIRECTORY": self.where.trust,
            "PRIVATE_DIRECTORY": self.where.district / "private",
            "EVALUATIONS_DIRECTORY": self.where.evaluations,
            "MLFLOW_URL": self.mlflow.url,
            "REGISTRY_URL": self.registries["district"].url,
            "REGISTRY_TLS_CA": tls.ca,
            "REGISTRY_TLS_CERTIFICATE": tls.certificate,
            "REGISTRY_TLS_KEY": tls.key,
            "CONTROL_ENDPOINT": self.control_url,
            "BULK_ENDPOINT": self.registries["district"].url,
            "STATUS_INTERVAL_SECONDS": options.STATUS.total_seconds(),
            "OFFLINE_AFTER_SECONDS": options.OFFLINE_AFTER.total_seconds(),
            "RESYNC_SECONDS": options.RESYNC.total_seconds(),
            "SWEEP_SECONDS": options.RESYNC.total_seconds(),
        }
        self.start_operator("district", operator)

    def _start_api(self) -> None:
        tls = self.tls("district-api", "homeroom://district/api")
        rest, control = self.book.claim("district-api"), self.book.claim("district-control")
        environment = {
            "LISTEN_PORT": rest,
            "CONTROL_PORT": control,
            "CONTROL_TLS_CA": tls.ca,
            "CONTROL_TLS_CERTIFICATE": tls.certificate,
            "CONTROL_TLS_KEY": tls.key,
            "TRUST_DIRECTORY": self.where.trust,
            "DATABASE_URL": self.where.database_url,
            "KUBECONFIG": self.planes["district"].kubeconfig("homeroom:api", ["homeroom:api"]),
            "USERS_FILE": self._users,
            "EVALUATIONS_DIRECTORY": self.where.evaluations,
            "MLFLOW_URL": self.mlflow.url,
            "STATUS_INTERVAL_SECONDS": options.STATUS.total_seconds(),
            "OFFLINE_AFTER_SECONDS": options.OFFLINE_AFTER.total_seconds(),
        }
        self.runner.start(self.program("district-api", "api", "API", environment, probes.http_ok(rest, "/healthz")))

    def start_hub(self) -> None:
        """The hub's relay and operator."""
        relay_port, metrics = self.book.claim("hub-relay"), self.book.claim("hub-relay-metrics")
        tls = self.tls("hub", f"homeroom://hub/{HUB}", server=True)
        shared = {
            "HUB": HUB,
            "DATABASE": self.where.hub / "hub.db",
            "DISTRICT_URL": self.control_url,
            "CA": tls.ca,
            "CERTIFICATE": tls.certificate,
            "KEY": tls.key,
        }
        relay = shared | {"PORT": relay_port, "METRICS_PORT": metrics, "RETRY_LONGEST_SECONDS": 2}
        self.runner.start(self.program("hub-relay", "relay", "RELAY", relay, probes.http_ok(metrics, "/healthz")))
        operator = shared | {
            "KUBECONFIG": self.planes["hub"].kubeconfig("homeroom:operator", ["homeroom:operators"]),
            "CACHE_DIRECTORY": self.where.hub / "cache",
            "DISTRICT_REGISTRY_URL": self.registries["district"].url,
            "REGISTRY_URL": self.registries["hub"].url,
            "POLL_SECONDS": options.RESYNC.total_seconds(),
        }
        self.start_operator("hub", operator)

    def start_operator(self, tier: str, environment: Mapping[str, Any]) -> None:
        """The operator of one tier, with its own port for metrics."""
        port = self.book.claim(f"{tier}-operator")
        self.runner.start(
            self.program(
                f"{tier}-operator",
                f"operator --tier {tier}",
                "OPERATOR",
                {**environment, "METRICS_PORT": port},
                probes.http_ok(port, "/healthz"),
            )
        )

    def program(
        self, name: str, command: str, prefix: str, environment: Mapping[str, Any], ready: probes.Probe
    ) -> supervisor.Program:
        """One process of ours with its settings; it is started again when it dies."""
        return supervisor.Program(
            name=name,
            argv=(sys.executable, "-m", "homeroom", *command.split()),
            environment={f"HOMEROOM_{prefix}_{key}": str(value) for key, value in environment.items()}
            | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            log=self.where.logs / f"{name}.log",
            ready=ready,
            restart=supervisor.Restart(),
        )

    def tls(self, name: str, identity: str, *, server: bool = True) -> authority.TlsFiles:
        """Files of one party of the channels; made once per start."""
        if name not in self._tls:
            directory = self.where.root / "tls"
            issued = self.trust.authority.issue(
                name,
                dns=("localhost",) if server else (),
                ips=("127.0.0.1",) if server else (),
                uris=(identity,),
                server=server,
                client=True,
            )
            certificate, key = self.trust.authority.write(issued, directory, name)
            self._tls[name] = authority.TlsFiles(self.where.trust / "ca.crt", certificate, key)
        return self._tls[name]


def _ensure_trust(directory: Path) -> district.DistrictTrust:
    if (directory / "seal.key").exists():
        return district.DistrictTrust.load(directory)
    return district.DistrictTrust.create(directory)
