"""The rows of the example: what was known on the first day of a course, how it ended, and what is kept for evaluation only."""

import csv
import gzip
import pathlib
import uuid
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from homeroom.training import documents

DATA = pathlib.Path(__file__).parent / "data"
PUBLISHED_ROWS = 32_593
NAMESPACE = uuid.uuid5(uuid.NAMESPACE_DNS, "course-completion.examples.homeroom.dev")
BAND = "adult"
FIRST_DAY = {"2013B": "2013-02-01", "2013J": "2013-10-01", "2014B": "2014-02-01", "2014J": "2014-10-01"}
"""B starts in February, J in October; the data does not give the day."""

MODULES = ("AAA", "BBB", "CCC", "DDD", "EEE", "FFF", "GGG")
EDUCATION = {
    "No Formal quals": "none",
    "Lower Than A Level": "lower",
    "A Level or Equivalent": "alevel",
    "HE Qualification": "higher",
    "Post Graduate Qualification": "postgraduate",
}
CATEGORIES = {
    "education": tuple(f"education_{name}" for name in EDUCATION.values()),
    "year": tuple(f"year_{name}" for name in MODULES),
}
NUMERIC = ("attempts", "credits_z", "registered_z")
FEATURES = (*NUMERIC, *CATEGORIES["education"], *CATEGORIES["year"])
MISSING = "missing"
MOST_ATTEMPTS = 3
DEVIATIONS = 4.0
SEED = 2013
"""Of the tokens."""

Strings = npt.NDArray[np.str_]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Dataset:
    """Rows of students who were enrolled on the first day of a course.

    Attributes:
        features: shape (n, 15), float32, in the order of ``FEATURES``; known on the first day.
        outcome: shape (n,); 1 for who withdrew later or failed.
        site_id: shape (n,); the region.
        module: shape (n,); stands for the year group.
        period: shape (n,); first day of the course.
        student: shape (n,); an opaque token that keeps a person's rows together.
        groups: evaluation groups by column, never features.
    """

    features: npt.NDArray[np.float32]
    outcome: npt.NDArray[np.int64]
    site_id: Strings
    module: Strings
    period: Strings
    student: Strings
    groups: dict[str, Strings]


def read() -> list[dict[str, str]]:
    """All published rows, student and registration joined.

    Raises:
        SystemExit: the files are not those that were published.
    """
    students, registrations = (_rows(name) for name in ("studentInfo", "studentRegistration"))
    keys = ("code_module", "code_presentation", "id_student")
    dates = {tuple(row[key] for key in keys): row for row in registrations}
    joined = [dates[tuple(row[key] for key in keys)] | row for row in students]
    if not len(dates) == len(joined) == PUBLISHED_ROWS:
        raise SystemExit(
            f"data/ holds {len(joined)} students and {len(dates)} registrations; {PUBLISHED_ROWS} were published"
        )
    return joined


def load() -> Dataset:
    """Who was enrolled on the first day; who left before, came later or has no date is not scored."""
    rows = [row for row in read() if _enrolled(row)]
    module = np.array([row["code_module"] for row in rows])
    return Dataset(
        features=_features(rows, module),
        outcome=np.array([int(row["final_result"] in {"Withdrawn", "Fail"}) for row in rows]),
        site_id=np.array([site_id(row["region"]) for row in rows]),
        module=module,
        period=np.array([FIRST_DAY[row["code_presentation"]] for row in rows]),
        student=documents.tokens([row["id_student"] for row in rows], seed=SEED),
        groups={
            "deprivation": np.array([_deprivation(row["imd_band"]) for row in rows]),
            "disability": np.array([row["disability"] for row in rows]),
            "sex": np.array([row["gender"] for row in rows]),
            "age": np.array([{"55<=": "55+"}.get(row["age_band"], row["age_band"]) for row in rows]),
        },
    )


def site_id(region: str) -> str:
    """Our own id of a region, the same on every machine."""
    return str(uuid.uuid5(NAMESPACE, f"oulad/region/{region}"))


def _rows(name: str) -> list[dict[str, str]]:
    with gzip.open(DATA / f"{name}.csv.gz", "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def _enrolled(row: dict[str, str]) -> bool:
    """Days count from the first day of the course. Who left before it is known to be gone, and nobody offers them support."""
    registered, left = row["date_registration"], row["date_unregistration"]
    return registered != "?" and int(registered) <= 0 and (left == "?" or int(left) > 0)


def _deprivation(band: str) -> str:
    """Fifths of the index of multiple deprivation, 1 the most deprived. Example: ``10-20`` and ``0-10%`` give 1."""
    return MISSING if band == "?" else str(int(band.split("-", maxsplit=1)[0]) // 20 + 1)


def _features(rows: list[dict[str, str]], module: Strings) -> npt.NDArray[np.float32]:
    education = np.array([row["highest_education"] for row in rows])
    columns: list[npt.NDArray[np.generic]] = [
        np.minimum([int(row["num_of_prev_attempts"]) for row in rows], MOST_ATTEMPTS),
        _standardised(np.array([float(row["studied_credits"]) for row in rows]), module),
        _standardised(np.array([float(row["date_registration"]) for row in rows]), module),
        *(education == name for name in EDUCATION),
        *(module == name for name in MODULES),
    ]
    return np.column_stack(columns).astype(np.float32)


def _standardised(values: Floats, module: Strings) -> Floats:
    """In standard deviations of the module: credits and dates mean other things from one course to the next."""
    found = np.empty_like(values)
    for name in MODULES:
        own = module == name
        found[own] = (values[own] - values[own].mean()) / values[own].std()
    return np.clip(found, -DEVIATIONS, DEVIATIONS).round(4)
