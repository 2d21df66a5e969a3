"""What the agent shows: health and metrics to anybody on the box; to its own user, on a Unix socket, the rest.

On that socket lie the verified assignment and what the school's office says about closed days.
"""

import json
from typing import Any

from homeroom.domain import errors, schoolclosures
from homeroom.school import metrics
from homeroom.school.agent import agents
from homeroom.school.serving import app

MAX_STATEMENT_BYTES = 4096


class AgentApp:
    """ASGI app of one agent.

    Args:
        agent: whose state is shown.
        is_private: on the socket that only this user can open; not on a port.
    """

    def __init__(self, agent: agents.Agent, *, is_private: bool) -> None:
        self._agent = agent
        self._is_private = is_private

    async def __call__(self, scope: app.Scope, receive: app.Receive, send: app.Send) -> None:
        """One request, as ASGI has it."""
        if scope["type"] != "http":
            return
        match scope["path"]:
            case "/healthz":
                await app.send_json(send, 200, {"status": "ok"})
            case "/metrics":
                await app.send_bytes(send, 200, metrics.exposition(), metrics.MEDIA_TYPE)
            case "/assignment" if self._is_private:
                await app.send_json(send, 200, describe(self._agent))
            case "/closures" if self._is_private:
                await app.send_json(send, *await self._closures(scope["method"], receive))
            case _:
                await app.send_json(send, 404, {"error": "there is no such page here"})

    async def _closures(self, method: str, receive: app.Receive) -> tuple[int, dict[str, Any]]:
        try:
            body = await app.read_body(receive, MAX_STATEMENT_BYTES)
        except app.Reply as reply:
            return reply.status, reply.value
        return answer_office(self._agent, method, body)


def answer_office(agent: agents.Agent, method: str, body: bytes) -> tuple[int, dict[str, Any]]:
    """Status and JSON for what the school's office asks: GET lists its closures, POST adds a statement."""
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


def describe(agent: agents.Agent) -> dict[str, Any]:
    """What the school operator shows to people."""
    followed, serving = agent.assignment(), agent.serving
    return {
        "assignment": None if followed is None else followed.to_json(),
        "refused": agent.refused,
        "serving": None if serving is None else serving.to_json(),
        "waiting": agent.waiting,
    }


def _statement(body: bytes) -> schoolclosures.Statement:
    try:
        said = json.loads(body)
        closed, *texts = (said.get(name) for name in ("closed", "from", "to", "cause", "note"))
    except (ValueError, AttributeError, RecursionError) as exc:
        raise errors.SpecError("this is no JSON object: send closed, from, to, cause and note") from exc
    start, end, cause, note = ("" if text is None else text for text in texts)
    if not isinstance(closed, bool) or not all(isinstance(text, str) for text in (start, end, cause, note)):
        raise errors.SpecError("send closed as true or false, and from, to, cause and note as text")
    return schoolclosures.read(start, end, cause if closed else None, note if closed else "")


def _closures(agent: agents.Agent) -> dict[str, Any]:
    listed = [
        {"from": c.days.start.isoformat(), "to": c.days.end.isoformat(), "cause": c.cause.value, "note": c.note}
        for c in agent.closures.listed()
        if c.refusal is None
    ]
    return {"closures": listed, "waiting": agent.closures.count_waiting()}
