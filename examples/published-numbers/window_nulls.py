"""How often a gate over 20 columns alarms when nothing changed, and how often it notices a shift of one column.

The comparison is the product's (``homeroom.stats.comparisons``) on the product's sketches (``tallies``): the reference is
sketched once with its classes, from the same teaching weeks of last year; a window is compared in microseconds.
"""

from dataclasses import dataclass, replace

import numpy as np
import star_pupils
from figures import Figure

from homeroom.stats import comparisons, sketches, tallies

COLUMNS, LEVEL = 20, 0.05
EDGES = [sketches.FINE_EDGES] * COLUMNS
BINS = len(sketches.FINE_EDGES) + 1


@dataclass(frozen=True)
class World:
    """Where windows come from.

    Attributes:
        pupils: pupils of a window.
        correlation: intraclass correlation of every column.
        class_size: pupils of a class.
        season: amplitude of a yearly wave in every column, in standard deviations.
        weeks: teaching weeks of a year.
        reference: pupils of each reference week; last year's same week and its two neighbours are taken.
        shift: by how much the first column is shifted, in standard deviations.
    """

    pupils: int = 300
    correlation: float = 0.0
    class_size: int = 20
    season: float = 0.0
    weeks: int = 40
    reference: int = 1700
    shift: float = 0.0

    def rows(self, pupils: int, week: int, shift: float, rng: np.random.Generator) -> star_pupils.FloatArray:
        """Pupils of a week; shape (pupils, 20)."""
        of_class = rng.normal(size=(-(-pupils // self.class_size), COLUMNS))[self.classes(pupils)]
        own = rng.normal(size=(pupils, COLUMNS))
        rows = self.correlation**0.5 * of_class + (1 - self.correlation) ** 0.5 * own
        rows += self.season * np.sin(2 * np.pi * week / self.weeks)
        rows[:, 0] += shift
        return np.asarray(rows)

    def classes(self, pupils: int) -> star_pupils.IntArray:
        """Class of each pupil."""
        return np.arange(pupils) // self.class_size


NULLS = {
    **{f"plain, n = {n}": World(pupils=n) for n in (30, 100, 300, 1000, 3000)},
    **{f"classes of 20 with ICC 0.15, n = {n}": World(pupils=n, correlation=0.15) for n in (30, 100, 300, 1000, 3000)},
    "season of 0.5 sd, n = 300": World(season=0.5),
    "season of 0.5 sd and classes, n = 300": World(season=0.5, correlation=0.15),
}
"""Worlds in which nothing changed."""


@dataclass(frozen=True)
class Reference:
    """Sketch of the comparable weeks, with what a comparison needs."""

    tally: tallies.Tally
    scores: star_pupils.FloatArray
    correlation: star_pupils.FloatArray


def sketch_reference(world: World, week: int, rng: np.random.Generator) -> Reference:
    """Last year's same week and its neighbours, merged by addition."""
    weeks = [world.rows(world.reference, near, 0.0, rng) for near in (week - 1, week, week + 1)]
    counts = tallies.tally(np.vstack(weeks), EDGES, np.zeros((COLUMNS, BINS))).counts
    scores = comparisons.normal_scores(counts)
    parts = [tallies.tally(rows, EDGES, scores, world.classes(len(rows))) for rows in weeks]
    merged = tallies.merged(parts)
    # Within weeks, so that the season between them is not taken for likeness of classes.
    alike = np.mean([tallies.correlation([part], scores) for part in parts], axis=0)
    return Reference(merged, scores, alike)


def compare(
    rows: star_pupils.FloatArray, classes: star_pupils.IntArray, reference: Reference
) -> comparisons.Comparison:
    """Sketches a window and compares it."""
    window = tallies.tally(rows, EDGES, reference.scores, classes)
    ordered = np.ones(COLUMNS, dtype=bool)
    return comparisons.compare(window, reference.tally, reference.scores, reference.correlation, ordered)


def alarm_rates(world: World, times: int, rng: np.random.Generator, each: int = 20) -> tuple[float, float]:
    """Share of windows with any finding, and with the first column found; ``each`` windows to one reference."""
    anything, first = 0, 0
    for number in range(times):
        if number % each == 0:
            week = int(rng.integers(2, world.weeks))
            reference = sketch_reference(world, week, rng)
        rows = world.rows(world.pupils, week, world.shift, rng)
        found = compare(rows, world.classes(world.pupils), reference).adjusted <= LEVEL
        anything, first = anything + int(found.any()), first + int(found[0])
    return anything / times, first / times


def false_alarms(times: int, rng: np.random.Generator) -> dict[str, float]:
    """Family-wise false alarms by null."""
    return {name: alarm_rates(world, times, rng)[0] for name, world in NULLS.items()}


def powers(times: int, rng: np.random.Generator) -> dict[str, float]:
    """How often a shift of one of the 20 columns is found."""
    worlds = {
        f"{shift} sd, n = 300, {kind}": replace(world, shift=shift)
        for kind, world in (("plain", World()), ("classes", World(correlation=0.15)))
        for shift in (0.2, 0.3)
    }
    return {name: alarm_rates(world, times, rng)[1] for name, world in worlds.items()}


def compute(times: int, rng: np.random.Generator) -> list[Figure]:
    """Family-wise false alarms of every null against 5 %; the tolerance is three standard errors of the simulation."""
    tolerance = 3 * (LEVEL * (1 - LEVEL) / times) ** 0.5
    return [
        Figure(f"any alarm, {name} (at most)", LEVEL, found, tolerance, at_most=True)
        for name, found in false_alarms(times, rng).items()
    ]
