"""The part of MLflow's REST API that authors may use: a fixed list of calls, passed on with a forced creator.

MLflow itself listens on loopback and knows no users. What it calls ``homeroom.creator`` of a model version is who
may never approve it, so it is set here, from the token, and nobody can set or change it.
"""

import json
import re
from collections.abc import AsyncIterator
from typing import Any, Final

import fastapi
import httpx
from fastapi import responses

from homeroom.district.app import access, ports, problems, users
from homeroom.domain import errors

CREATOR_TAG: Final = "homeroom.creator"
_RESERVED_PREFIX: Final = "homeroom."

PREFIX: Final = "/mlflow"

CALLS: Final[frozenset[tuple[str, str]]] = frozenset(
    {
        ("GET", "api/2.0/mlflow/experiments/get"),
        ("GET", "api/2.0/mlflow/experiments/get-by-name"),
        ("POST", "api/2.0/mlflow/experiments/create"),
        ("POST", "api/2.0/mlflow/experiments/search"),
        ("POST", "api/2.0/mlflow/experiments/set-experiment-tag"),
        ("POST", "api/2.0/mlflow/runs/create"),
        ("GET", "api/2.0/mlflow/runs/get"),
        ("POST", "api/2.0/mlflow/runs/update"),
        ("POST", "api/2.0/mlflow/runs/search"),
        ("POST", "api/2.0/mlflow/runs/log-batch"),
        ("POST", "api/2.0/mlflow/runs/log-inputs"),
        ("POST", "api/2.0/mlflow/runs/log-metric"),
        ("POST", "api/2.0/mlflow/runs/log-model"),
        ("POST", "api/2.0/mlflow/runs/log-parameter"),
        ("POST", "api/2.0/mlflow/runs/outputs"),
        ("POST", "api/2.0/mlflow/runs/set-tag"),
        ("POST", "api/2.0/mlflow/runs/delete-tag"),
        ("GET", "api/2.0/mlflow/metrics/get-history"),
        ("GET", "api/2.0/mlflow/artifacts/list"),
        ("POST", "api/2.0/mlflow/logged-models/search"),
        ("POST", "api/2.0/mlflow/registered-models/create"),
        ("GET", "api/2.0/mlflow/registered-models/get"),
        ("GET", "api/2.0/mlflow/registered-models/search"),
        ("GET", "api/2.0/mlflow/registered-models/alias"),
        ("POST", "api/2.0/mlflow/registered-models/get-latest-versions"),
        ("PATCH", "api/2.0/mlflow/registered-models/update"),
        ("POST", "api/2.0/mlflow/registered-models/set-tag"),
        ("POST", "api/2.0/mlflow/model-versions/create"),
        ("GET", "api/2.0/mlflow/model-versions/get"),
        ("GET", "api/2.0/mlflow/model-versions/search"),
        ("GET", "api/2.0/mlflow/model-versions/get-download-uri"),
        ("PATCH", "api/2.0/mlflow/model-versions/update"),
        ("POST", "api/2.0/mlflow/model-versions/set-tag"),
        ("DELETE", "api/2.0/mlflow/model-versions/delete-tag"),
        ("GET", "api/2.0/mlflow-artifacts/artifacts"),
    }
)
"""What the ordinary client of MLflow 3.17 needs to log a run with files and register a version. Nothing that deletes,
renames or moves: a version that was judged stays what it was."""

_ARTIFACT = re.compile(r"api/2\.0/mlflow-artifacts/artifacts/(?P<path>[A-Za-z0-9._ @+=,()/-]{1,1000})")
_VERSION_TAGS = frozenset({"api/2.0/mlflow/model-versions/set-tag", "api/2.0/mlflow/model-versions/delete-tag"})
_PASSED_ON = ("content-type", "content-length")
_PASSED_BACK = ("content-type", "content-length", "content-disposition")

router = fastapi.APIRouter(prefix=PREFIX, tags=["mlflow"])


