"""Several schools in one process, each with its own enrolment, store, key, queue, spool and route.

Shared is what holds nothing of a school: the interpreter, the HTTP server, and ONNX sessions of equal digest.
The agents run in a thread of their own, so that no sync to disk ever delays an answer.
"""

import asyncio
import threading
from collections.abc import Mapping
from pathlib import Path

import pydantic
import pydantic_settings
import structlog

from homeroom.domain import errors
from homeroom.processes import environment
from homeroom.school import logs, servers
from homeroom.school.agent import agents, links, offices
from homeroom.school.agent import main as agent_main
from homeroom.school.agent import settings as agent_settings
from homeroom.school.serving import main as serving_main
from homeroom.school.serving import models, routes, runners, spools
from homeroom.trust import enrolment

_JOIN_SECONDS = 4.0
_ANSWER_SECONDS = 5.0
"""A person waits: longer than any sync to disk, shorter than patience."""


class Settings(agent_settings.PaceSettings):
    """Environment of one host process."""

    model_config = pydantic_settings.SettingsConfigDict(env_prefix="HOMEROOM_HOST_", use_attribute_docstrings=True)

    schools: Path
    """Directory with one directory for each school, called as its route; `enrolment/` below it is its enrolment."""
    names: tuple[str, ...] = ()
    """Which of them to run, as a JSON list; all when empty."""
    host: str = "127.0.0.1"
    """Address to answer on."""
    port: int = pydantic.Field(ge=0, le=65535)
    """Port of `/schools/<name>/v2`, `/metrics` and `/healthz`."""
    socket: Path | None = None
    """Unix socket on which this user says for a school's office that it is closed; none when unset."""


def run() -> None:
    """Run the schools until SIGTERM."""
    logs.configure()
    values = environment.load(Settings)
    homes = find_schools(values.schools, values.names)
    pool = runners.Pool()
    answers = {name: models.Models(pool) for name in homes}
    all_spools = {name: spools.SpoolWriter(home / "spool") for name, home in homes.items()}
    apps = {name: serving_main.build_app(name, answers[name], all_spools[name]) for name in homes}
    crew = Crew(homes, answers, values)
    listeners = [servers.Listener(routes.Routes(None, apps), servers.bind_port(values.host, values.port))]
    if values.socket is not None:
        listeners.append(
            servers.Listener(offices.OfficesApp(homes, crew.answer_office), servers.bind_unix(values.socket))
        )
    structlog.get_logger().info("host_started", schools=len(homes), port=values.port)
    try:
        servers.run(
            listeners,
            [lambda stop: serving_main.sync_spools(list(all_spools.values()), stop), crew.run],
        )
    finally:
        for spool in all_spools.values():
            spool.close()


def find_schools(directory: Path, names: tuple[str, ...]) -> dict[str, Path]:
    """Home of each school by name.

    Raises:
        SpecError: there is none, or one that was named is not there.
    """
    found = {
        path.parent.parent.name: path.parent.parent for path in sorted(directory.glob("*/enrolment/enrolment.json"))
    }
    unknown = sorted(set(names) - set(found))
    if unknown or not found:
        raise errors.SpecError(f"{directory} has no enrolled school {', '.join(unknown)}".rstrip())
    return {name: found[name] for name in names or found}


class Crew:
    """The agents of a host, in one thread with its own event loop.

    Args:
        homes: directory of each school.
        answers: models of each school.
        values: the pace that they share.
    """

    def __init__(self, homes: Mapping[str, Path], answers: Mapping[str, models.Models], values: Settings) -> None:
        self._homes = homes
        self._answers = answers
        self._values = values
        self._fault: BaseException | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._agents: dict[str, agents.Agent] = {}

    async def answer_office(self, school: str, method: str, body: bytes) -> offices.Answer:
        """What the agent of ``school`` says to its office, asked for in the agents' own thread.

        Raises:
            NotReady: the agents are not up yet, or too busy.
        """
        if self._loop is None or school not in self._agents:
            raise errors.NotReady("the agents are just starting: try again in a few seconds")
        asked = asyncio.run_coroutine_threadsafe(self._answer(school, method, body), self._loop)
        try:
            return await asyncio.wait_for(asyncio.wrap_future(asked), _ANSWER_SECONDS)
        except TimeoutError as exc:
            raise errors.NotReady("the agents are busy: look with `homeroom school closures` what was kept") from exc

    async def _answer(self, school: str, method: str, body: bytes) -> offices.Answer:
        return offices.answer(self._agents[school], method, body)

    async def run(self, stop: asyncio.Event) -> None:
        """Run all agents until ``stop``; a fault in one ends the process, so that its supervisor sees it."""
        own_loop = self._loop = asyncio.new_event_loop()
        done = asyncio.Event()
        main_loop = asyncio.get_running_loop()
        own_stop = asyncio.Event()

        def work() -> None:
            try:
                own_loop.run_until_complete(self._run_agents(own_stop))
            except BaseException as exc:  # noqa: BLE001 - raised again in the main thread
                self._fault = exc
            finally:
                self._loop = None
                own_loop.close()
                main_loop.call_soon_threadsafe(done.set)

        thread = threading.Thread(target=work, name="agents", daemon=True)
        thread.start()
        ends = [asyncio.create_task(stop.wait()), asyncio.create_task(done.wait())]
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if not done.is_set():
            own_loop.call_soon_threadsafe(own_stop.set)
            await asyncio.wait([ends[1]], timeout=_JOIN_SECONDS)
        for end in ends:
            end.cancel()
        if self._fault is not None:
            raise self._fault

    async def _run_agents(self, stop: asyncio.Event) -> None:
        # Made here: a store belongs to the thread that opened it.
        self._agents = {name: self._build(name, home) for name, home in self._homes.items()}
        await agent_main.run_until(stop, *self._agents.values())

    def _build(self, name: str, home: Path) -> agents.Agent:
        identity = enrolment.load(home / "enrolment")
        return agents.Agent(
            identity,
            home / "state",
            links=links.NetworkLinks(identity.tls, self._values.link_kbit),
            models=self._answers[name],
            clock=models.utc_now,
            spool=home / "spool",
            pace=self._values.pace,
        )
