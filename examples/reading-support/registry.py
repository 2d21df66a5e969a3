"""Registers a training in MLflow with the ordinary client, and hands the evaluation rows to the district."""

import argparse
import contextlib
import os
import pathlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import httpx

from homeroom.domain import digests

if TYPE_CHECKING:
    from train import Trained

# Before MLflow is imported: nothing phones home, and no progress bars in a log.
os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
os.environ.setdefault("DO_NOT_TRACK", "true")
os.environ.setdefault("MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR", "false")
# Standard output holds the result and nothing else.
os.environ.setdefault("MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT", "true")

import mlflow
from mlflow.entities import Metric, RunTag

EXPERIMENT = "reading-support"
ARTIFACTS = "release"
TIMEOUT_SECONDS = 60.0


def register(trained: "Trained", directory: pathlib.Path, chosen: argparse.Namespace) -> str:
    """Keeps the table, logs one run and registers one model version.

    Args:
        trained: what to register.
        directory: holds the files of ``train.write``.
        chosen: command line.

    Returns:
        The version's number in MLflow.
    """
    token = chosen.token_file.read_text().strip() if chosen.token_file else None
    keep_table(trained.table, chosen, token)
    if token:
        os.environ["MLFLOW_TRACKING_TOKEN"] = token
    client = mlflow.MlflowClient(tracking_uri=chosen.tracking_uri, registry_uri=chosen.tracking_uri)
    run_id = log_run(client, trained, directory)
    ensure_model(client, trained.name)
    source = client.get_run(run_id).info.artifact_uri + "/" + ARTIFACTS
    card = trained.artifacts["model_card.md"].decode()
    version = client.create_model_version(
        trained.name, source, run_id, tags=trained.tags, description=card, await_creation_for=0
    )
    return str(version.version)


def keep_table(table: bytes, chosen: argparse.Namespace, token: str | None) -> None:
    """Hands the evaluation rows to the district's private store; MLflow only gets their digest.

    Raises:
        SystemExit: the district refused, or kept something else.
    """
    digest = digests.of_bytes(table)
    if chosen.evaluation_dir:
        chosen.evaluation_dir.mkdir(parents=True, exist_ok=True)
        (chosen.evaluation_dir / f"{digest.removeprefix('sha256:')}.csv.gz").write_bytes(table)
    if chosen.api:
        answer = httpx.post(
            f"{chosen.api.rstrip('/')}/api/v1/evaluations",
            content=table,
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/gzip"},
            timeout=TIMEOUT_SECONDS,
        )
        if answer.is_error:
            raise SystemExit(f"the district refused the evaluation table: {answer.status_code} {answer.text[:500]}")
        if answer.json()["digest"] != digest:
            raise SystemExit(f"the district kept {answer.json()['digest']} where {digest} was sent")


def log_run(client: mlflow.MlflowClient, trained: "Trained", directory: pathlib.Path) -> str:
    """One run with metrics, tags and the release's files; returns its id."""
    run = client.create_run(ensure_experiment(client, EXPERIMENT), run_name=trained.name)
    metrics = [Metric(key, value, run.info.start_time, 0) for key, value in trained.metrics.items()]
    client.log_batch(run.info.run_id, metrics=metrics, tags=[RunTag(key, value) for key, value in trained.tags.items()])
    for name in trained.artifacts:
        client.log_artifact(run.info.run_id, str(directory / name), ARTIFACTS)
    client.set_terminated(run.info.run_id)
    return str(run.info.run_id)


def ensure_experiment(client: mlflow.MlflowClient, name: str) -> str:
    """Id of that experiment, created unless it is there; several trainings may ask at once."""
    with unless_there():
        client.create_experiment(name)
    return str(client.get_experiment_by_name(name).experiment_id)


def ensure_model(client: mlflow.MlflowClient, name: str) -> None:
    """Creates the registered model unless it is there."""
    with unless_there():
        client.create_registered_model(name)


@contextlib.contextmanager
def unless_there() -> Iterator[None]:
    """Passes over the refusal to create what is there already: to look first would be too early where two look at once."""
    try:
        yield
    except mlflow.exceptions.MlflowException as exc:
        if exc.error_code != "RESOURCE_ALREADY_EXISTS":
            raise
