"""What the demo writes about itself, for the command line."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from homeroom.domain import errors

FILE = "context.json"


@dataclass(frozen=True, slots=True)
class DemoContext:
    """Where everything of a demo is.

    Attributes:
        server: base URL of REST and console.
        tokens: file with the token, by person.
        schools: base URL of each school's own service, by school name.
        kubeconfigs: path by tier.
        hub: name of the hub.
        endpoints: where a school asks before its first assignment: name, control and bulk URL of each, in order.
    """

    server: str
    tokens: dict[str, str]
    schools: dict[str, str]
    kubeconfigs: dict[str, str]
    hub: str
    endpoints: list[dict[str, str]]


def write(state: Path, context: DemoContext) -> None:
    """Keep the context in the state directory, for this user only."""
    handle = os.open(state / FILE, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        json.dump(asdict(context), file, indent=2)


def read(state: Path) -> DemoContext:
    """The context that a demo wrote.

    Raises:
        SpecError: none has run with that state directory, or another version of Homeroom wrote it.
    """
    try:
        document: dict[str, Any] = json.loads((state / FILE).read_text())
        return DemoContext(**document)
    except FileNotFoundError:
        raise errors.SpecError(
            f"no demo has run with state in {state}: start one with `make run`, "
            "or name a district with --server and --token-file"
        ) from None
    except (TypeError, ValueError) as exc:
        raise errors.SpecError(f"{state / FILE} is of another version of Homeroom: run `make run` again") from exc
