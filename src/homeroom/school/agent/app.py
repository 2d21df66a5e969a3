"""What the agent shows: health and metrics to anybody on the box, the verified assignment on its Unix socket."""

from typing import Any

from homeroom.school import metrics
from homeroom.school.agent import agents
from homeroom.school.serving import app


class AgentApp:
    """ASGI app of one agent.

    Args:
        agent: whose state is shown.
        show_assignment: on the socket that only this user can open; not on a port.
    """

    def __init__(self, agent: agents.Agent, *, show_assignment: bool) -> None:
        self._agent = agent
        self._show_assignment = show_assignment

    async def __call__(self, scope: app.Scope, _receive: app.Receive, send: app.Send) -> None:
        """One request, as ASGI has it."""
        if scope["type"] != "http":
            return
        match scope["path"]:
            case "/healthz":
                await app.send_json(send, 200, {"status": "ok"})
            case "/metrics":
                await app.send_bytes(send, 200, metrics.exposition(), metrics.MEDIA_TYPE)
            case "/assignment" if self._show_assignment:
                await app.send_json(send, 200, describe(self._agent))
            case _:
                await app.send_json(send, 404, {"error": "there is no such page here"})


def describe(agent: agents.Agent) -> dict[str, Any]:
    """What the school operator shows to people."""
    followed, serving = agent.assignment(), agent.serving
    return {
        "assignment": None if followed is None else followed.to_json(),
        "refused": agent.refused,
        "serving": None if serving is None else serving.to_json(),
        "waiting": agent.waiting,
    }
