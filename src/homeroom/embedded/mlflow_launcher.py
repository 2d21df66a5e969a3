"""Runs the MLflow server in one process: ``python -m homeroom.embedded.mlflow_launcher DIRECTORY PORT``.

``mlflow server`` keeps a second process alive that only waits for the first; without it the server is ready in half
the time and takes half the memory. What it would set, this sets, by MLflow's own names.
"""

import os
import sys
from pathlib import Path

import uvicorn
from mlflow.server import constants, handlers

APP = "mlflow.server.fastapi_app:app"


def main(directory: Path, port: int) -> None:
    """Create or check the database, then serve until SIGTERM."""
    database = f"sqlite:///{directory / 'mlflow.db'}"
    os.environ |= {
        constants.BACKEND_STORE_URI_ENV_VAR: database,
        constants.REGISTRY_STORE_URI_ENV_VAR: database,
        constants.ARTIFACT_ROOT_ENV_VAR: "mlflow-artifacts:/",
        constants.SERVE_ARTIFACTS_ENV_VAR: "true",
        constants.ARTIFACTS_DESTINATION_ENV_VAR: str(directory / "artifacts"),
    }
    handlers.initialize_backend_stores(database, database, "mlflow-artifacts:/")
    uvicorn.run(APP, host="127.0.0.1", port=port, workers=1, access_log=False, timeout_graceful_shutdown=3)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
