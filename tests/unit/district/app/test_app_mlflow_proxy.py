"""MLflow is offered call by call; who made a version is not up to the client."""

import json

import pytest
from tests.unit.district.app.conftest import Http, Mlflow, as_

CREATE = "/mlflow/api/2.0/mlflow/model-versions/create"


def tags_sent(mlflow: Mlflow) -> list[dict[str, str]]:
    tags: list[dict[str, str]] = json.loads(mlflow.requests[-1].content)["tags"]
    return tags


@pytest.mark.parametrize(
    "given",
    [
        None,
        [],
        [{"key": "homeroom.creator", "value": "grace"}],
        [{"key": "Homeroom.Creator ", "value": "grace"}],
        [{"key": "homeroom.creator", "value": "a"}, {"key": "homeroom.creator", "value": "b"}],
    ],
    ids=["none", "empty", "forged", "other case", "twice"],
)
def test_the_creator_is_who_called_whatever_the_client_says(
    http: Http, mlflow: Mlflow, given: list[dict[str, str]] | None
) -> None:
    body = {"name": "reading-support", "source": "mlflow-artifacts:/1/x"} | ({} if given is None else {"tags": given})
    assert http.post(CREATE, json=body, headers=as_("ada")).status_code == 200
    assert tags_sent(mlflow) == [{"key": "homeroom.creator", "value": "ada"}]


def test_a_body_that_names_its_tags_twice_is_read_once(http: Http, mlflow: Mlflow) -> None:
    """What was checked is what is sent: the body is written anew."""
    raw = b'{"name": "m", "tags": [], "tags": [{"key": "homeroom.creator", "value": "grace"}, {"key": "k", "value": "v"}]}'
    http.post(CREATE, content=raw, headers=as_("ada"))
    assert tags_sent(mlflow) == [{"key": "k", "value": "v"}, {"key": "homeroom.creator", "value": "ada"}]


@pytest.mark.parametrize("method_path", [("POST", "set-tag"), ("DELETE", "delete-tag")])
@pytest.mark.parametrize("key", ["homeroom.creator", "HOMEROOM.creator", " homeroom.creator"])
def test_nobody_changes_the_creator_afterwards(
    http: Http, mlflow: Mlflow, method_path: tuple[str, str], key: str
) -> None:
    method, call = method_path
    body = {"name": "m", "version": "1", "key": key, "value": "grace"}
    answer = http.request(method, f"/mlflow/api/2.0/mlflow/model-versions/{call}", json=body, headers=as_("ada"))
    assert answer.status_code == 403
    assert mlflow.requests == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", "api/2.0/mlflow/model-versions/delete"),
        ("POST", "api/2.0/mlflow/registered-models/rename"),
        ("GET", "api/2.0/mlflow/model-versions/create"),
        ("GET", "ajax-api/2.0/mlflow/experiments/search"),
        ("GET", "graphql"),
        ("GET", ""),
        ("POST", "api/2.0/mlflow/%2e%2e/mlflow/model-versions/create"),
        ("DELETE", "api/2.0/mlflow-artifacts/artifacts/1/x/full.onnx"),
        ("PUT", "api/2.0/mlflow-artifacts/artifacts/1/..%2f..%2fetc/passwd"),
        ("PUT", "api/2.0/mlflow-artifacts/artifacts/1/%252e%252e/x"),
        ("GET", "api/2.0/mlflow-artifacts/artifacts/1//x"),
    ],
)
def test_everything_else_of_mlflow_is_not_there(http: Http, mlflow: Mlflow, method: str, path: str) -> None:
    answer = http.request(method, f"/mlflow/{path}", headers=as_("ada"))
    assert answer.status_code == 404
    assert mlflow.requests == []


def test_only_authors_come_through(http: Http, mlflow: Mlflow) -> None:
    answer = http.get("/mlflow/api/2.0/mlflow/experiments/get?experiment_id=0", headers=as_("grace"))
    assert answer.status_code == 403
    assert mlflow.requests == []


def test_a_file_is_passed_on_as_it_comes_without_the_token(http: Http, mlflow: Mlflow) -> None:
    content = bytes(range(256)) * 20
    path = "/mlflow/api/2.0/mlflow-artifacts/artifacts/1/run/artifacts/release/full.onnx"
    assert http.request("PUT", path, content=content, headers=as_("ada")).status_code == 200
    sent = mlflow.requests[-1]
    assert (sent.method, sent.url.path, sent.content) == ("PUT", path.removeprefix("/mlflow"), content)
    assert "authorization" not in sent.headers
    assert sent.url.host == "mlflow.test"


def test_a_file_over_the_cap_is_refused(http: Http) -> None:
    path = "/mlflow/api/2.0/mlflow-artifacts/artifacts/1/run/artifacts/full.onnx"
    assert http.request("PUT", path, content=b"x" * 10_001, headers=as_("ada")).status_code == 413


@pytest.mark.parametrize(
    "content", [b"{", b"[]", b'"x"', b"\xff", b"[" * 100_000], ids=["cut", "list", "text", "bytes", "deep"]
)
def test_a_body_that_is_no_object_is_refused(http: Http, mlflow: Mlflow, content: bytes) -> None:
    assert http.post(CREATE, content=content, headers=as_("ada")).status_code == 422
    assert mlflow.requests == []


def test_what_mlflow_answers_comes_back(http: Http, mlflow: Mlflow) -> None:
    mlflow.answer = (404, b'{"error_code": "RESOURCE_DOES_NOT_EXIST"}')
    answer = http.get("/mlflow/api/2.0/mlflow/experiments/get-by-name?experiment_name=a%26b", headers=as_("ada"))
    assert (answer.status_code, answer.json()["error_code"]) == (404, "RESOURCE_DOES_NOT_EXIST")
    assert mlflow.requests[-1].url.params["experiment_name"] == "a&b"
