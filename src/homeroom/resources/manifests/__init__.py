"""What a tier's API server needs beside the CRDs before anything runs: namespace, roles, admission policies.

Lives here: YAML as people would apply it by hand, one folder per tier, and the function that reads it.
Does not: anything that is generated or depends on the installation.
May import: ``domain``, PyYAML.
"""

from importlib import resources
from typing import Any

import yaml

from homeroom.domain import errors

TIERS = ("district", "hub", "school")


def load(tier: str) -> list[dict[str, Any]]:
    """The manifests of that tier, the namespace first; policies need the CRDs, so apply those before.

    Raises:
        SpecError: there is no such tier.
    """
    if tier not in TIERS:
        raise errors.SpecError(f"there is no tier {tier!r}: choose one of {', '.join(TIERS)}")
    folder = resources.files(__name__) / tier
    files = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda file: file.name)
    return [manifest for file in files for manifest in yaml.safe_load_all(file.read_text(encoding="utf-8"))]
