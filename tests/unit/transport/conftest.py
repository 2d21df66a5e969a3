"""Two ends of a mutual TLS connection, made once: certificates cost time and nothing here changes them."""

import contextlib
from collections.abc import Callable

import pytest
from tests.fakes import control_server

from homeroom.trust import authority


@pytest.fixture(scope="session")
def identities(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], authority.TlsFiles]:
    """Files of whoever is asked for: a URI, or ``server``."""
    directory = tmp_path_factory.mktemp("identities")
    ca = authority.CertificateAuthority.create(directory, "tests")
    made: dict[str, authority.TlsFiles] = {}

    def files(name: str) -> authority.TlsFiles:
        if name not in made:
            uris = () if name == "server" else (name,)
            issued = ca.issue("test", ips=("127.0.0.1",), uris=uris, server=True, client=True)
            made[name] = authority.TlsFiles(directory / "ca.crt", *ca.write(issued, directory, f"id{len(made)}"))
        return made[name]

    return files


Start = Callable[..., contextlib.AbstractAsyncContextManager[str]]


@pytest.fixture
def start(identities: Callable[[str], authority.TlsFiles]) -> Start:
    """What serves an app with mutual TLS and yields its URL, as an async context."""
    return lambda app: control_server.serving(app, identities("server"))
