"""Ready probes: small checks that a part answers, and the wait for them."""

import http.client
import os
import socket
import ssl
import time
from collections.abc import Callable
from pathlib import Path

from homeroom.trust import authority

Probe = Callable[[], bool]
"""True once the part is ready; False while it is not. Never blocks longer than ``PROBE_SECONDS``."""

PROBE_SECONDS = 2.0
POLL_SECONDS = 0.05


def http_ok(port: int, path: str) -> Probe:
    """Ready when GET http://127.0.0.1:port/path answers 200."""
    return lambda: _answers_200(http.client.HTTPConnection("127.0.0.1", port, timeout=PROBE_SECONDS), path)


def https_ok(port: int, path: str, tls: authority.TlsFiles) -> Probe:
    """Ready when GET https://127.0.0.1:port/path, with both sides verified, answers 200."""
    context = ssl.create_default_context(cafile=tls.ca)
    context.load_cert_chain(tls.certificate, tls.key)
    return lambda: _answers_200(
        http.client.HTTPSConnection("127.0.0.1", port, timeout=PROBE_SECONDS, context=context), path
    )


def unix_socket(path: Path) -> Probe:
    """Ready when something accepts connections on a Unix socket."""

    def accepts() -> bool:
        try:
            # Through the open directory: the path of a Unix socket may have 107 bytes at most.
            directory = os.open(path.parent, os.O_PATH)
        except FileNotFoundError:
            return False
        try:
            return _accepts(f"/proc/self/fd/{directory}/{path.name}")
        finally:
            os.close(directory)

    return accepts


def _accepts(address: str) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(PROBE_SECONDS)
        try:
            probe.connect(address)
        except OSError:
            return False
    return True


def _answers_200(connection: http.client.HTTPConnection, path: str) -> bool:
    try:
        connection.request("GET", path)
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def wait_until(condition: Callable[[], bool], *, seconds: float, poll_seconds: float = POLL_SECONDS) -> bool:
    """Whether ``condition`` came true before the deadline; it is asked at least once."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(poll_seconds)
    return True
