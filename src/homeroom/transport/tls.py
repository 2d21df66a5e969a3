"""Mutual TLS as every connection between the tiers uses it."""

import ssl

from homeroom.domain import errors
from homeroom.trust import authority

TlsFiles = authority.TlsFiles
"""Where one end of a connection keeps its identity: authority, certificate and key, PEM."""


def client_context(files: TlsFiles) -> ssl.SSLContext:
    """Context that shows our certificate and accepts only servers of our own authority; the system's are not trusted.

    Raises:
        SpecError: a file is missing or not what it should be.
    """
    return _loaded(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), files)


def server_context(files: TlsFiles) -> ssl.SSLContext:
    """Context that answers nobody who has no certificate of our own authority.

    Raises:
        SpecError: a file is missing or not what it should be.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.verify_mode = ssl.CERT_REQUIRED
    return _loaded(context, files)


def _loaded(context: ssl.SSLContext, files: TlsFiles) -> ssl.SSLContext:
    context.minimum_version = ssl.TLSVersion.TLSv1_3  # both ends are ours, so nothing older is needed
    try:
        context.load_verify_locations(cafile=files.ca)
        context.load_cert_chain(files.certificate, files.key)
    except OSError as exc:  # ssl.SSLError is one
        raise errors.SpecError(
            f"cannot load TLS files {files.ca}, {files.certificate}, {files.key}: {exc}: they must be PEM and readable"
        ) from exc
    return context
