"""MLflow over REST: metadata and blobs, never a loaded model."""

import json
import pathlib
import posixpath
import urllib.parse
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from types import TracebackType
from typing import Any, Final, Self

import httpx

from homeroom.domain import errors

CREATOR_TAG: Final = "homeroom.creator"
"""Tag of a model version that our API sets from the token of whoever registers it."""

_API = "/api/2.0/mlflow"
_TIMEOUT = httpx.Timeout(30.0, connect=5.0)


class ModelNotFound(errors.SpecError):
    """There is no such model version."""


class FileNotFound(errors.SpecError):
    """The model version has no such file."""


class FileTooLarge(errors.SpecError):
    """A file is larger than the reader takes."""


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """One registered version.

    Attributes:
        name: of the registered model.
        version: number as text, such as ``3``.
        run_id: run that it came from; empty when it was registered without one.
        creator: who registered it through our API; None when somebody got around it.
        tags: all tags.
        source: where its files lie, as it was registered.
        root: path of its files in the artifact store, without slashes at the ends.
    """

    name: str
    version: str
    run_id: str
    creator: str | None
    tags: Mapping[str, str]
    source: str
    root: str


class VersionsClient:
    """A connection to one MLflow server; use it as an async context manager or call ``aclose``.

    Every method raises Unavailable when the server does not answer or has a fault of its own.
    """

    def __init__(self, url: str, *, transport: httpx.AsyncBaseTransport | None = None) -> None:
        self._http = httpx.AsyncClient(base_url=url, timeout=_TIMEOUT, transport=transport, trust_env=False)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End the connections."""
        await self._http.aclose()

    async def model_version(self, name: str, version: str) -> ModelVersion:
        """That registered version.

        Raises:
            ModelNotFound: there is none.
            SpecError: its files are not in this server's artifact store.
        """
        query = {"name": name, "version": version}
        found = (await self._ask(f"{_API}/model-versions/get", query))["model_version"]
        where = await self._ask(f"{_API}/model-versions/get-download-uri", query)
        tags = {tag["key"]: tag.get("value", "") for tag in found.get("tags", ())}
        return ModelVersion(
            name=found["name"],
            version=str(found["version"]),
            run_id=found.get("run_id", ""),
            creator=tags.get(CREATOR_TAG) or None,
            tags=tags,
            source=found.get("source", ""),
            root=_parse_root(where["artifact_uri"]),
        )

    async def files(self, version: ModelVersion) -> Mapping[str, int]:
        """Names and sizes in bytes of the files directly under ``version``; folders are left out."""
        answer = await self._ask("/api/2.0/mlflow-artifacts/artifacts", {"path": version.root})
        return {
            posixpath.basename(file["path"]): int(file.get("file_size", 0))
            for file in answer.get("files", ())
            if not file.get("is_dir", False)
        }

    async def download(
        self, version: ModelVersion, name: str, destination: pathlib.Path, *, max_bytes: int
    ) -> pathlib.Path:
        """Write the file ``name`` of ``version`` to ``destination``, whole or not at all.

        Raises:
            FileNotFound: there is no such file.
            FileTooLarge: it has more than ``max_bytes``; nothing of it is kept.
        """
        path = urllib.parse.quote(f"{version.root}/{name}")
        part = destination.with_name(destination.name + ".part")
        try:
            async with self._http.stream("GET", f"/api/2.0/mlflow-artifacts/artifacts/{path}") as answer:
                if not answer.is_success:
                    await answer.aread()
                    raise _file_error(answer, version, name)
                await _write(answer, part, name, max_bytes)
            part.replace(destination)
        except httpx.HTTPError as exc:
            raise _unavailable(exc) from exc
        finally:
            part.unlink(missing_ok=True)
        return destination

    async def _ask(self, path: str, query: Mapping[str, str]) -> dict[str, Any]:
        try:
            answer = await self._http.get(path, params=query)
        except httpx.HTTPError as exc:
            raise _unavailable(exc) from exc
        if answer.is_success:
            return _parse(answer)
        raise _version_error(answer, query)


async def _write(answer: httpx.Response, part: pathlib.Path, name: str, max_bytes: int) -> None:
    received = 0
    with part.open("wb") as file:
        async for piece in answer.aiter_bytes():
            received += len(piece)
            if received > max_bytes:
                raise FileTooLarge(f"{name} is larger than {max_bytes} bytes: register a smaller one")
            file.write(piece)


def _parse_root(uri: str) -> str:
    """Path in the artifact store that MLflow serves itself; other stores would need keys that we do not have."""
    parsed = urllib.parse.urlparse(uri)
    root = parsed.path.strip("/")
    if parsed.scheme != "mlflow-artifacts" or not root or ".." in root.split("/"):
        raise errors.SpecError(
            f"the files of this model version are at {parsed.scheme or 'a local path'}, not in the district's artifact "
            "store: log them through the district's /mlflow address and register the version again"
        )
    return root


def _parse(answer: httpx.Response) -> dict[str, Any]:
    try:
        value = answer.json()
    except json.JSONDecodeError as exc:
        raise errors.Unavailable("MLflow answered with something that is no JSON") from exc
    if not isinstance(value, dict):
        raise errors.Unavailable("MLflow answered with something that is no JSON object")
    return value


def _version_error(answer: httpx.Response, query: Mapping[str, str]) -> errors.HomeroomError:
    if answer.status_code == HTTPStatus.NOT_FOUND:
        what = f"model {query.get('name')!r} has no version {query.get('version')!r}"
        return ModelNotFound(f"{what} in the registry: register it, or correct spec.model")
    return _other(answer)


def _file_error(answer: httpx.Response, version: ModelVersion, name: str) -> errors.HomeroomError:
    if answer.status_code == HTTPStatus.NOT_FOUND:
        return FileNotFound(f"{version.name} version {version.version} has no file {name}: log it and register again")
    return _other(answer)


def _other(answer: httpx.Response) -> errors.HomeroomError:
    message = str(_message(answer))[:300]
    if answer.is_server_error or answer.status_code == HTTPStatus.TOO_MANY_REQUESTS:
        return errors.Unavailable(f"MLflow has a fault: {answer.status_code} {message}")
    return errors.SpecError(f"MLflow refused: {message}")


def _message(answer: httpx.Response) -> Any:
    try:
        return answer.json().get("message", answer.reason_phrase)
    except (ValueError, AttributeError):
        return answer.reason_phrase


def _unavailable(exc: httpx.HTTPError) -> errors.Unavailable:
    return errors.Unavailable(f"MLflow does not answer ({type(exc).__name__}): check that it runs")
