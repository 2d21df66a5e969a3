"""Compares, record by record, what schools had queued with what the district applied."""

import json
import shutil
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy

from homeroom.demo import parts, schools
from homeroom.district.database import tables
from homeroom.domain import reports
from homeroom.trust import enrolment, envelopes

Queues = dict[str, list[reports.Report]]
"""The reports in the queue of each school, by its name, opened with the district's key."""


@dataclass(frozen=True, slots=True)
class Comparison:
    """What the district made of the queued reports.

    Attributes:
        compared: queued reports that were looked for.
        missing: not applied.
        different: applied with another time or content.
        applied: rows that the district holds in all.
        holes: (school, class) whose numbers are not 1, 2, 3 and so on.
    """

    compared: int
    missing: int
    different: int
    applied: int
    holes: tuple[tuple[str, str], ...]

    @property
    def exact(self) -> bool:
        """Every queued report is there once, as it was written, and no number is left out."""
        return not (self.missing or self.different or self.holes)


def read_waiting(base: parts.Parts, found: Sequence[schools.School]) -> Queues:
    """The reports in every school's queue, opened; by school name."""
    return {school.name: list(_read_queue(base, school)) for school in found}


def compare(base: parts.Parts, waiting: Queues) -> Comparison:
    """Look for every queued report in the district's database."""
    engine = sqlalchemy.create_engine(base.where.database_url)
    try:
        with engine.connect() as connection:
            rows = connection.execute(sqlalchemy.select(tables.REPORTS)).all()
    finally:
        engine.dispose()
    applied = {(row.site_id, row.epoch, row.report_class, row.seq): (row.at, row.payload) for row in rows}
    queued = [report for found in waiting.values() for report in found]
    missing = [report for report in queued if _key(report) not in applied]
    different = [
        report for report in queued if _key(report) in applied and applied[_key(report)] != (report.at, report.payload)
    ]
    return Comparison(len(queued), len(missing), len(different), len(applied), _holes(applied))


def _key(report: reports.Report) -> tuple[str, int, str, int]:
    return (report.key.site_id, report.key.epoch, report.key.report_class, report.key.seq)


def _holes(applied: Iterable[tuple[str, int, str, int]]) -> tuple[tuple[str, str], ...]:
    numbers: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    for site, _epoch, class_, seq in applied:
        numbers[site, class_].append(seq)
    return tuple(key for key, found in sorted(numbers.items()) if sorted(found) != list(range(1, len(found) + 1)))


def _read_queue(base: parts.Parts, school: schools.School) -> Iterable[reports.Report]:
    # From a copy: the agent is the only one that may open its database.
    state = base.where.school(school.name) / "state"
    identity = enrolment.load(base.where.enrolment(school.name))
    with tempfile.TemporaryDirectory() as directory:
        for file in state.glob("store.db*"):
            shutil.copy(file, Path(directory) / file.name)
        with closing(sqlite3.connect(Path(directory) / "store.db")) as connection:
            rows = connection.execute("SELECT envelope FROM queue").fetchall()
    for (text,) in rows:
        envelope = envelopes.parse_envelope(json.loads(text))
        yield envelopes.open_envelope(
            envelope, site_public_key=identity.signing_key.public, seal_key=base.trust.seal_key
        )
