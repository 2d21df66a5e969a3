"""Loopback ports by name: picked free once, remembered in the state directory."""

import json
import random
import socket
import threading
from pathlib import Path

from homeroom.domain import errors
from homeroom.embedded import files, probes, processes

# Below the range from which Linux takes the source ports of outgoing connections (32768 and up by default): otherwise
# any connection of any program could sit on a remembered port just when we come back for it.
FIRST, LAST = 20_000, 29_999
TRIES = 200
RELEASE_SECONDS = 3.0
"""How long a remembered port may still be held: the kernel takes a moment to close what a killed process had open."""


class PortBook:
    """Remembers which port belongs to which name.

    Args:
        path: where the book is kept, as JSON ``{name: port}``.
        release_seconds: how long to wait for a remembered port that is held.
    """

    def __init__(self, path: Path, *, release_seconds: float = RELEASE_SECONDS) -> None:
        self._path = path
        self._release_seconds = release_seconds
        self._ports: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
        self._lock = threading.Lock()

    def claim(self, name: str) -> int:
        """The port of ``name``, free to be listened on now; a new name gets a free one.

        Call it once before the process starts that will listen there.

        Raises:
            SpecError: the remembered port is held by somebody else, or no port is free.
        """
        with self._lock:
            if name not in self._ports:
                self._ports[name] = self._pick()
                files.replace(self._path, json.dumps(self._ports, indent=2, sort_keys=True).encode())
            port = self._ports[name]
        if not probes.wait_until(lambda: is_free(port), seconds=self._release_seconds):
            raise errors.SpecError(_taken(name, port))
        return port

    def known(self, name: str) -> int | None:
        """The remembered port of ``name``, whoever may hold it; None if it was never claimed."""
        return self._ports.get(name)

    def taken(self) -> list[str]:
        """One sentence for each remembered port that somebody holds now."""
        return [_taken(name, port) for name, port in sorted(self._ports.items()) if not is_free(port)]

    def _pick(self) -> int:
        used = set(self._ports.values())
        for port in random.sample(range(FIRST, LAST + 1), TRIES):
            if port not in used and is_free(port):
                return port
        raise errors.SpecError(
            f"no free port found between {FIRST} and {LAST} on 127.0.0.1: stop something that listens there"
        )


def is_free(port: int) -> bool:
    """Whether a server could listen on this port of the loopback address now."""
    with socket.socket() as probe:
        # As every server does; without it a connection that ended a minute ago would count as a holder.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _taken(name: str, port: int) -> str:
    holder = processes.port_holder(port) or "another program"
    return (
        f"port {port} on 127.0.0.1, which {name} used before, is held by {holder}: "
        f"stop that program, or start with --reset to pick new ports (this forgets the state)"
    )
