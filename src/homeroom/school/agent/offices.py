"""What a school's office asks its box: which days are closed, and to take what it says about some.

GET lists; POST takes ``{"closed": true, "from": "2027-02-03", "to": "2027-02-04", "cause": "snow", "note": "no buses"}``,
or ``{"closed": false, "from": ..., "to": ...}``. Only on a Unix socket that the box's own user can open.
"""

import json
import sqlite3
from collections.abc import Awaitable, Callable, Container
from typing import Any

from homeroom.domain import closurestatements, errors
from homeroom.school.agent import agents
from homeroom.school.serving import app

MAX_BYTES = 4096

Answer = tuple[int, dict[str, Any]]
"""HTTP status and JSON."""


class OfficesApp:
    """ASGI app for the offices of several schools: ``/schools/<name>/closures``.

    Args:
        schools: their names.
        ask: gives the answer of that school to a method and a body.
    """

    def __init__(self, schools: Container[str], ask: Callable[[str, str, bytes], Awaitable[Answer]]) -> None:
        self._schools = schools
        self._ask = ask

    async def __call__(self, scope: app.Scope, receive: app.Receive, send: app.Send) -> None:
        """One request, as ASGI has it."""
        if scope["type"] != "http":
            return
        match scope["path"].split("/"):
            case ["", "schools", school, "closures"] if school in self._schools:
                await respond(lambda method, body: self._ask(school, method, body), scope["method"], receive, send)
            case _:
                await app.send_json(send, 404, {"error": "there is no such page or school here"})


async def respond(
    ask: Callable[[str, bytes], Awaitable[Answer]], method: str, receive: app.Receive, send: app.Send
) -> None:
    """Answer one request with what ``ask`` says to its method and body."""
    try:
        status, value = await ask(method, await app.read_body(receive, MAX_BYTES))
    except app.Reply as reply:
        status, value = reply.status, reply.value
    except errors.NotReady as exc:
        status, value = 503, {"error": str(exc)}
    await app.send_json(send, status, value)


def answer(agent: agents.Agent, method: str, body: bytes) -> Answer:
    """What ``agent`` says to its office."""
    try:
        match method:
            case "GET":
                return 200, _closures(agent)
            case "POST":
                agent.closures.say(_statement(body))
                return 201, _closures(agent)
        return 405, {"error": f"{method[:20]} is not offered: use GET or POST"}
    except errors.SpecError as exc:
        return 422, {"error": str(exc)}
    except sqlite3.OperationalError as exc:  # only here: a person waits, and the agent's own loops end loudly
        return 503, {"error": f"the box could not keep it ({exc}): free some space on its disk, then say it again"}


def _statement(body: bytes) -> closurestatements.Statement:
    try:
        said = json.loads(body)
        closed, *texts = (said.get(name) for name in ("closed", "from", "to", "cause", "note"))
    except (ValueError, AttributeError, RecursionError) as exc:
        raise errors.SpecError("this is no JSON object: send closed, from, to, cause and note") from exc
    start, end, cause, note = ("" if text is None else text for text in texts)
    if not isinstance(closed, bool) or not all(isinstance(text, str) for text in (start, end, cause, note)):
        raise errors.SpecError("send closed as true or false, and from, to, cause and note as text")
    return closurestatements.read(start, end, cause if closed else None, note if closed else "")


def _closures(agent: agents.Agent) -> dict[str, Any]:
    listed = [
        {"from": c.days.start.isoformat(), "to": c.days.end.isoformat(), "cause": c.cause.value, "note": c.note}
        for c in agent.closures.listed()
        if c.refusal is None
    ]
    return {"closures": listed, "waiting": agent.closures.count_waiting()}
