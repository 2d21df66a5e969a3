"""An MLflow server on loopback: SQLite, artifacts through the server, one process, nothing that calls outside."""

import sys
from pathlib import Path

from homeroom.embedded import ports, probes, supervisor

READY_SECONDS = 120.0
"""Importing MLflow alone takes 5 to 9 s on two cores, and longer while others start too."""


class MlflowServer:
    """One MLflow server with its database and artifacts.

    It has no login: only our API, which has one, is told where it listens.

    Args:
        name: names process and port; ``district`` gives ``district-mlflow``.
        directory: database, artifacts and log; kept between starts.
        runner: starts and ends the process.
        book: remembers the port.
        python: interpreter that has MLflow; ours by default.
    """

    def __init__(
        self,
        name: str,
        *,
        directory: Path,
        runner: supervisor.Supervisor,
        book: ports.PortBook,
        python: Path = Path(sys.executable),
    ) -> None:
        self.process = f"{name}-mlflow"
        self._directory = directory
        self._runner = runner
        self._book = book
        self._python = python
        self._port = 0

    @property
    def url(self) -> str:
        """Where it listens, such as ``http://127.0.0.1:20700``."""
        return f"http://127.0.0.1:{self._port}"

    def start(self) -> None:
        """Start it; returns when it answers.

        Raises:
            SpecError: the port is held by somebody else.
            Unavailable: it ended or was not ready in time.
        """
        self._port = self._book.claim(self.process)
        (self._directory / "artifacts").mkdir(parents=True, exist_ok=True)
        self._runner.start(
            supervisor.Program(
                name=self.process,
                argv=(
                    str(self._python),
                    "-m",
                    "homeroom.embedded.mlflow_launcher",
                    str(self._directory),
                    str(self._port),
                ),
                environment={
                    "MLFLOW_DISABLE_TELEMETRY": "true",
                    "DO_NOT_TRACK": "true",
                    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
                    # One OpenBLAS or OpenMP thread: it computes nothing, and each thread costs memory.
                    "OMP_NUM_THREADS": "1",
                    "OPENBLAS_NUM_THREADS": "1",
                },
                log=self._directory / "mlflow.log",
                ready=probes.http_ok(self._port, "/health"),
                ready_seconds=READY_SECONDS,
                restart=supervisor.Restart(),
            )
        )

    def stop(self) -> None:
        """Stop it."""
        self._runner.stop(self.process)
