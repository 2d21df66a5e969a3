"""The people of the demo, each with a token of their own; the district keeps only its hash."""

import hashlib
import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with a role.

    Attributes:
        key: what ``homeroom --as`` calls them.
        name: as Kubernetes and the pages see them.
        roles: what they do.
    """

    key: str
    name: str
    roles: tuple[str, ...]


PEOPLE = (
    Person("author", "amina", ("author",)),
    Person("approver", "bela", ("approver",)),
    # The pedagogical lead: a second approver, because who waived cannot be who lets the release go to all schools.
    Person("lead", "fay", ("approver",)),
    Person("it", "chen", ("it",)),
    Person("viewer", "dora", ("viewer",)),
    # Both an author and an approver: the one whose approval of their own release must be refused.
    Person("both", "eli", ("author", "approver")),
)


def write(directory: Path) -> dict[str, Path]:
    """Make missing tokens and the users file.

    Returns:
        Path of the token file by person; the users file lies beside them as ``users.json``.
    """
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    tokens = {person.key: directory / f"{person.key}.token" for person in PEOPLE}
    for token in tokens.values():
        if not token.exists():
            _write_private(token, secrets.token_urlsafe(24) + "\n")
    users = [
        {
            "name": person.name,
            "roles": list(person.roles),
            "tokenSha256": hashlib.sha256(tokens[person.key].read_text().strip().encode()).hexdigest(),
        }
        for person in PEOPLE
    ]
    _write_private(directory / "users.json", json.dumps({"users": users}, indent=2) + "\n")
    return tokens


def _write_private(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w") as file:
        file.write(text)
