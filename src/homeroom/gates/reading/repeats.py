"""Pupils who are in an evaluation table more than once: their rows would count as evidence several times.

With pupil tokens each is found. Without them only what chance cannot explain is: a school that was copied, or a file that
was put together twice. Pupils of one school do coincide by chance, so what coincides *between* schools is the measure.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from homeroom.domain import errors
from homeroom.gates.evaluationtables import Bits, EvaluationTable

FEWEST_VALUES = 50
"""A feature with at least so many different values counts as continuous."""
ALIKE_IN_SCHOOL = 20.0
"""Pairs within a school coincide that many times as often as pairs between schools, at most. On Project STAR, whose test
scores are coarse, the factor is 6.5 (81 pairs within 79 schools against 844 between them)."""
FEWEST_SHARE = 0.005
"""Fewer coinciding pairs than this share of the rows move no bound and are let through."""

Keys = npt.NDArray[np.uint64]


def refuse(table: EvaluationTable, minimum_cell: int) -> None:
    """Checks that no pupil counts twice, as far as the table tells.

    Args:
        table: parsed rows.
        minimum_cell: smallest number of pupils that the error names.

    Raises:
        SpecError: a pupil is twice in one year group and period, or rows repeat beyond chance.
    """
    if table.pupil is not None:
        _refuse_repeated_tokens(table, minimum_cell)
    else:
        _refuse_repeated_rows(table)


def _refuse_repeated_tokens(table: EvaluationTable, minimum_cell: int) -> None:
    columns: list[Any] = [table.pupil, table.year_group.codes]
    when = "year group"
    if table.period is not None:
        columns.append(table.period.codes)
        when = "year group and period"
    counts = np.unique(_keys(columns), return_counts=True)[1]
    repeated = int((counts > 1).sum())
    if repeated:
        number = str(repeated) if repeated >= minimum_cell else f"fewer than {minimum_cell}"
        raise errors.SpecError(
            f"the evaluation table has {number} pupils more than once in one {when}: keep one row of each"
            + ("" if table.period is not None else ", or tell periods apart in a column 'period'")
        )


def _refuse_repeated_rows(table: EvaluationTable) -> None:
    schools = np.bincount(table.site).astype(np.float64)
    within = float((schools * (schools - 1) / 2).sum())
    between = len(table) * (len(table) - 1) / 2 - within
    if between == 0 or not _has_continuous_feature(table):
        return
    columns = _what_is_known(table)
    anywhere = _pairs(_keys(columns))
    coinciding = _pairs(_keys([*columns, table.site]))
    by_chance = ALIKE_IN_SCHOOL * (anywhere - coinciding) * within / between
    if coinciding > by_chance + FEWEST_SHARE * len(table):
        raise errors.SpecError(
            f"about {100 * min(1.0, coinciding / len(table)):.0f} of 100 rows of the evaluation table repeat another row of "
            "their school in every column, more than chance explains: keep one row of each pupil, or add a column "
            "'pupil_token' that tells them apart"
        )


def _has_continuous_feature(table: EvaluationTable) -> bool:
    return any(
        not isinstance(column, Bits) and len(np.unique(column)) >= FEWEST_VALUES for column in table.features.columns
    )


def _what_is_known(table: EvaluationTable) -> list[Any]:
    """Everything about a row but its school and its scores, which follow from the rest."""
    words = [table.year_group, table.band, *table.groups.values(), *([] if table.period is None else [table.period])]
    return [table.needed.astype(np.int64), *(column.codes for column in words), *_features(table)]


def _features(table: EvaluationTable) -> list[Any]:
    return [table.features.column(index) for index in range(len(table.features.columns))]


def _keys(columns: list[Any]) -> Keys:
    """One number for each row, equal where all columns are; two different rows meet with probability 2**-64."""
    keys: Keys = np.zeros(len(columns[0]), dtype=np.uint64)
    for column in columns:
        keys = pd.util.hash_array(keys + pd.util.hash_array(np.ascontiguousarray(column)))
    return keys


def _pairs(keys: Keys) -> float:
    counts = np.unique(keys, return_counts=True)[1].astype(np.float64)
    return float((counts * (counts - 1) / 2).sum())
