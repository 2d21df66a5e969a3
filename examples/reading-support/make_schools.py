"""Writes schools.csv: what the example district says about each of the 79 schools of the data.

Only the school's number, its type and its number of pupils come from the Project STAR data. Names, regions, hub, links,
hardware and calendars are SYNTHETIC, drawn with a fixed seed; no real school is meant.

Usage: python examples/reading-support/make_schools.py   (rewrites schools.csv; same bytes every time)
"""

import collections
import csv
import gzip
import pathlib
import random

import starschools

HERE = pathlib.Path(__file__).parent
SEED = 20261123
HUB = "cedar"
REGIONS = {"east": "America/New_York", "middle": "America/Chicago", "west": "America/Chicago"}
# kind: (share of schools, slowest and fastest line in kbit/s)
LINKS = {
    "fiber": (0.45, 100_000, 500_000),
    "dsl": (0.25, 4_000, 16_000),
    "lte-shared": (0.15, 2_000, 8_000),
    "satellite": (0.08, 8_000, 20_000),
    "evening-window": (0.07, 1_000, 4_000),
}
# profile: (share of schools, memory in MiB to choose from, cores)
HARDWARE = {
    "minipc-n100": (0.40, (8192, 16384), 4),
    "pi5": (0.20, (4096, 8192), 4),
    "pi4": (0.15, (2048, 4096), 4),
    "nuc-i5": (0.15, (16384, 32768), 8),
    "old-server": (0.10, (8192, 16384), 8),
}
WINTER = "2026-12-21/2027-01-01/Winter break"
SPRING = {
    "east": "2027-03-22/2027-03-26/Spring break",
    "middle": "2027-03-15/2027-03-19/Spring break",
    "west": "2027-03-08/2027-03-12/Spring break",
}
SUMMER = {
    "east": "2027-06-01/2027-08-06/Summer",
    "middle": "2027-05-28/2027-08-04/Summer",
    "west": "2027-05-24/2027-07-30/Summer",
}
FIRST = [
    "Alder",
    "Aspen",
    "Birch",
    "Cedar",
    "Clover",
    "Elm",
    "Fern",
    "Hazel",
    "Heron",
    "Juniper",
    "Laurel",
    "Linden",
    "Magnolia",
    "Maple",
    "Oak",
    "Orchard",
    "Pine",
    "Poplar",
    "Quail",
    "Robin",
    "Sage",
    "Spruce",
    "Sycamore",
    "Tulip",
    "Walnut",
    "Willow",
    "Wren",
]
SECOND = ["Bend", "Bridge", "Creek", "Falls", "Grove", "Hill", "Meadow", "Ridge", "Spring", "Valley"]
COLUMNS = [
    "name",
    "site_id",
    "display_name",
    "star_school",
    "school_type",
    "region",
    "hub",
    "bands",
    "pupils",
    "time_zone",
    "school_days",
    "closures",
    "hardware_profile",
    "memory_mib",
    "cores",
    "link_kind",
    "link_kbit_per_second",
]


def star_schools() -> dict[str, tuple[str, int]]:
    """Type (the one most rows give) and number of distinct pupils of every school, by the number in the data."""
    types: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    pupils: dict[str, set[str]] = collections.defaultdict(set)
    with gzip.open(HERE / "data" / "early_warning_transitions.csv.gz", "rt", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            types[row["school"]][row["school_type"]] += 1
            pupils[row["school"]].add(row["student"])
    return {
        school: (min(count, key=lambda kind: (-count[kind], kind)), len(pupils[school]))
        for school, count in sorted(types.items(), key=lambda item: int(item[0]))
    }


def build_rows() -> list[dict[str, object]]:
    """One row per school in the order of the data."""
    draw = random.Random(SEED)  # noqa: S311 - synthetic data, no secret
    names = [f"{first} {second}" for first in FIRST for second in SECOND]
    draw.shuffle(names)
    return [
        build_row(draw, name, school, school_type, pupils)
        for name, (school, (school_type, pupils)) in zip(names, star_schools().items(), strict=False)
    ]


def build_row(draw: random.Random, name: str, school: str, school_type: str, pupils: int) -> dict[str, object]:
    """One school: what the data says, and what is drawn."""
    region = draw.choice(sorted(REGIONS))
    link = draw.choices(list(LINKS), [share for share, *_ in LINKS.values()])[0]
    profile = draw.choices(list(HARDWARE), [share for share, *_ in HARDWARE.values()])[0]
    _, slowest, fastest = LINKS[link]
    _, memories, cores = HARDWARE[profile]
    return {
        "name": name.lower().replace(" ", "-"),
        "site_id": starschools.site_id(school),
        "display_name": f"{name} Elementary",
        "star_school": school,
        "school_type": school_type,
        "region": region,
        "hub": HUB,
        "bands": "K-2",
        "pupils": pupils,
        "time_zone": REGIONS[region],
        "school_days": "Mon Tue Wed Thu Fri",
        "closures": ";".join((WINTER, SPRING[region], SUMMER[region])),
        "hardware_profile": profile,
        "memory_mib": draw.choice(memories),
        "cores": cores,
        "link_kind": link,
        "link_kbit_per_second": draw.randrange(slowest, fastest + 1, 500),
    }


def main() -> None:
    """Writes schools.csv beside this file."""
    with (HERE / "schools.csv").open("w", encoding="utf-8", newline="") as file:
        file.write(
            "# SYNTHETIC except star_school, school_type and pupils; made by make_schools.py with a fixed seed\n"
        )
        writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(build_rows())


if __name__ == "__main__":
    main()
