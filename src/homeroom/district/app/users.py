"""The people and programs that may call, from one file with hashed tokens."""

import enum
import hashlib
import hmac
import pathlib
from dataclasses import dataclass
from typing import Annotated, Any

import pydantic
import yaml

from homeroom.domain import errors


class Role(enum.StrEnum):
    """What somebody does here; what each may do in Kubernetes is in the district's roles and bindings."""

    AUTHOR = "author"
    APPROVER = "approver"
    IT = "it"
    DPO = "dpo"
    VIEWER = "viewer"
    ADMIN = "admin"

    @property
    def group(self) -> str:
        """The Kubernetes group that people with this role are in."""
        plural = self.value if self in {Role.IT, Role.DPO} else f"{self.value}s"
        return f"homeroom:{plural}"


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who has shown a token.

    Attributes:
        name: as Kubernetes sees it.
        roles: what they do here.
        token_sha256: hexadecimal digest of their token.
    """

    name: str
    roles: frozenset[Role]
    token_sha256: str

    @property
    def groups(self) -> tuple[str, ...]:
        """Kubernetes groups that are impersonated."""
        return ("system:authenticated", *sorted(role.group for role in self.roles))

    def may(self, *roles: Role) -> bool:
        """Whether they have one of these roles."""
        return bool(self.roles & set(roles))


class _Entry(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")

    # What admission sees: no system: users, and nothing that needs escaping in a header.
    name: Annotated[str, pydantic.StringConstraints(pattern=r"^[a-z0-9]([-a-z0-9.@]{0,61}[a-z0-9])?$")]
    roles: Annotated[frozenset[Role], pydantic.Field(min_length=1)]
    tokenSha256: Annotated[str, pydantic.StringConstraints(pattern="^[0-9a-f]{64}$")]  # noqa: N815 - as in the file


class _File(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")

    users: list[_Entry]


@dataclass(frozen=True, slots=True)
class Users:
    """Everybody who may call."""

    everybody: tuple[User, ...]

    @classmethod
    def load(cls, path: pathlib.Path) -> "Users":
        """The users in a YAML or JSON file: ``{users: [{name, roles: [author], tokenSha256}]}``.

        Raises:
            SpecError: the file is missing or not of that form, or two users share a name or a token.
        """
        try:
            parsed = _File.model_validate(yaml.safe_load(path.read_text()))
        except (OSError, yaml.YAMLError) as exc:
            raise errors.SpecError(f"cannot read the users file {path}: {type(exc).__name__}") from exc
        except pydantic.ValidationError as exc:
            # Inputs are left out: a mistake must not put a token into a log.
            lines = (f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in exc.errors(include_input=False))
            raise errors.SpecError(f"the users file {path} is wrong: {'; '.join(lines)}") from exc
        users = tuple(User(entry.name, entry.roles, entry.tokenSha256) for entry in parsed.users)
        for what in ("name", "token_sha256"):
            if len({getattr(user, what) for user in users}) != len(users):
                raise errors.SpecError(f"the users file {path} is wrong: two users have the same {what}")
        return cls(users)

    def authenticate(self, token: str) -> User | None:
        """Whose token that is; takes the same time for any wrong one."""
        digest = hash_token(token)
        found = None
        for user in self.everybody:
            if hmac.compare_digest(user.token_sha256, digest):
                found = user
        return found

    def get(self, name: str) -> User | None:
        """The user of that name."""
        return next((user for user in self.everybody if user.name == name), None)


def hash_token(token: str) -> str:
    """What the file holds in place of ``token``; tokens are long and random, so a plain hash is enough."""
    return hashlib.sha256(token.encode(errors="surrogatepass")).hexdigest()


def build_document(people: dict[str, tuple[list[str], str]]) -> dict[str, Any]:
    """A users file from name -> (roles, token); for whoever sets a district up."""
    return {
        "users": [
            {"name": name, "roles": roles, "tokenSha256": hash_token(token)} for name, (roles, token) in people.items()
        ]
    }
