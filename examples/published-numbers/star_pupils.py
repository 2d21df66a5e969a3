"""Project STAR as arrays: student-years, and moves from one year group to the next."""

import csv
import gzip
import pathlib
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

DATA = pathlib.Path(__file__).parent / "data"
GRADES = ("K", "1", "2", "3")
FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
Strings = npt.NDArray[np.str_]


def read(name: str) -> list[dict[str, str]]:
    """Rows of a data file."""
    with gzip.open(DATA / name, "rt", encoding="utf-8") as file:
        return list(csv.DictReader(file))


@dataclass(frozen=True)
class StudentYears:
    """Shape (n,) each; reading may be NaN."""

    student: Strings
    school: IntArray
    grade: IntArray
    reading: FloatArray
    maths: FloatArray
    lunch: Strings
    school_type: Strings


def student_years() -> StudentYears:
    """All 26,796, in the order of the file."""
    rows = read("star_student_year.csv.gz")

    def numbers(column: str) -> FloatArray:
        return np.array([float(row[column] or "nan") for row in rows])

    return StudentYears(
        student=np.array([row["id"] for row in rows]),
        school=np.array([int(row["sch"]) for row in rows]),
        grade=np.array([GRADES.index(row["gr"]) for row in rows]),
        reading=numbers("read"),
        maths=numbers("math"),
        lunch=np.array([row["ses"] for row in rows]),
        school_type=np.array([row["schtype"] for row in rows]),
    )


@dataclass(frozen=True)
class Moves:
    """Pupils of one year group who are there, with all scores, the year after; shape (n,) each.

    Attributes:
        raw: shape (n, 2); scale scores of reading and mathematics.
        standardised: shape (n, 2); the same within the year group.
        free_lunch: 1 for free lunch in the pupil's last year with a record.
        needed: whether reading is in the bottom quarter one year later.
        stratum: income and school type, ``?`` where not recorded.
        school: of the first of the two years.
    """

    raw: FloatArray
    standardised: FloatArray
    free_lunch: FloatArray
    needed: npt.NDArray[np.bool_]
    stratum: Strings
    school: IntArray


def moves(years: StudentYears, grade: int) -> Moves:
    """Moves from ``grade`` to the next."""
    last = _last_known(years)
    now = {student: row for row, student in _of_grade(years, grade)}
    after = {student: row for row, student in _of_grade(years, grade + 1)}
    rows = [
        (row, after[student])
        for student, row in now.items()
        if student in after
        and not np.isnan([years.reading[row], years.maths[row], years.reading[after[student]]]).any()
    ]
    here, next_year = np.array(rows).T
    raw = np.column_stack([years.reading[here], years.maths[here]])
    outcome = years.reading[next_year]
    known = [last[student] for student in years.student[here]]
    return Moves(
        raw=raw,
        standardised=(raw - raw.mean(axis=0)) / raw.std(axis=0, ddof=1),
        free_lunch=np.array([float(lunch == "F") for lunch, _ in known]),
        needed=outcome < np.quantile(outcome, 0.25),
        stratum=np.array([f"{lunch or '?'}/{kind or '?'}" for lunch, kind in known]),
        school=years.school[here],
    )


def _of_grade(years: StudentYears, grade: int) -> list[tuple[int, str]]:
    return [(int(row), years.student[row]) for row in np.flatnonzero(years.grade == grade)]


def _last_known(years: StudentYears) -> dict[str, tuple[str, str]]:
    """Last recorded income and school type of each student."""
    found: dict[str, tuple[str, str]] = {}
    for row in np.argsort(years.grade, kind="stable"):
        lunch, kind = found.get(years.student[row], ("", ""))
        found[years.student[row]] = (str(years.lunch[row]) or lunch, str(years.school_type[row]) or kind)
    return found
