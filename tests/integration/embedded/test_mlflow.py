"""The embedded MLflow server on a real process."""

import httpx
import pytest

from homeroom.embedded import mlflow, processes, supervisor

pytestmark = pytest.mark.real

MODEL = "survives-a-restart"
"""A name of its own: other tests of this process use the same server."""


def test_registered_model_and_artifact_survive_a_restart(
    mlflow_server: mlflow.MlflowServer, runner: supervisor.Supervisor
) -> None:
    with httpx.Client(base_url=mlflow_server.url, timeout=30) as client:
        created = client.post("/api/2.0/mlflow/registered-models/create", json={"name": MODEL})
        assert created.status_code == httpx.codes.OK, created.text
        artifact = "/api/2.0/mlflow-artifacts/artifacts/0/run/artifacts/core.onnx"
        assert client.put(artifact, content=b"onnx").status_code == httpx.codes.OK

    before = mlflow_server.url
    mlflow_server.stop()
    mlflow_server.start()

    assert mlflow_server.url == before
    with httpx.Client(base_url=mlflow_server.url, timeout=30) as client:
        kept = client.get("/api/2.0/mlflow/registered-models/get", params={"name": MODEL})
        assert kept.json()["registered_model"]["name"] == MODEL
        assert client.get(artifact).content == b"onnx"


def test_server_is_one_process_that_listens_on_loopback_only(
    mlflow_server: mlflow.MlflowServer, runner: supervisor.Supervisor
) -> None:
    pid = runner.pid(mlflow_server.process)
    assert pid is not None
    assert processes.tree(pid) == [pid]
    assert processes.listening_addresses(pid) == [mlflow_server.url.removeprefix("http://")]
