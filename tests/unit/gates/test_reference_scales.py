"""A training reference sees a change in a number of any scale, not only in standardised ones."""

import numpy as np
import pytest

from homeroom.gates import references
from homeroom.stats import clusters, distances, sketches

RNG = np.random.default_rng(5)
STANDARD = RNG.normal(size=3000)


def _moved(values: clusters.FloatArray, later: clusters.FloatArray) -> float:
    """How far the later values lie from a reference of the first ones, as the gate measures it."""
    (feature,) = references.build({"x": values}, {}, minimum_cell=10).features
    assert isinstance(feature, references.ContinuousSketch)
    school = np.zeros(len(later), dtype=np.int64)
    table = sketches.histograms(later, np.array(feature.edges), school, 1)
    return distances.kolmogorov_smirnov(table, np.array(feature.counts, dtype=float), np.ones((1, 1))).estimate


@pytest.mark.parametrize(
    ("scale", "centre"),
    [
        pytest.param(1.0, 0.0, id="standardised"),
        pytest.param(90.0, 80.0, id="credits"),
        pytest.param(0.004, 0.02, id="small shares"),
        pytest.param(1e5, 1e6, id="large numbers"),
    ],
)
def test_shift_of_half_a_deviation_is_seen_on_every_scale(scale: float, centre: float) -> None:
    """Credits of 30 to 655 all lay in one open bin, and whatever happened to them passed."""
    values = centre + scale * STANDARD

    assert _moved(values, values) == pytest.approx(0.0, abs=1e-9)
    assert _moved(values, values + 0.5 * scale) == pytest.approx(0.2, abs=0.03)


def test_standardised_numbers_keep_the_edges_that_they_had() -> None:
    """Else the digests of all earlier references would change."""
    for values in (STANDARD, np.clip(STANDARD * 1.5, -4, 4), RNG.integers(0, 4, 500).astype(float), np.zeros(9)):
        assert sketches.edges_for(values) is sketches.FINE_EDGES


@pytest.mark.parametrize("scale", [3e-4, 0.02, 7.0, 27.0, 1e4, 3e9])
def test_edges_rise_and_are_round(scale: float) -> None:
    edges = sketches.edges_for(100 * scale + scale * STANDARD)
    step = float(f"{edges[1] - edges[0]:.0e}")

    assert (np.diff(edges) > 0).all()
    assert f"{step:e}"[0] in "125"
    assert edges / step == pytest.approx(np.round(edges / step), abs=1e-6)
    assert edges[0] < 100 * scale - 3 * scale < 100 * scale + 3 * scale < edges[-1]


def test_outlier_does_not_stretch_the_edges() -> None:
    values = np.concatenate([80 + 27 * STANDARD, [1e7]])

    assert np.diff(sketches.edges_for(values)).max() == pytest.approx(5.0)
