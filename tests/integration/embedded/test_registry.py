"""The embedded OCI registry on a real process."""

import http.client
import ssl
from collections.abc import Callable

import httpx
import pytest

from homeroom.domain import digests
from homeroom.embedded import registry as registries
from homeroom.trust import authority

pytestmark = pytest.mark.real

BLOB = b"the quick brown fox" * 100


def connect(registry: registries.Registry, files: authority.TlsFiles) -> httpx.Client:
    context = ssl.create_default_context(cafile=str(files.ca))
    context.load_cert_chain(files.certificate, files.key)
    return httpx.Client(base_url=registry.url, verify=context, timeout=10)


def push(client: httpx.Client, repository: str, blob: bytes) -> digests.Digest:
    digest = digests.of_bytes(blob)
    location = client.post(f"/v2/{repository}/blobs/uploads/").raise_for_status().headers["Location"]
    client.put(location, params=httpx.QueryParams(httpx.URL(location).params).set("digest", digest), content=blob)
    return digest


def test_blob_is_pushed_pulled_resumed_and_deleted(registry: registries.Registry) -> None:
    with connect(registry, registry.client_files("pusher")) as client:
        digest = push(client, "homeroom/reading", BLOB)
        url = f"/v2/homeroom/reading/blobs/{digest}"
        assert client.get(url).content == BLOB
        rest = client.get(url, headers={"Range": "bytes=1000-"})
        assert (rest.status_code, rest.content) == (http.client.PARTIAL_CONTENT, BLOB[1000:])
        assert client.delete(url).status_code == http.client.ACCEPTED
        assert client.get(url).status_code == http.client.NOT_FOUND


def test_client_without_a_certificate_is_refused(registry: registries.Registry) -> None:
    context = ssl.create_default_context(cafile=str(registry.client_files("x").ca))
    with httpx.Client(base_url=registry.url, verify=context) as client, pytest.raises(httpx.TransportError):
        client.get("/v2/")


def test_client_of_another_authority_is_refused(
    registry: registries.Registry, tmp_path_factory: pytest.TempPathFactory
) -> None:
    place = tmp_path_factory.mktemp("stranger")
    stranger = authority.CertificateAuthority.create(place, "stranger")
    certificate, key = stranger.write(stranger.issue("x", client=True), place, "x")
    files = authority.TlsFiles(registry.client_files("x").ca, certificate, key)
    with connect(registry, files) as client, pytest.raises(httpx.TransportError):
        client.get("/v2/")


def test_restart_keeps_blobs_and_address(start_registry: Callable[[str], registries.Registry]) -> None:
    own = start_registry("restarted")
    files, before = own.client_files("pusher"), own.url
    with connect(own, files) as client:
        digest = push(client, "homeroom/reading", BLOB)
    own.stop()
    own.start()
    assert own.url == before
    with connect(own, files) as client:
        assert client.get(f"/v2/homeroom/reading/blobs/{digest}").content == BLOB
