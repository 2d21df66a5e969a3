"""Stable ids of the schools in the Project STAR data."""

import uuid

NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "reading-support.examples.homeroom.dev")


def site_id(star_school: str | int) -> str:
    """Our own id of the school that the data knows by number, the same on every machine."""
    return str(uuid.uuid5(NAMESPACE, f"project-star/school/{star_school}"))