@router.api_route(
    "/{path:path}",
    methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
    summary="MLflow for the ordinary client",
    include_in_schema=False,
)
async def pass_on(path: str, request: fastapi.Request, author: access.Author, found: ports.PortsOf) -> fastapi.Response:
    """Set ``MLFLOW_TRACKING_URI`` to this address and ``MLFLOW_TRACKING_TOKEN`` to your token.

    Raises:
        NotFound: the call is not on the list.
        SpecError: a body is no JSON object.
        Refused: it would change who made a model version.
        Unavailable: MLflow does not answer.
    """
    if found.mlflow is None:
        raise problems.NotFound("this district has no MLflow server: set HOMEROOM_API_MLFLOW_URL")
    if _is_artifact(request.method, path):
        return await _send(found.mlflow, request, path, request.stream())
    if (request.method, path) not in CALLS:
        raise problems.NotFound(
            f"{request.method} {path[:200]} of MLflow is not offered here: log runs and files, register versions"
        )
    content = await request.body()
    if request.method != "GET":
        content = json.dumps(_checked(path, _parse(content), author)).encode()
    return await _send(found.mlflow, request, path, content)


def is_upload(path: str) -> bool:
    """Whether requests to that path carry files, which have a larger cap than JSON."""
    return path.startswith(f"{PREFIX}/api/2.0/mlflow-artifacts/artifacts/")


def _is_artifact(method: str, path: str) -> bool:
    match = _ARTIFACT.fullmatch(path)
    return method in {"GET", "PUT"} and match is not None and not {".", "..", ""} & set(match["path"].split("/"))


def _parse(content: bytes) -> dict[str, Any]:
    try:
        body = json.loads(content or b"{}")
    except (ValueError, RecursionError) as exc:
        raise errors.SpecError("the body is no JSON") from exc
    if not isinstance(body, dict):
        raise errors.SpecError("the body is no JSON object")
    return body


def _checked(path: str, body: dict[str, Any], author: users.User) -> dict[str, Any]:
    """``body`` as it may be passed on; always written anew, so that what was checked is what MLflow reads."""
    if path in _VERSION_TAGS and _is_reserved(body.get("key")):
        raise errors.Refused("Forbidden", f"tags that start with {_RESERVED_PREFIX} are set by the district alone")
    if path != "api/2.0/mlflow/model-versions/create":
        return body
    tags = body.get("tags") or []
    if not isinstance(tags, list) or not all(isinstance(tag, dict) for tag in tags):
        raise errors.SpecError("tags is no list of objects with key and value")
    kept = [tag for tag in tags if not _is_reserved(tag.get("key"))]
    return {**body, "tags": [*kept, {"key": CREATOR_TAG, "value": author.name}]}


def _is_reserved(key: Any) -> bool:
    # Some databases that MLflow runs on compare keys without case and trailing blanks.
    return isinstance(key, str) and key.strip().lower().startswith(_RESERVED_PREFIX)


async def _send(
    mlflow: httpx.AsyncClient, request: fastapi.Request, path: str, content: bytes | AsyncIterator[bytes]
) -> fastapi.Response:
    headers = {name: request.headers[name] for name in _PASSED_ON if name in request.headers}
    if isinstance(content, bytes):
        headers.pop("content-length", None)
    passed = mlflow.build_request(
        request.method, "/" + path, params=str(request.query_params), headers=headers, content=content
    )
    try:
        answer = await mlflow.send(passed, stream=True)
    except httpx.HTTPError as exc:
        raise errors.Unavailable(f"MLflow does not answer ({type(exc).__name__}): try again") from exc
    kept = {name: answer.headers[name] for name in _PASSED_BACK if name in answer.headers}
    return responses.StreamingResponse(_pieces(answer), answer.status_code, kept)


async def _pieces(answer: httpx.Response) -> AsyncIterator[bytes]:
    try:
        async for piece in answer.aiter_raw():
            yield piece
    finally:
        await answer.aclose()
