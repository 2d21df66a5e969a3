"""How often a window of a school year is called different from its stored sketch; ``alarms`` asks the release gate."""

import functools

import numpy as np

from bench import alarms, figures, frames, schoolyears
from homeroom.stats import clusters, comparisons, sketches, tallies

LEVEL = 0.05
COLUMNS = len(frames.NUMERIC) + len(frames.CATEGORICAL)
ORDERED = np.arange(COLUMNS) < len(frames.NUMERIC)
EDGES = [
    sketches.FINE_EDGES if ordered else np.arange(1, len(frames.CATEGORIES), dtype=np.float64) for ordered in ORDERED
]
"""Bins of a number, and one for each category."""
SHAPE = (COLUMNS, len(sketches.FINE_EDGES) + 1)


def ours(trials: int) -> list[figures.Figure]:
    """False alarms over 20 columns in every world, and how often a shift of one column is found."""
    found = []
    for name, world in schoolyears.WORLDS.items():
        for rows in alarms.WINDOWS:
            happened = alarms.count(functools.partial(alarm, world, rows, 0.0), trials)
            told = f"ours, sketches: false alarm, 20 columns, {name}, n={rows}"
            found.append(figures.of_trials(told, happened, trials, "<= 0.05"))
    for name in ("independent pupils", "classes"):
        for shift in alarms.SHIFTS:
            happened = alarms.count(functools.partial(alarm, schoolyears.WORLDS[name], 300, shift), trials)
            goal = ">= 0.8" if (name, shift) == ("independent pupils", 0.3) else ""
            told = f"ours, sketches: change of {shift} sd found, {name}, n=300"
            found.append(figures.of_trials(told, happened, trials, goal))
    return found


def alarm(world: schoolyears.World, rows: int, shift: float, trial: int) -> bool:
    """Whether any column differs from the same weeks of last year; with a shift, whether the shifted one does."""
    rng = np.random.default_rng([alarms.SEED + 4, rows, trial])
    week = int(rng.integers(1, schoolyears.WEEKS - 1))
    trained = schoolyears.same_weeks(rng, world, week)
    # The categories of a choice get scores too: any contrast between them tells how alike the pupils of a class are.
    counts = tallies.tally(values(trained), EDGES, np.zeros(SHAPE)).counts
    scores = comparisons.normal_scores(counts)
    stored = tallies.tally(values(trained), EDGES, scores, trained.room)
    window = schoolyears.draw(rng, world, np.full(rows, week), shift)
    now = tallies.tally(values(window), EDGES, scores, window.room)
    found = comparisons.compare(now, stored, scores, stored.correlation(scores), ORDERED).adjusted <= LEVEL
    return bool(found.any() if shift == 0 else found[0])


def values(window: schoolyears.Window) -> clusters.FloatArray:
    """Columns of a window, numbers first; shape (n, 20)."""
    return np.column_stack([*window.numeric.values(), *(codes.astype(np.float64) for codes in window.codes.values())])
