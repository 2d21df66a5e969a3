"""What an API server writes down about who changed what: the metadata of each write to our kinds, nothing else."""

import json
from pathlib import Path

from homeroom.embedded import files

LOG = "logs/audit.jsonl"
_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [
        # Metadata: who, what, when, and on whose behalf. Never the object: it stands in the API already.
        {
            "level": "Metadata",
            "verbs": ["create", "update", "patch", "delete", "deletecollection"],
            "resources": [{"group": "homeroom.dev"}],
        },
        {"level": "None"},
    ],
}


FLAGS = (
    "--audit-policy-file=audit-policy.json",
    f"--audit-log-path={LOG}",
    "--audit-log-maxsize=10",
    "--audit-log-maxbackup=2",
)
"""What turns it on; paths are relative to the directory of the plane."""


def write_policy(directory: Path) -> None:
    """Write the policy into the directory of a plane."""
    files.replace(directory / "audit-policy.json", json.dumps(_POLICY, indent=2).encode())
