import ipaddress
import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from homeroom.domain import errors
from homeroom.trust import authority


@pytest.fixture
def ca(tmp_path: Path) -> authority.CertificateAuthority:
    return authority.CertificateAuthority.create(tmp_path / "ca", "Test district")


def parsed(issued: authority.Issued) -> x509.Certificate:
    return x509.load_pem_x509_certificate(issued.certificate_pem)


def test_certificate_carries_the_names_it_was_asked_for(ca: authority.CertificateAuthority) -> None:
    issued = parsed(
        ca.issue(
            "api",
            organizations=["homeroom:operators", "homeroom:readers"],
            dns=["localhost"],
            ips=["127.0.0.1", "::1"],
            uris=["homeroom://district/api"],
            server=True,
        )
    )
    subject, names = issued.subject, issued.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert [name.value for name in subject.get_attributes_for_oid(NameOID.COMMON_NAME)] == ["api"]
    groups = [name.value for name in subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)]
    assert groups == ["homeroom:operators", "homeroom:readers"]
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    addresses = [ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")]
    assert names.get_values_for_type(x509.IPAddress) == addresses
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["homeroom://district/api"]


@pytest.mark.parametrize(
    ("server", "client", "purposes"),
    [
        (True, False, {ExtendedKeyUsageOID.SERVER_AUTH}),
        (False, True, {ExtendedKeyUsageOID.CLIENT_AUTH}),
        (True, True, {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}),
    ],
    ids=["server", "client", "both"],
)
def test_certificate_is_good_only_for_what_was_asked(
    ca: authority.CertificateAuthority, *, server: bool, client: bool, purposes: set[x509.ObjectIdentifier]
) -> None:
    issued = parsed(ca.issue("x", server=server, client=client))
    assert set(issued.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value) == purposes
    assert not issued.extensions.get_extension_for_class(x509.BasicConstraints).value.ca


def test_certificate_for_nothing_is_refused(ca: authority.CertificateAuthority) -> None:
    with pytest.raises(errors.SpecError, match="say server, client or both"):
        ca.issue("x")


@pytest.mark.parametrize(
    ("name", "ips"), [("", ()), ("x" * 65, ()), ("x", ("localhost",))], ids=["empty", "too long", "no address"]
)
def test_name_that_no_certificate_can_carry_is_refused(
    ca: authority.CertificateAuthority, name: str, ips: tuple[str, ...]
) -> None:
    with pytest.raises(errors.SpecError, match="no certificate can carry these names"):
        ca.issue(name, ips=ips, server=True)


def test_lifetime_starts_a_little_in_the_past_and_ends_as_asked(ca: authority.CertificateAuthority) -> None:
    now = datetime.now(UTC)
    issued = parsed(ca.issue("x", client=True, days=7))
    assert issued.not_valid_before_utc < now
    assert abs(issued.not_valid_after_utc - now - timedelta(days=7)) < timedelta(minutes=1)


def test_no_certificate_outlives_its_root(ca: authority.CertificateAuthority) -> None:
    root = x509.load_pem_x509_certificate(ca.certificate_pem)
    assert parsed(ca.issue("x", client=True, days=100_000)).not_valid_after_utc == root.not_valid_after_utc


def test_loaded_authority_issues_for_the_same_root(tmp_path: Path, ca: authority.CertificateAuthority) -> None:
    issued = authority.CertificateAuthority.load(tmp_path / "ca").issue("x", client=True)
    ca.vouches_for(issued.certificate_pem)


def test_certificate_of_another_authority_is_foreign(tmp_path: Path, ca: authority.CertificateAuthority) -> None:
    """Even of one with the same name: the key decides."""
    other = authority.CertificateAuthority.create(tmp_path / "other", "Test district")
    with pytest.raises(errors.Refused) as refusal:
        ca.vouches_for(other.issue("x", client=True).certificate_pem)
    assert refusal.value.reason == "Foreign"


def test_creating_over_an_existing_authority_is_refused(tmp_path: Path, ca: authority.CertificateAuthority) -> None:
    with pytest.raises(errors.SpecError, match="already holds a certificate authority"):
        authority.CertificateAuthority.create(tmp_path / "ca", "Test district")
    assert authority.CertificateAuthority.ensure(tmp_path / "ca", "x").certificate_pem == ca.certificate_pem


@pytest.mark.parametrize("file", ["ca.crt", "ca.key"])
@pytest.mark.parametrize("content", [None, "nonsense"], ids=["missing", "spoiled"])
def test_incomplete_authority_is_not_loaded(
    tmp_path: Path, ca: authority.CertificateAuthority, file: str, content: str | None
) -> None:
    path = tmp_path / "ca" / file
    if content is None:
        path.unlink()
    else:
        path.write_text(content)
    with pytest.raises(errors.SpecError, match="no readable certificate authority"):
        authority.CertificateAuthority.load(tmp_path / "ca")


def test_key_of_another_authority_is_not_loaded(tmp_path: Path, ca: authority.CertificateAuthority) -> None:
    authority.CertificateAuthority.create(tmp_path / "other", "Other")
    (tmp_path / "other" / "ca.key").replace(tmp_path / "ca" / "ca.key")
    with pytest.raises(errors.SpecError, match="is not the key of"):
        authority.CertificateAuthority.load(tmp_path / "ca")


def test_keys_are_readable_by_their_owner_only(tmp_path: Path, ca: authority.CertificateAuthority) -> None:
    certificate, key = ca.write(ca.issue("x", client=True), tmp_path / "out", "tls")
    assert (certificate.name, key.name) == ("tls.crt", "tls.key")
    assert key.stat().st_mode & 0o777 == 0o600
    assert (tmp_path / "ca" / "ca.key").stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["tls.crt", "tls.key"]


def test_python_and_openssl_accept_the_chain_in_both_directions(
    tmp_path: Path, ca: authority.CertificateAuthority
) -> None:
    """Strictly: some fields that lax readers miss (key identifiers) make the strict ones refuse."""
    server_side = _context(ssl.PROTOCOL_TLS_SERVER, ca, tmp_path, "server")
    client_side = _context(ssl.PROTOCOL_TLS_CLIENT, ca, tmp_path, "client")
    seen: list[str] = []

    def answer(listener: socket.socket) -> None:
        with server_side.wrap_socket(listener.accept()[0], server_side=True) as connection:
            certificate = x509.load_der_x509_certificate(connection.getpeercert(binary_form=True) or b"")
            names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
            seen.extend(names.get_values_for_type(x509.UniformResourceIdentifier))
            connection.sendall(b"x")

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=answer, args=(listener,))
        thread.start()
        with (
            socket.create_connection(listener.getsockname(), timeout=5) as raw,
            client_side.wrap_socket(raw, server_hostname="127.0.0.1") as connection,
        ):
            assert connection.recv(1) == b"x"
        thread.join(timeout=5)
    assert seen == ["homeroom://site/1"]


def _context(kind: int, ca: authority.CertificateAuthority, directory: Path, stem: str) -> ssl.SSLContext:
    issued = ca.issue(
        stem, ips=["127.0.0.1"], uris=["homeroom://site/1"], server=stem == "server", client=stem == "client"
    )
    certificate, key = ca.write(issued, directory, stem)
    context = ssl.SSLContext(kind)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(cadata=ca.certificate_pem.decode())
    context.load_cert_chain(certificate, key)
    return context
