"""What the agent shows: health and metrics to anybody on the box; to its own user, on a Unix socket, the rest.

On that socket lie the verified assignment and what the school's office says about closed days.
"""

from typing import Any

from homeroom.school import metrics
from homeroom.school.agent import agents, offices
from homeroom.school.serving import app


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
                await offices.respond(self._answer_office, scope["method"], receive, send)
            case _:
                await app.send_json(send, 404, {"error": "there is no such page here"})

    async def _answer_office(self, method: str, body: bytes) -> offices.Answer:
        return offices.answer(self._agent, method, body)


def describe(agent: agents.Agent) -> dict[str, Any]:
    """What the school operator shows to people."""
    followed, serving = agent.assignment(), agent.serving
    return {
        "assignment": None if followed is None else followed.to_json(),
        "refused": agent.refused,
        "serving": None if serving is None else serving.to_json(),
        "waiting": agent.waiting,
    }
