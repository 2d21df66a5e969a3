"""All 79 schools: enrolled once, four as process pairs (one of them on Kubernetes), the others in two hosts."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

import httpx

from homeroom.demo import options, parts, schools
from homeroom.domain import assignments, errors
from homeroom.embedded import probes
from homeroom.trust import enrolment

PACE = {
    "POLL_SECONDS": options.POLL.total_seconds(),
    "STATUS_SECONDS": options.STATUS.total_seconds(),
    "USAGE_SECONDS": options.STATUS.total_seconds(),
}

EDGE_SECONDS = 60.0
"""How long the operator of the school with Kubernetes may take to start its two processes."""


class Fleet:
    """The schools of the demo.

    Args:
        found: all of them.
        pairs: those with processes of their own; the first is the one with Kubernetes.
        base: the parts that they talk to.
    """

    def __init__(self, found: Sequence[schools.School], pairs: Sequence[schools.School], base: parts.Parts) -> None:
        self.all = tuple(found)
        self.edge, self.boxes = pairs[0], tuple(pairs[1:])
        own = {school.name for school in pairs}
        hosted = [school for school in found if school.name not in own]
        half = (len(hosted) + 1) // 2
        self.hosted = dict(zip(schools.HOSTS, (hosted[:half], hosted[half:]), strict=True))
        self._base = base

    def enrol(self) -> dict[str, str]:
        """Make what is missing of every school's identity; public key by school name."""
        return {school.name: self._enrol(school).signing_key.public.base64 for school in self.all}

    def start(self) -> None:
        """Start every school."""
        for school in self.boxes:
            self._start_pair(school)
        for host, members in self.hosted.items():
            self._start_host(host, members)
        self._start_edge()

    def url(self, school: schools.School) -> str:
        """Base URL of a school's own service."""
        for host, members in self.hosted.items():
            if school in members:
                return f"http://127.0.0.1:{self._base.book.known(host)}/schools/{school.name}"
        return f"http://127.0.0.1:{self._base.book.known(f'{school.name}-serve')}"

    def metrics(self) -> Iterator[str]:
        """What the agents count: the text of each ``/metrics``, one after the other.

        Raises:
            Unavailable: one of them does not answer.
        """
        names = [f"{school.name}-agent" for school in (self.edge, *self.boxes)] + list(self.hosted)
        for name in names:
            try:
                yield httpx.get(f"http://127.0.0.1:{self._base.book.known(name)}/metrics", timeout=5).text
            except httpx.HTTPError as exc:
                raise errors.Unavailable(f"{name} does not answer: {type(exc).__name__}") from exc

    def _enrol(self, school: schools.School) -> enrolment.Enrolment:
        directory = self._base.where.enrolment(school.name)
        if (directory / "enrolment.json").exists():
            return enrolment.load(directory)
        return enrolment.write_enrolment(
            directory,
            trust=self._base.trust,
            site_id=school.site_id,
            epoch=1,
            name=school.name,
            bands=school.bands,
            endpoints=self.endpoints(),
        )

    def endpoints(self) -> tuple[assignments.Endpoint, ...]:
        """Where a school asks before its first assignment."""
        return (
            assignments.Endpoint("hub", self._base.relay_url, self._base.registries["hub"].url),
            assignments.Endpoint("district", self._base.control_url, self._base.registries["district"].url),
        )

    def pair_environments(self, school: schools.School) -> tuple[dict[str, Any], dict[str, Any]]:
        """Settings of ``homeroom serve`` and of ``homeroom agent`` at one school, without their prefix."""
        home = self._base.where.school(school.name)
        serve = {
            "SCHOOL": school.name,
            "PORT": self._base.book.claim(f"{school.name}-serve"),
            "SOCKET": home / "run" / "serve.sock",
            "SPOOL": home / "spool",
        }
        agent = PACE | {
            "ENROLMENT": self._base.where.enrolment(school.name),
            "STATE": home / "state",
            "SPOOL": home / "spool",
            "SERVE_SOCKET": home / "run" / "serve.sock",
            "SOCKET": home / "run" / "agent.sock",
            "PORT": self._base.book.claim(f"{school.name}-agent"),
        }
        return serve, agent

    def _start_pair(self, school: schools.School) -> None:
        serve, agent = self.pair_environments(school)
        for command, environment in (("serve", serve), ("agent", agent)):
            self._base.runner.start(
                self._base.program(
                    f"{school.name}-{command}",
                    command,
                    command.upper(),
                    environment,
                    probes.http_ok(environment["PORT"], "/healthz"),
                )
            )

    def _start_host(self, host: str, members: Sequence[schools.School]) -> None:
        port = self._base.book.claim(host)
        environment = PACE | {
            "SCHOOLS": self._base.where.root / "schools",
            "NAMES": json.dumps([school.name for school in members]),
            "PORT": port,
        }
        self._base.runner.start(self._base.program(host, "host", "HOST", environment, probes.http_ok(port, "/healthz")))

    def _start_edge(self) -> None:
        """The school with Kubernetes: its operator starts the same two processes through ``Runtime``."""
        home = self._base.where.school(self.edge.name)
        environment: dict[str, Any] = PACE | {
            "KUBECONFIG": self._base.planes["school"].kubeconfig("homeroom:operator", ["homeroom:operators"]),
            "ENROLMENT": self._base.where.enrolment(self.edge.name),
            "HOME": home,
            "SERVE_PORT": self._base.book.claim(f"{self.edge.name}-serve"),
            "AGENT_PORT": self._base.book.claim(f"{self.edge.name}-agent"),
        }
        self._base.start_operator("school", environment)
        for port in (environment["SERVE_PORT"], environment["AGENT_PORT"]):
            # The supervisor knows the operator only; these two are its children.
            if not probes.wait_until(probes.http_ok(port, "/healthz"), seconds=EDGE_SECONDS):
                raise errors.Unavailable(f"the processes of {self.edge.name} did not start; logs are in {home / 'run'}")
