"""A gate run as a Kubernetes Job: its manifest, and what its status says. Plain data; the operator talks to the API.

Input and output cross on a volume claim that the operator has mounted too: rows of the evaluation never go into an object
of the API. A run sees its own directory of the claim and nothing else.
"""

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from homeroom.gates import job
from homeroom.resources import kinds

KIND = kinds.Kind(group="batch", version="v1", kind="Job", plural="jobs")
PLACE = "/work"
"""Where a run sees its directory."""

LABELS = {
    "app.kubernetes.io/name": "homeroom",
    "app.kubernetes.io/component": "gates",
    "homeroom.dev/network": "none",
}
"""The last one is what the shipped NetworkPolicy denies everything to."""

KEPT = timedelta(hours=1)
"""A failed Job stays so long, for whoever looks at its pod; a finished one is deleted at once."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How Jobs are made.

    Attributes:
        image: with ``homeroom[gates]`` in its Python.
        claim: PersistentVolumeClaim in the same namespace.
        user: number of the user that owns the files on the claim: the operator's own.
        memory_mib: limit of a run.
        cpus: limit of a run.
    """

    image: str
    claim: str
    user: int
    memory_mib: int
    cpus: int


class State(enum.Enum):
    """How far a Job is."""

    RUNNING = "Running"
    COMPLETE = "Complete"
    FAILED = "Failed"
    GONE = "Gone"


@dataclass(frozen=True, slots=True)
class Seen:
    """What a Job's status says.

    Attributes:
        reason: of the condition, such as ``DeadlineExceeded``; empty while it runs.
        message: for people.
    """

    state: State
    reason: str = ""
    message: str = ""


def name_of(directory: str) -> str:
    """Name of the Job for a work directory. Example: ``0a1b2c3d4e5f-deadbeef`` gives ``gates-0a1b2c3d4e5f-deadbeef``."""
    return f"gates-{directory}"


def build(directory: str, plan: Plan, deadline: timedelta) -> dict[str, Any]:
    """The Job that runs the gates on that directory of the claim.

    Args:
        directory: path below the root of the claim; its last part names the Job.
        plan: how Jobs are made.
        deadline: longest run, waiting for a node included.
    """
    return {
        "metadata": {"name": name_of(directory.rpartition("/")[2]), "labels": LABELS},
        "spec": {
            # Tried again by the operator, which knows what to say about it.
            "backoffLimit": 0,
            "activeDeadlineSeconds": max(1, int(deadline.total_seconds())),
            "ttlSecondsAfterFinished": int(KEPT.total_seconds()),
            "template": {"metadata": {"labels": LABELS}, "spec": _pod(directory, plan)},
        },
    }


def look_at(body: Mapping[str, Any] | None) -> Seen:
    """What the Job says; None is one that somebody deleted."""
    if body is None:
        return Seen(State.GONE, "Deleted", "somebody deleted the Job")
    for condition in (body.get("status") or {}).get("conditions") or ():
        if condition.get("status") == "True" and condition.get("type") in ("Complete", "Failed"):
            return Seen(State(condition["type"]), condition.get("reason", ""), condition.get("message", ""))
    return Seen(State.RUNNING)


def _pod(directory: str, plan: Plan) -> dict[str, Any]:
    return {
        "restartPolicy": "Never",
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": plan.user,
            "runAsGroup": plan.user,
            "fsGroup": plan.user,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(directory, plan)],
        "volumes": [
            {"name": "work", "persistentVolumeClaim": {"claimName": plan.claim}},
            {"name": "tmp", "emptyDir": {"sizeLimit": "256Mi"}},
        ],
    }


def _container(directory: str, plan: Plan) -> dict[str, Any]:
    limits = {"memory": f"{plan.memory_mib}Mi", "cpu": str(plan.cpus), "ephemeral-storage": "512Mi"}
    return {
        "name": "gates",
        "image": plan.image,
        "command": ["python", "-m", job.__name__, PLACE],
        "workingDir": PLACE,
        "env": [{"name": "OMP_NUM_THREADS", "value": str(plan.cpus)}, {"name": "DO_NOT_TRACK", "value": "1"}],
        "resources": {"limits": limits, "requests": {"memory": f"{plan.memory_mib}Mi", "cpu": "500m"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [
            {"name": "work", "mountPath": PLACE, "subPath": directory},
            {"name": "tmp", "mountPath": "/tmp"},  # noqa: S108 - inside the container, an empty volume of its own
        ],
        "terminationMessagePolicy": "FallbackToLogsOnError",
    }
