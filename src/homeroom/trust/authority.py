"""A small certificate authority: one EC P-256 key that vouches for servers, clients and schools.

Identities are URIs in the subject alternative name: ``homeroom://site/<siteId>``, ``homeroom://hub/<name>``,
``homeroom://district/<component>``.
"""

import ipaddress
import os
import tempfile
from collections.abc import Collection
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from homeroom.domain import errors

AUTHORITY_LIFETIME = timedelta(days=3650)
CLOCK_SKEW = timedelta(minutes=5)
"""Certificates start this much in the past: boxes that just booted are often a little behind."""


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its private key, both PEM."""

    certificate_pem: bytes
    key_pem: bytes


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where one party's side of a mutual TLS connection lies: whom it trusts, and who it is."""

    ca: Path
    certificate: Path
    key: Path


class CertificateAuthority:
    """Issues certificates that chain to one self-signed root.

    Args:
        certificate: the root.
        key: its private key.
    """

    def __init__(self, certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> None:
        self._certificate = certificate
        self._key = key

    @classmethod
    def create(cls, directory: Path, name: str) -> Self:
        """Make a new root called ``name`` and keep it as ``ca.crt`` and ``ca.key`` in ``directory``.

        Raises:
            SpecError: the directory already holds one; replacing a root silently would cut off everybody it vouched for.
        """
        if (directory / "ca.key").exists():
            raise errors.SpecError(
                f"{directory} already holds a certificate authority: load it, or choose an empty place"
            )
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _build_root(key, name, datetime.now(UTC))
        cls.write(Issued(_pem(certificate), _key_pem(key)), directory, "ca")
        return cls(certificate, key)

    @classmethod
    def load(cls, directory: Path) -> Self:
        """The authority that ``create`` kept in ``directory``.

        Raises:
            SpecError: a file is missing, unreadable, or key and certificate are not a pair.
        """
        try:
            certificate = x509.load_pem_x509_certificate((directory / "ca.crt").read_bytes())
            key = serialization.load_pem_private_key((directory / "ca.key").read_bytes(), password=None)
        except (OSError, ValueError) as exc:
            raise errors.SpecError(
                f"{directory} holds no readable certificate authority (ca.crt, ca.key): {exc}"
            ) from exc
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
            raise errors.SpecError(f"ca.key in {directory} is not the key of ca.crt: restore both from the same backup")
        return cls(certificate, key)

    @classmethod
    def ensure(cls, directory: Path, name: str) -> Self:
        """The authority in ``directory``, made now if there is none."""
        return cls.load(directory) if (directory / "ca.key").exists() else cls.create(directory, name)

    @property
    def certificate_pem(self) -> bytes:
        """The root, for whoever has to trust it."""
        return _pem(self._certificate)

    def issue(
        self,
        common_name: str,
        *,
        organizations: Collection[str] = (),
        dns: Collection[str] = (),
        ips: Collection[str] = (),
        uris: Collection[str] = (),
        server: bool = False,
        client: bool = False,
        days: int = 30,
    ) -> Issued:
        """A new key and a certificate for it.

        Args:
            common_name: 1 to 64 characters; the user name where Kubernetes reads it.
            organizations: the groups where Kubernetes reads them.
            dns: host names the certificate is good for.
            ips: addresses it is good for.
            uris: identities, such as ``homeroom://hub/north``.
            server: may be shown by a server.
            client: may be shown by a client.
            days: lifetime; never beyond that of the root.

        Raises:
            SpecError: neither server nor client, or a name that no certificate can carry.
        """
        if not (server or client):
            raise errors.SpecError(
                f"the certificate for {common_name!r} is good for nothing: say server, client or both"
            )
        key = ec.generate_private_key(ec.SECP256R1())
        try:
            subject = _subject(common_name, organizations)
            names = _alternative_names(dns, ips, uris)
        except ValueError as exc:
            raise errors.SpecError(f"no certificate can carry these names for {common_name!r}: {exc}") from exc
        now = datetime.now(UTC)
        builder = (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self._certificate.subject)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - CLOCK_SKEW)
            .not_valid_after(min(now + timedelta(days=days), self._certificate.not_valid_after_utc))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(signs_certificates=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage(_purposes(server=server, client=client)), critical=False)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()),
                critical=False,
            )
        )
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return Issued(_pem(builder.sign(self._key, hashes.SHA256())), _key_pem(key))

    def vouches_for(self, certificate_pem: bytes) -> None:
        """Check that this authority issued the certificate; its dates are the reader's business.

        Raises:
            Refused: another authority issued it, or it was altered.
        """
        try:
            x509.load_pem_x509_certificate(certificate_pem).verify_directly_issued_by(self._certificate)
        except (ValueError, TypeError, InvalidSignature) as exc:
            raise errors.Refused("Foreign", "the certificate was not issued by this authority") from exc

    @staticmethod
    def write(issued: Issued, directory: Path, stem: str) -> tuple[Path, Path]:
        """Keep ``issued`` as ``<stem>.crt`` and ``<stem>.key`` (mode 0600); each file is replaced in one step.

        Returns:
            The two paths, certificate first.
        """
        directory.mkdir(parents=True, exist_ok=True)
        certificate, key = directory / f"{stem}.crt", directory / f"{stem}.key"
        _replace(key, issued.key_pem, 0o600)
        _replace(certificate, issued.certificate_pem, 0o644)
        return certificate, key


def _build_root(key: ec.EllipticCurvePrivateKey, name: str, now: datetime) -> x509.Certificate:
    subject = _subject(name, ())
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - CLOCK_SKEW)
        .not_valid_after(now + AUTHORITY_LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )


def _subject(common_name: str, organizations: Collection[str]) -> x509.Name:
    groups = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group) for group in organizations]
    return x509.Name([*groups, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _alternative_names(dns: Collection[str], ips: Collection[str], uris: Collection[str]) -> list[x509.GeneralName]:
    return [
        *(x509.DNSName(name) for name in dns),
        *(x509.IPAddress(ipaddress.ip_address(address)) for address in ips),
        *(x509.UniformResourceIdentifier(uri) for uri in uris),
    ]


def _purposes(*, server: bool, client: bool) -> list[x509.ObjectIdentifier]:
    return [ExtendedKeyUsageOID.SERVER_AUTH] * server + [ExtendedKeyUsageOID.CLIENT_AUTH] * client


def _key_usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )


def _replace(path: Path, content: bytes, mode: int) -> None:
    # mkstemp gives 0600 from the first byte on: a key is never readable by others, not even for a moment.
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).chmod(mode)
    Path(temporary).replace(path)
