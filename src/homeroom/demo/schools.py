"""The 79 schools of the example: real sizes and results, made-up names, places, lines and boxes."""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HOSTS = ("host-1", "host-2")
"""Processes that run the schools which have no process pair of their own."""


@dataclass(frozen=True, slots=True)
class School:
    """One line of ``schools.csv``."""

    name: str
    site_id: str
    display_name: str
    region: str
    hub: str
    bands: tuple[str, ...]
    pupils: int
    time_zone: str
    school_days: tuple[str, ...]
    closures: tuple[dict[str, str], ...]
    hardware: dict[str, Any]
    link: dict[str, Any]

    def to_site(self, public_key: str) -> dict[str, Any]:
        """Body of its SchoolSite, for the REST API."""
        return {
            "name": self.name,
            "spec": {
                "siteId": self.site_id,
                "displayName": self.display_name,
                "region": self.region,
                "hub": self.hub,
                "bands": list(self.bands),
                "pupils": self.pupils,
                "publicKey": public_key,
                "epoch": 1,
                "calendar": {
                    "timeZone": self.time_zone,
                    "schoolDays": list(self.school_days),
                    "closures": list(self.closures),
                },
                "hardware": self.hardware,
                "link": self.link,
            },
        }


def read(path: Path) -> tuple[School, ...]:
    """The schools in ``schools.csv``, in its order; lines that begin with # are skipped."""
    with path.open(newline="", encoding="utf-8") as file:
        lines = (line for line in file if not line.startswith("#"))
        return tuple(_school(row) for row in csv.DictReader(lines))


def pairs(schools: tuple[School, ...], regions: tuple[str, ...]) -> tuple[School, ...]:
    """The four schools that run as process pairs, the first of them with Kubernetes.

    Two of each of the first two regions, so that they have the release before the line is cut in the last wave.
    """
    return tuple(school for region in regions[:2] for school in [each for each in schools if each.region == region][:2])


def _school(row: dict[str, str]) -> School:
    return School(
        name=row["name"],
        site_id=row["site_id"],
        display_name=row["display_name"],
        region=row["region"],
        hub=row["hub"],
        bands=tuple(row["bands"].split()),
        pupils=int(row["pupils"]),
        time_zone=row["time_zone"],
        school_days=tuple(row["school_days"].split()),
        closures=tuple(_closure(text) for text in row["closures"].split(";") if text),
        hardware={
            "profile": row["hardware_profile"],
            "memoryMiB": int(row["memory_mib"]),
            "cores": int(row["cores"]),
        },
        link={"kind": row["link_kind"], "kilobitsPerSecond": int(row["link_kbit_per_second"])},
    )


def _closure(text: str) -> dict[str, str]:
    start, end, name = text.split("/")
    return {"start": start, "end": end, "name": name}
