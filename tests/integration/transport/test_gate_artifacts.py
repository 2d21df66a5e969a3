"""Gate documents beside a release in a real registry: attached, listed, read with plain HTTP, verified by the command."""

import asyncio
import json
import ssl
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from click.testing import Result
from tests.unit.gates import cases
from typer.testing import CliRunner

from homeroom import cli
from homeroom.domain import digests
from homeroom.embedded import registry as registries
from homeroom.gates import attaching, documents, fairness
from homeroom.packaging import artifacts, attachments
from homeroom.transport.oci import client, referrers
from homeroom.trust import authority

pytestmark = pytest.mark.real

REPOSITORY = "releases/gate-artifacts"


@pytest.fixture(scope="module")
def files(registry: registries.Registry) -> authority.TlsFiles:
    return registry.client_files("gate-artifacts")


@pytest.fixture(scope="module")
def release() -> artifacts.Artifact:
    return artifacts.build(cases.a_release(), cases.STAGES, {})


@pytest.fixture(scope="module")
def report(release: artifacts.Artifact) -> documents.GateReport:
    known = cases.some_evidence(release_digest=release.digest)
    return documents.build(known, fairness.decide(known))


@pytest.fixture(scope="module", autouse=True)
def _attached(
    registry: registries.Registry,
    files: authority.TlsFiles,
    release: artifacts.Artifact,
    report: documents.GateReport,
) -> None:
    async def attach() -> None:
        async with client.OciClient(registry.url, files) as opened:
            for blob in release.blobs:
                await opened.push_blob(REPOSITORY, blob)
            await opened.push_manifest(REPOSITORY, release.manifest)
            for _ in range(2):
                made = attaching.build(release.manifest, report)
                await referrers.attach(opened, REPOSITORY, release.digest, made)

    asyncio.run(attach())


@pytest.fixture
def http(registry: registries.Registry, files: authority.TlsFiles) -> Iterator[httpx.Client]:
    """Any OCI client: no code of ours."""
    context = ssl.create_default_context(cafile=str(files.ca))
    context.load_cert_chain(files.certificate, files.key)
    with httpx.Client(base_url=f"{registry.url}/v2/{REPOSITORY}", verify=context) as opened:
        yield opened


def _get(http: httpx.Client, path: str, media_type: str = "*/*") -> bytes:
    answer = http.get(path, headers={"accept": media_type})
    assert answer.status_code == 200, answer.text
    return answer.content


def test_any_oci_client_finds_and_reads_the_documents(
    http: httpx.Client, release: artifacts.Artifact, report: documents.GateReport
) -> None:
    """What `oras discover` and `oras pull` do: no referrers API, so the index under the tag, its manifest, its layers."""
    assert http.get(f"/referrers/{release.digest}").status_code == 404
    tag = release.digest.replace(":", "-")
    index = json.loads(_get(http, f"/manifests/{tag}", attachments.INDEX_TYPE))
    (entry,) = [one for one in index["manifests"] if one["artifactType"] == attaching.ARTIFACT_TYPE]
    assert entry["annotations"][attaching.REPORT_ANNOTATION] == report.digest
    manifest = json.loads(_get(http, f"/manifests/{entry['digest']}", artifacts.MANIFEST_TYPE))
    assert manifest["subject"]["digest"] == release.digest
    layers = {layer["annotations"]["org.opencontainers.image.title"]: layer["digest"] for layer in manifest["layers"]}
    assert layers["report.json"] == report.digest
    assert digests.of_bytes(_get(http, f"/blobs/{layers['report.json']}")) == report.digest
    assert json.loads(_get(http, f"/blobs/{layers['evidence.json']}")) == report.evidence


def _verify(registry: registries.Registry, files: authority.TlsFiles, *more: Any) -> Result:
    tls = ("--ca", files.ca, "--certificate", files.certificate, "--key", files.key)
    where = ("--registry", registry.url, "--repository", REPOSITORY, *tls, *more)
    return CliRunner().invoke(cli.app, ["gate", "verify", *map(str, where)])


def test_command_verifies_from_the_registry(
    registry: registries.Registry,
    files: authority.TlsFiles,
    release: artifacts.Artifact,
    report: documents.GateReport,
) -> None:
    anchored = _verify(registry, files, "--release-digest", release.digest, "--digest", report.digest)
    alone = _verify(registry, files, "--release-digest", release.digest)
    unknown = _verify(registry, files, "--release-digest", release.digest, "--digest", release.digest)
    nowhere = _verify(registry, files, "--release-digest", report.digest)

    assert (anchored.exit_code, alone.exit_code) == (0, 3), anchored.output + alone.output
    assert (unknown.exit_code, nowhere.exit_code) == (2, 2)
    assert "no such gate report is attached" in unknown.stderr


def test_registry_that_does_not_answer_is_code_4(files: authority.TlsFiles, release: artifacts.Artifact) -> None:
    options = ("--registry", "http://127.0.0.1:9", "--repository", REPOSITORY, "--release-digest", release.digest)
    result = CliRunner().invoke(cli.app, ["gate", "verify", *options])
    assert (result.exit_code, "Traceback" in result.output) == (4, False)
