"""Runs the example's ``train.py`` as its author would: the honest release and the planted one, side by side."""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from homeroom.domain import errors

LIMIT = timedelta(minutes=3)
"""The two trainings take under half a minute on two cores."""


@dataclass(frozen=True, slots=True)
class Registered:
    """What one training left behind.

    Attributes:
        model: registered model in MLflow.
        version: its version.
        evaluation: digest of the evaluation table in the district's private store.
    """

    model: str
    version: str
    evaluation: str


def train_both(script: Path, *, api: str, token_file: Path, results: Path, log: Path) -> tuple[Registered, Registered]:
    """The honest release and the planted one; what an earlier run trained is used again.

    Args:
        script: the example's ``train.py``.
        api: base URL of the district.
        token_file: the author's.
        results: where the outcome is kept between runs.
        log: what the script says lands here.

    Raises:
        Unavailable: a training failed or took too long; the text ends with its last line.
    """
    if results.exists():
        honest, planted = (Registered(**value) for value in json.loads(results.read_text()))
        return honest, planted
    command = [sys.executable, str(script), "--tracking-uri", f"{api}/mlflow", "--api", api]
    command += ["--token-file", str(token_file)]
    with ThreadPoolExecutor(max_workers=2) as pool:
        runs = [pool.submit(_run, [*command, *plant], log) for plant in ([], ["--plant"])]
        honest, planted = (run.result() for run in runs)
    results.write_text(json.dumps([_to_json(honest), _to_json(planted)]))
    return honest, planted


def _run(command: list[str], log: Path) -> Registered:
    with log.open("a") as file:
        try:
            done = subprocess.run(
                command,
                stdout=subprocess.PIPE,
                stderr=file,
                text=True,
                timeout=LIMIT.total_seconds(),
                check=False,
                env=os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"},
            )
        except subprocess.TimeoutExpired as exc:
            raise errors.Unavailable(f"training took longer than {LIMIT}; its log is {log}") from exc
    if done.returncode != 0:
        raise errors.Unavailable(f"training ended with exit code {done.returncode}; its log is {log}")
    result = json.loads(done.stdout.splitlines()[-1])
    return Registered(model=result["model"], version=str(result["version"]), evaluation=result["evaluation"])


def _to_json(registered: Registered) -> dict[str, str]:
    return {"model": registered.model, "version": registered.version, "evaluation": registered.evaluation}
