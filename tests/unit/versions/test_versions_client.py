"""What MLflow may answer, as errors that say who must act."""

import pathlib
from collections.abc import Callable

import httpx
import pytest

from homeroom.domain import errors
from homeroom.versions import client

VERSION = client.ModelVersion("m", "1", "", None, {}, "", "1/run/artifacts/release")


def answering(answer: Callable[[httpx.Request], httpx.Response]) -> client.VersionsClient:
    return client.VersionsClient("http://mlflow.test", transport=httpx.MockTransport(answer))


def registered(uri: str) -> Callable[[httpx.Request], httpx.Response]:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("get-download-uri"):
            return httpx.Response(200, json={"artifact_uri": uri})
        tags = [{"key": "homeroom.creator", "value": "ada"}]
        return httpx.Response(200, json={"model_version": {"name": "m", "version": "1", "tags": tags}})

    return answer


async def test_who_registered_it_is_read_from_the_tag() -> None:
    async with answering(registered("mlflow-artifacts:/1/run/artifacts/release")) as registry:
        found = await registry.model_version("m", "1")
    assert (found.creator, found.root) == ("ada", "1/run/artifacts/release")


@pytest.mark.parametrize(
    "uri", ["/etc", "file:///etc", "s3://bucket/x", "mlflow-artifacts:/", "mlflow-artifacts:/1/../../x", ""]
)
async def test_files_outside_the_districts_store_are_refused(uri: str) -> None:
    async with answering(registered(uri)) as registry:
        with pytest.raises(errors.SpecError, match="register the version again"):
            await registry.model_version("m", "1")


@pytest.mark.parametrize(
    ("code", "family"),
    [
        (404, client.ModelNotFound),
        (400, errors.SpecError),
        (429, errors.Unavailable),
        (500, errors.Unavailable),
        (503, errors.Unavailable),
    ],
)
async def test_a_refusal_is_said_by_who_must_act(code: int, family: type[errors.HomeroomError]) -> None:
    async with answering(lambda _: httpx.Response(code, json={"message": "because"})) as registry:
        with pytest.raises(family):
            await registry.model_version("m", "1")


@pytest.mark.parametrize("content", [b"", b"<html>", b"[]"], ids=["empty", "html", "list"])
async def test_an_answer_that_is_no_object_counts_as_a_fault(content: bytes) -> None:
    async with answering(lambda _: httpx.Response(200, content=content)) as registry:
        with pytest.raises(errors.Unavailable):
            await registry.model_version("m", "1")


async def test_a_file_over_the_cap_leaves_nothing_behind(tmp_path: pathlib.Path) -> None:
    async with answering(lambda _: httpx.Response(200, content=b"x" * 11)) as registry:
        with pytest.raises(client.FileTooLarge):
            await registry.download(VERSION, "full.onnx", tmp_path / "full.onnx", max_bytes=10)
        assert list(tmp_path.iterdir()) == []  # noqa: ASYNC240 - nothing else runs here
        assert (
            await registry.download(VERSION, "full.onnx", tmp_path / "full.onnx", max_bytes=11)
        ).stat().st_size == 11


async def test_a_server_that_is_not_there_is_unavailable(tmp_path: pathlib.Path) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused", request=request)

    async with answering(refuse) as registry:
        with pytest.raises(errors.Unavailable):
            await registry.download(VERSION, "x", tmp_path / "x", max_bytes=1)
        with pytest.raises(errors.Unavailable):
            await registry.files(VERSION)
