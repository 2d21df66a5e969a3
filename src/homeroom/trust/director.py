"""The district's director: signs, for one site at a time, what that site should run (TUF metadata).

Every site has a repository of its own: they share the root, and timestamp, snapshot and targets of a site carry the
version of its assignment. So a school reads four small files however many schools there are.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from securesystemslib import signer
from tuf.api import metadata
from tuf.api.serialization import json as tuf_json

from homeroom.domain import assignments, digests, errors
from homeroom.trust import bundles, durable, keys

ROOT_LIFETIME = timedelta(days=3650)
"""A school may lie in a cupboard for years and must still be able to come back; rotation does not wait for expiry."""

ROLES = (metadata.Root.type, metadata.Targets.type, metadata.Snapshot.type, metadata.Timestamp.type)


@dataclass(frozen=True, slots=True)
class DirectorKeys:
    """One Ed25519 key for each role, and the root metadata that names them.

    Attributes:
        roles: signing key by role name.
        root: signed root metadata, version 1; what schools pin at enrolment.
    """

    roles: dict[str, keys.SigningKey]
    root: bytes

    @classmethod
    def create(cls, directory: Path) -> Self:
        """Make new keys and a root that names them, and keep all in ``directory``.

        Raises:
            SpecError: there are keys already.
        """
        roles = {role: keys.SigningKey.create(_key_path(directory, role)) for role in ROLES}
        root = build_root(roles, expires=datetime.now(UTC) + ROOT_LIFETIME)
        durable.write(directory / "root.json", root, mode=0o644)
        return cls(roles, root)

    @classmethod
    def load(cls, directory: Path) -> Self:
        """The keys that ``create`` kept in ``directory``.

        Raises:
            SpecError: a file is missing or unreadable.
        """
        roles = {role: keys.SigningKey.load(_key_path(directory, role)) for role in ROLES}
        try:
            return cls(roles, (directory / "root.json").read_bytes())
        except OSError as exc:
            raise errors.SpecError(f"{directory} has no readable root.json: restore it from its backup") from exc


def build_root(roles: dict[str, keys.SigningKey], *, expires: datetime, version: int = 1) -> bytes:
    """Root metadata that names one key for each role and is signed by the root key."""
    root = metadata.Root(version=version, expires=_whole_second(expires), consistent_snapshot=True)
    for role in ROLES:
        root.add_key(_signer(roles[role]).public_key, role)
    return _signed(root, roles)


def target_path(site_id: assignments.SiteId) -> str:
    """Name of the one target in a site's repository; another site's name in it is refused."""
    return f"{site_id}/assignment.json"


def sign_assignment(director: DirectorKeys, assignment: assignments.Assignment, expires: datetime) -> bundles.Bundle:
    """The bundle that makes the site of ``assignment`` believe it, until ``expires``.

    The same input gives the same bytes: Ed25519 signatures take no randomness.
    """
    if assignment.version < 1:
        raise errors.Defect(f"assignment version {assignment.version} cannot be signed: versions start at 1")
    content = digests.canonical_json(assignment.to_json())
    version, until = assignment.version, _whole_second(expires)
    target = metadata.TargetFile.from_data(target_path(assignment.site_id), content, ["sha256"])
    targets = _signed(metadata.Targets(version=version, expires=until, targets={target.path: target}), director.roles)
    targets_meta = metadata.MetaFile.from_data(version, targets, ["sha256"])
    snapshot = _signed(
        metadata.Snapshot(version=version, expires=until, meta={"targets.json": targets_meta}), director.roles
    )
    snapshot_meta = metadata.MetaFile.from_data(version, snapshot, ["sha256"])
    timestamp = _signed(metadata.Timestamp(version=version, expires=until, snapshot_meta=snapshot_meta), director.roles)
    return bundles.Bundle(
        site_id=assignment.site_id,
        version=version,
        root=(director.root,),
        timestamp=timestamp,
        snapshot=snapshot,
        targets=targets,
        assignment=content,
    )


def _signed(signed: metadata.T, roles: dict[str, keys.SigningKey]) -> bytes:
    envelope = metadata.Metadata(signed)
    envelope.sign(_signer(roles[signed.type]))
    return envelope.to_bytes(tuf_json.JSONSerializer(compact=True))


def _signer(key: keys.SigningKey) -> signer.CryptoSigner:
    return signer.CryptoSigner(key.private)


def _key_path(directory: Path, role: str) -> Path:
    return directory / f"{role}.key"


def _whole_second(moment: datetime) -> datetime:
    # TUF writes expiry without fractions, and refuses to serialise what it could not read back.
    return moment.astimezone(UTC).replace(microsecond=0)
