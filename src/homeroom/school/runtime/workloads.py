"""The workload of one school: a serving process and an agent that share a directory and two sockets."""

import sys
from dataclasses import dataclass
from pathlib import Path

from homeroom.school.runtime import runtimes


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What the two processes of a school are told.

    Attributes:
        school: name in metrics and logs.
        enrolment: directory that the school got when it joined.
        home: directory of store, spool and sockets.
        serve_port: of the Open Inference Protocol.
        agent_port: of the agent's metrics.
        poll_seconds: see the agent's settings, as the next two.
        status_seconds: between two status reports.
        usage_seconds: window of usage counts.
    """

    school: str
    enrolment: Path
    home: Path
    serve_port: int
    agent_port: int
    poll_seconds: float
    status_seconds: float
    usage_seconds: float

    @property
    def agent_socket(self) -> Path:
        """Where the agent shows what it has verified."""
        return self.home / "agent.sock"

    @property
    def programs(self) -> tuple[runtimes.Program, ...]:
        """Both processes; serving first, so that the agent finds it."""
        spool, serve_socket = self.home / "spool", self.home / "serve.sock"
        serve = {"SCHOOL": self.school, "PORT": self.serve_port, "SOCKET": serve_socket, "SPOOL": spool}
        agent = {
            "ENROLMENT": self.enrolment,
            "STATE": self.home / "state",
            "SPOOL": spool,
            "SERVE_SOCKET": serve_socket,
            "SOCKET": self.agent_socket,
            "PORT": self.agent_port,
            "POLL_SECONDS": self.poll_seconds,
            "STATUS_SECONDS": self.status_seconds,
            "USAGE_SECONDS": self.usage_seconds,
        }
        return (_program("serve", serve), _program("agent", agent))


def _program(name: str, variables: dict[str, object]) -> runtimes.Program:
    environment = {f"HOMEROOM_{name.upper()}_{key}": str(value) for key, value in variables.items()}
    return runtimes.Program(name, (sys.executable, "-m", "homeroom", name), environment)
