"""Simulated school years in which nothing changed: a season, classes whose pupils are alike, windows of a small school."""

from dataclasses import dataclass

import numpy as np

from bench import frames
from homeroom.stats import clusters

WEEKS = 40
CLASS_ROWS = 20
ICC = 0.15
"""Share of the variance that lies between classes; 0.1 to 0.2 is usual for attainment."""
SEASON = 0.5
"""Largest shift of the season, in standard deviations."""
REFERENCE_ROWS = 5000
EVENLY, MOSTLY_YOUNG = (0, 1, 2), (0, 0, 0, 1, 2)
"""Year groups of classes in turn: as in training, and another mix of the same."""


@dataclass(frozen=True, slots=True)
class World:
    """What is true of a school year.

    Attributes:
        icc: share of the variance between classes; 0 for independent pupils.
        season: amplitude in standard deviations; the same every year.
        growth: how far a year group lies above the one before, in standard deviations.
    """

    icc: float = ICC
    season: float = SEASON
    growth: float = 0.0


WORLDS = {
    "independent pupils": World(icc=0.0, season=0.0),
    "season": World(icc=0.0),
    "classes": World(season=0.0),
    "classes and season": World(),
}


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Rows of one window.

    Attributes:
        numeric: by column, shape (n,).
        codes: by column, shape (n,).
        room: shape (n,); class of each row, 0..k-1.
        year: shape (n,); year group of each row's class, 0 the youngest.
    """

    numeric: dict[str, clusters.FloatArray]
    codes: dict[str, clusters.IntArray]
    room: clusters.IntArray
    year: clusters.IntArray


def draw(
    rng: np.random.Generator,
    world: World,
    weeks: clusters.IntArray,
    shift: float = 0.0,
    years: tuple[int, ...] = EVENLY,
    of_oldest: float = 0.0,
) -> Window:
    """Rows in classes of 20.

    Args:
        rng: all chance.
        world: what is true.
        weeks: shape (n,); week of each row.
        shift: of the first column, in standard deviations.
        years: year groups of the classes, in turn.
        of_oldest: further shift of the first column in the oldest year group.
    """
    rows = len(weeks)
    room = np.arange(rows) // CLASS_ROWS
    year = np.array(years)[room % len(years)]
    expected = world.season * np.sin(2 * np.pi * weeks / WEEKS) + world.growth * year
    numeric = {name: expected + _values(rng, world, room) for name in frames.NUMERIC}
    numeric[frames.SHIFTED] = numeric[frames.SHIFTED] + shift + np.where(year == max(EVENLY), of_oldest, 0.0)
    return Window(numeric, {name: _choices(rng, world, room) for name in frames.CATEGORICAL}, room, year)


def pooled_year(rng: np.random.Generator, world: World) -> Window:
    """Last year, all weeks alike."""
    return draw(rng, world, np.sort(np.arange(REFERENCE_ROWS) % WEEKS))


def same_weeks(rng: np.random.Generator, world: World, week: int) -> Window:
    """Last year, the same week and its neighbours; as many rows."""
    return draw(rng, world, np.sort(week - 1 + np.arange(REFERENCE_ROWS) % 3))


def _values(rng: np.random.Generator, world: World, room: clusters.IntArray) -> clusters.FloatArray:
    between = rng.normal(scale=np.sqrt(world.icc), size=int(room.max()) + 1)
    return between[room] + rng.normal(scale=np.sqrt(1 - world.icc), size=len(room))


def _choices(rng: np.random.Generator, world: World, room: clusters.IntArray) -> clusters.IntArray:
    """Two pupils of a class both took its favourite with probability icc beyond chance."""
    favourite = rng.integers(0, len(frames.CATEGORIES), int(room.max()) + 1)[room]
    chosen = rng.random(len(room)) < np.sqrt(world.icc)
    return np.where(chosen, favourite, rng.integers(0, len(frames.CATEGORIES), len(room)))
