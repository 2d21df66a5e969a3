"""One more school for the demo's district: its identity, and the manifest that registers it."""

import re
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from homeroom.demo import contexts, places
from homeroom.domain import assignments, errors
from homeroom.resources import kinds, schoolsites
from homeroom.trust import district, enrolment

BANDS = ("K-2",)


@dataclass(frozen=True, slots=True)
class Joined:
    """What was made.

    Attributes:
        enrolment: directory with the school's identity.
        manifest: SchoolSite to apply.
    """

    enrolment: Path
    manifest: Path


def enrol(
    context: contexts.DemoContext, state: Path, name: str, directory: Path, *, region: str, pupils: int
) -> Joined:
    """Make the identity of a school and the SchoolSite that tells the district its public key.

    Raises:
        SpecError: the name is none, or the directory already holds an enrolment.
    """
    if not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", name):
        raise errors.SpecError(f"{name!r} cannot be the name of a school: use lower case, digits and dashes")
    site_id = str(uuid.uuid4())
    made = enrolment.write_enrolment(
        directory / "enrolment",
        trust=district.DistrictTrust.load(places.Places(state).trust),
        site_id=site_id,
        epoch=1,
        name=name,
        bands=BANDS,
        endpoints=tuple(assignments.Endpoint(**endpoint) for endpoint in context.endpoints),
    )
    manifest = directory / "site.yaml"
    site = _site(name, site_id, made.signing_key.public.base64, hub=context.hub, region=region, pupils=pupils)
    manifest.write_text(yaml.safe_dump(site, sort_keys=False))
    return Joined(directory / "enrolment", manifest)


def _site(name: str, site_id: str, public_key: str, *, hub: str, region: str, pupils: int) -> dict[str, Any]:
    """A SchoolSite to start from; everything but siteId, publicKey and epoch is there to be edited."""
    return {
        "apiVersion": schoolsites.KIND.api_version,
        "kind": schoolsites.KIND.kind,
        "metadata": {"name": name, "namespace": kinds.NAMESPACE},
        "spec": {
            "siteId": site_id,
            "displayName": name.replace("-", " ").title(),
            "region": region,
            "hub": hub,
            "bands": list(BANDS),
            "pupils": pupils,
            "publicKey": public_key,
            "epoch": 1,
            "calendar": {
                "timeZone": "America/Chicago",
                "schoolDays": ["Mon", "Tue", "Wed", "Thu", "Fri"],
                "closures": [],
            },
            "hardware": {"profile": "minipc-n100", "memoryMiB": 8192, "cores": 4},
            "link": {"kind": "dsl", "kilobitsPerSecond": 10000},
        },
    }
