"""The published areas between ROC curves come out again on the example's data: what chance shows, and the real ones.

The model is a logistic regression on reading, mathematics and free lunch, trained on the move from kindergarten to year 1
and evaluated on the move from year 2 to year 3, as in the note that the numbers come from.
"""

import csv
import functools
import gzip
import pathlib

import numpy as np
import numpy.typing as npt
import pytest

from homeroom.stats import cellcounts, clusters, rocareas

DATA = pathlib.Path(__file__).parents[3] / "examples" / "reading-support" / "data" / "early_warning_transitions.csv.gz"
_STEPS = 15


@functools.cache
def _evaluated() -> tuple[clusters.BoolArray, clusters.FloatArray, dict[str, npt.NDArray[np.str_]]]:
    """Outcomes, scores and groups of the 4,694 rows of the last move."""
    with gzip.open(DATA, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = ("read_z_in_grade", "math_z_in_grade")
    scores = [[float(row[name]) for name in names] + [float(row["free_lunch"] == "F")] for row in rows]
    design = np.column_stack([np.ones(len(rows)), np.array(scores)])
    needed = np.array([row["next_year_bottom_quartile_reading"] == "1" for row in rows])
    move = np.array([row["from_grade"] for row in rows])
    found = _fit(design[move == "K"], needed[move == "K"].astype(float))
    last = move == "2"
    groups = {name: np.array([row[name] for row in rows])[last] for name in ("free_lunch", "sex", "ethnicity")}
    return needed[last], 1 / (1 + np.exp(-design[last] @ found)), groups


def _fit(design: clusters.FloatArray, needed: clusters.FloatArray) -> clusters.FloatArray:
    """Logistic regression by Newton steps, with the small penalty of scikit-learn's default on all but the intercept."""
    penalty = np.diag([0.0, *np.ones(design.shape[1] - 1)])
    found: clusters.FloatArray = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        fitted = 1 / (1 + np.exp(-design @ found))
        slope = design.T @ (needed - fitted) - penalty @ found
        found = found + np.linalg.solve((design.T * (fitted * (1 - fitted))) @ design + penalty, slope)
    return found


@pytest.mark.parametrize(
    ("column", "values", "published"),
    [("free_lunch", "FN", 0.051), ("sex", "MF", 0.020), ("ethnicity", "BW", 0.043)],
    ids=["free lunch", "sex", "Black and White"],
)
def test_real_areas_are_the_published_ones(column: str, values: str, published: float) -> None:
    needed, scores, groups = _evaluated()
    kept = np.isin(groups[column], list(values))

    area = rocareas.exact(needed[kept], scores[kept], groups[column][kept] == values[0])

    assert area == pytest.approx(published, abs=0.0025)


NULL = [(30, 0.078, 0.133), (60, 0.059, 0.120), (120, 0.040, 0.068), (300, 0.024, 0.042), (1000, 0.015, 0.027)]


def _null(size: int, shuffles: int, seed: int) -> clusters.FloatArray:
    """Areas of a minority of ``size`` pupils drawn from all by chance."""
    needed, scores, _ = _evaluated()
    rng = np.random.default_rng(seed)
    level = rocareas.level_of(scores, 1024)
    shape = (2, 2, int(level.max()) + 1)
    counts = np.empty((shuffles, *shape))
    for index in range(shuffles):
        side = np.ones(len(needed), dtype=np.int64)
        side[rng.choice(len(needed), size, replace=False)] = 0
        counts[index] = cellcounts.count((side, needed.astype(np.int64), level), shape)
    return rocareas.areas(counts)


@pytest.mark.parametrize(("size", "mean", "high"), NULL[:1], ids=["30"])
def test_chance_shows_large_areas_in_small_groups(size: int, mean: float, high: float) -> None:
    """The published numbers are of 300 shuffles: their own chance is about 0.003 in the mean and 0.012 in the bound."""
    found = _null(size, 200, seed=1)

    assert found.mean() == pytest.approx(mean, abs=0.008)
    assert np.quantile(found, 0.95) == pytest.approx(high, abs=0.03)


@pytest.mark.heavy
@pytest.mark.parametrize(("size", "mean", "high"), NULL, ids=[str(row[0]) for row in NULL])
def test_table_of_what_chance_shows_comes_out_again(size: int, mean: float, high: float) -> None:
    found = _null(size, 1000, seed=2)

    assert found.mean() == pytest.approx(mean, abs=0.005)
    assert np.quantile(found, 0.95) == pytest.approx(high, rel=0.15)
