"""Kubeconfigs: one file with everything a client needs to be one user of one API server."""

import base64
import json
from pathlib import Path

from homeroom.embedded import files
from homeroom.trust import authority


def write(path: Path, *, cluster: str, url: str, server_ca_pem: bytes, user: str, issued: authority.Issued) -> Path:
    """Write a kubeconfig with embedded certificates, mode 0600; replaced in one step."""
    content = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": cluster,
        "clusters": [
            {"name": cluster, "cluster": {"server": url, "certificate-authority-data": _base64(server_ca_pem)}},
        ],
        "users": [
            {
                "name": user,
                "user": {
                    "client-certificate-data": _base64(issued.certificate_pem),
                    "client-key-data": _base64(issued.key_pem),
                },
            },
        ],
        "contexts": [{"name": cluster, "context": {"cluster": cluster, "user": user, "namespace": "homeroom"}}],
    }
    # JSON is YAML, and needs no library here.
    files.replace(path, json.dumps(content, indent=2).encode() + b"\n")
    return path


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
