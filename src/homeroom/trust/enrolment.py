"""What a school gets when it joins: one directory with its identity, its keys and whom it trusts."""

import json
import secrets
import uuid
from dataclasses import dataclass
from pathlib import Path

from homeroom.domain import assignments, errors
from homeroom.trust import authority, district, durable, keys

KEK_BYTES = 32
CERTIFICATE_DAYS = 365


@dataclass(frozen=True, slots=True)
class Enrolment:
    """One school's identity.

    Attributes:
        directory: where it was read from.
        site_id: the school.
        epoch: rises when the box is replaced or restored; part of every report's number.
        name: for people and routes, such as ``school-17``.
        endpoints: where to ask before the first assignment has arrived; later the assignment says.
        bands: year-group bands that the school has.
        seal_key: reports are sealed to it.
        ack_key: receipts are signed with it.
        root: TUF root metadata, pinned.
        tls: client certificate and the authority to trust.
        signing_key: signs reports.
        kek: 32 bytes; wraps the key that encrypts the store.
    """

    directory: Path
    site_id: assignments.SiteId
    epoch: int
    name: str
    endpoints: tuple[assignments.Endpoint, ...]
    bands: tuple[str, ...]
    seal_key: keys.SealPublicKey
    ack_key: keys.PublicKey
    root: bytes
    tls: authority.TlsFiles
    signing_key: keys.SigningKey
    kek: bytes


def write_enrolment(
    directory: Path,
    *,
    trust: district.DistrictTrust,
    site_id: str,
    epoch: int,
    name: str,
    bands: tuple[str, ...],
    endpoints: tuple[assignments.Endpoint, ...],
) -> Enrolment:
    """Make the keys of one school and write everything that it needs to ``directory``.

    Here the district makes the school's keys; a school that makes its own comes with enrolment by token.

    Raises:
        SpecError: the directory already holds an enrolment, or ``site_id`` is no UUID.
    """
    if (directory / "enrolment.json").exists():
        raise errors.SpecError(f"{directory} already holds an enrolment: load it, or choose an empty place")
    site = _parse_site_id(site_id)
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    issued = trust.authority.issue(name, uris=(f"homeroom://site/{site}",), client=True, days=CERTIFICATE_DAYS)
    authority.CertificateAuthority.write(issued, directory, "tls")
    durable.write(directory / "ca.crt", trust.authority.certificate_pem, mode=0o644)
    durable.write(directory / "root.json", trust.director.root, mode=0o644)
    durable.write(directory / "kek", secrets.token_bytes(KEK_BYTES))
    (directory / "site.key").unlink(missing_ok=True)  # left by an attempt that did not reach the last line
    keys.SigningKey.create(directory / "site.key")
    value = {
        "siteId": site,
        "epoch": epoch,
        "name": name,
        "bands": list(bands),
        "endpoints": [{"name": e.name, "control": e.control, "bulk": e.bulk} for e in endpoints],
        "sealKey": trust.seal_key.public.base64,
        "ackKey": trust.ack_key.public.base64,
    }
    durable.write(directory / "enrolment.json", json.dumps(value, indent=2).encode(), mode=0o644)
    return load(directory)


def load(directory: Path) -> Enrolment:
    """The enrolment in ``directory``.

    Raises:
        SpecError: a file is missing or not readable; the text names it.
    """
    try:
        value = json.loads((directory / "enrolment.json").read_bytes())
        return Enrolment(
            directory=directory,
            site_id=_parse_site_id(value["siteId"]),
            epoch=int(value["epoch"]),
            name=str(value["name"]),
            endpoints=tuple(assignments.Endpoint(**endpoint) for endpoint in value["endpoints"]),
            bands=tuple(value["bands"]),
            seal_key=keys.SealPublicKey.from_base64(value["sealKey"]),
            ack_key=keys.PublicKey.from_base64(value["ackKey"]),
            root=(directory / "root.json").read_bytes(),
            tls=authority.TlsFiles(directory / "ca.crt", directory / "tls.crt", directory / "tls.key"),
            signing_key=keys.SigningKey.load(directory / "site.key"),
            kek=_read_kek(directory / "kek"),
        )
    except (OSError, KeyError, TypeError, ValueError) as exc:
        raise errors.SpecError(f"{directory} holds no readable enrolment: {type(exc).__name__}: {exc}") from exc


def _read_kek(path: Path) -> bytes:
    kek = path.read_bytes()
    if len(kek) != KEK_BYTES:
        raise errors.SpecError(f"{path} has {len(kek)} bytes: it must have {KEK_BYTES}")
    return kek


def _parse_site_id(text: str) -> assignments.SiteId:
    try:
        return assignments.SiteId(str(uuid.UUID(text)))
    except ValueError as exc:
        raise errors.SpecError(f"{text[:80]!r} is no site id: write a UUID") from exc
