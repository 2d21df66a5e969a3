"""kubectl as a function: server-side apply and waits, with the API server's own words in the errors."""

import json
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from homeroom.domain import errors

Manifest = Mapping[str, Any]
TIMEOUT_SECONDS = 120
ESTABLISHED_SECONDS = 60
FIELD_MANAGER = "homeroom-setup"
# How kubectl words it when nobody answered, as opposed to: somebody answered no.
_NO_ANSWER = (
    "Unable to connect to the server",
    "did you specify the right host or port",
    "Client.Timeout exceeded",
    "context deadline exceeded",
    "http2: client connection lost",
    "unexpected EOF",
)
# What later manifests need goes first.
_FIRST = {"Namespace": 0, "CustomResourceDefinition": 1}


class Kubectl:
    """One kubectl binary with one kubeconfig.

    Args:
        binary: the command.
        kubeconfig: who we are, and to which API server we talk.
    """

    def __init__(self, binary: Path, kubeconfig: Path) -> None:
        self._command = [
            str(binary),
            f"--kubeconfig={kubeconfig}",
            f"--cache-dir={kubeconfig.parent / 'discovery'}",
            f"--request-timeout={TIMEOUT_SECONDS}s",
        ]

    def run(self, *arguments: str, stdin: str | None = None, seconds: float = TIMEOUT_SECONDS) -> str:
        """Standard output of one kubectl command.

        Raises:
            SpecError: it failed; the text is what kubectl said.
            Unavailable: the API server did not answer, or the command took longer than ``seconds``.
        """
        argv = [*self._command, *arguments]
        try:
            done = subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=seconds, check=False)
        except subprocess.TimeoutExpired as exc:
            raise errors.Unavailable(f"kubectl {arguments[0]} did not end in {seconds:.0f} s") from exc
        if done.returncode:
            raise _failure(arguments[0], done.stderr.strip())
        return done.stdout

    def apply(self, manifests: Sequence[Manifest]) -> None:
        """Server-side apply; returns once every CRD among them is Established.

        Namespaces and CRDs go first, whatever their place in the list.
        """
        ordered = sorted(manifests, key=lambda manifest: _FIRST.get(manifest["kind"], len(_FIRST)))
        first = [manifest for manifest in ordered if manifest["kind"] in _FIRST]
        rest = [manifest for manifest in ordered if manifest["kind"] not in _FIRST]
        self._apply(first)
        self._await_established(
            [item["metadata"]["name"] for item in first if item["kind"] == "CustomResourceDefinition"]
        )
        self._apply(rest)

    def _apply(self, manifests: Sequence[Manifest]) -> None:
        if not manifests:
            return
        content = json.dumps({"apiVersion": "v1", "kind": "List", "items": list(manifests)})
        self.run(
            "apply", "--server-side", "--force-conflicts", f"--field-manager={FIELD_MANAGER}", "-f", "-", stdin=content
        )

    def _await_established(self, names: Sequence[str]) -> None:
        if names:
            wait = ("wait", "--for=condition=Established", f"--timeout={ESTABLISHED_SECONDS}s")
            self.run(*wait, *(f"customresourcedefinition/{name}" for name in names))


def _failure(command: str, said: str) -> errors.HomeroomError:
    family = errors.Unavailable if any(words in said for words in _NO_ANSWER) else errors.SpecError
    return family(f"kubectl {command}: {said}")
