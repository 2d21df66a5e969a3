"""The training rows of the example: features, outcome, and what is kept for evaluation only."""

import collections
import csv
import gzip
import pathlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import starschools

DATA = pathlib.Path(__file__).parent / "data" / "early_warning_transitions.csv.gz"
CLASSES = {"small": "small", "reg": "regular", "reg+A": "aide"}
SCHOOL_TYPES = ("inner", "rural", "suburb", "urban")
YEAR_GROUPS = ("K", "1", "2")
BAND = "K-2"
CATEGORIES = {
    "class": tuple(f"class_{name}" for name in CLASSES.values()),
    "school": tuple(f"school_{name}" for name in SCHOOL_TYPES),
    "year": tuple(f"year_{name}" for name in YEAR_GROUPS),
}
FEATURES = ("read_z", "math_z", *CATEGORIES["class"], *CATEGORIES["school"], *CATEGORIES["year"])
GROUPS = ("free_lunch", "ethnicity", "sex")
MISSING = "missing"

FloatArray = npt.NDArray[np.float64]
Strings = npt.NDArray[np.str_]


@dataclass(frozen=True)
class Dataset:
    """Rows of pupils' year-group moves, in the order of the file.

    Attributes:
        features: shape (n, 12), float32; grade-normed scores and 0/1 columns, in the order of ``FEATURES``.
        outcome: shape (n,); 1 for the bottom quarter of reading one year later.
        site_id: shape (n,).
        pupil: shape (n,); only to keep a pupil's rows together, never written anywhere.
        year_group: shape (n,); K, 1 or 2.
        groups: evaluation groups by column, never features.
        school_type: shape (n,).
    """

    features: npt.NDArray[np.float32]
    outcome: npt.NDArray[np.int64]
    site_id: Strings
    pupil: Strings
    year_group: Strings
    groups: dict[str, Strings]
    school_type: Strings


def load() -> Dataset:
    """Reads the data; school type is the one that most rows of a school give, since it differs within 31 schools."""
    with gzip.open(DATA, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    types = _majority_types(rows)
    school_type = np.array([types[row["school"]] for row in rows])
    sites = {school: starschools.site_id(school) for school in types}
    return Dataset(
        features=_features(rows, school_type),
        outcome=np.array([int(row["next_year_bottom_quartile_reading"]) for row in rows]),
        site_id=np.array([sites[row["school"]] for row in rows]),
        pupil=np.array([row["student"] for row in rows]),
        year_group=np.array([row["from_grade"] for row in rows]),
        groups={name: np.array([row[name] or MISSING for row in rows]) for name in GROUPS},
        school_type=school_type,
    )


def _majority_types(rows: list[dict[str, str]]) -> dict[str, str]:
    counts: dict[str, collections.Counter[str]] = collections.defaultdict(collections.Counter)
    for row in rows:
        counts[row["school"]][row["school_type"]] += 1
    return {school: min(count, key=lambda kind: (-count[kind], kind)) for school, count in counts.items()}


def _features(rows: list[dict[str, str]], school_type: Strings) -> npt.NDArray[np.float32]:
    class_type = np.array([row["class_type"] for row in rows])
    year_group = np.array([row["from_grade"] for row in rows])
    columns: list[npt.NDArray[np.generic]] = [
        np.array([float(row["read_z_in_grade"]) for row in rows]),
        np.array([float(row["math_z_in_grade"]) for row in rows]),
        *(class_type == name for name in CLASSES),
        *(school_type == name for name in SCHOOL_TYPES),
        *(year_group == name for name in YEAR_GROUPS),
    ]
    return np.column_stack(columns).astype(np.float32)
