"""How often watching calls a window of a school that stands alone different; ``alarms`` asks the release gate.

Asked as ``homeroom gate watch`` asks: bins and scores of the release's reference, sketches of numeric inputs with their classes,
``monitoring.windowshifts`` to decide.
"""

import functools
from dataclasses import dataclass

import numpy as np

from bench import alarms, evidence, figures, schoolyears
from homeroom.gates import evaluationtables, references
from homeroom.gates.monitoring import bins, windowshifts
from homeroom.resources import gatepolicies
from homeroom.stats import clusters, comparisons, tallies

POLICY = gatepolicies.Drift()


@dataclass(frozen=True, slots=True)
class Known:
    """Bins of numeric inputs, as every school makes them from the same reference.

    Attributes:
        edges: of each input.
        scores: shape (f, m); of each bin.
    """

    edges: tuple[clusters.FloatArray, ...]
    scores: clusters.FloatArray


def ours(trials: int) -> list[figures.Figure]:
    """False alarms over 16 inputs in every world, and how often a shift of one of them is found."""
    found = []
    for name, world in schoolyears.WORLDS.items():
        for rows in alarms.WINDOWS:
            happened = alarms.count(functools.partial(alarm, world, rows, 0.0), trials)
            told = f"ours, watching: false alarm, 16 inputs, {name}, n={rows}"
            found.append(figures.of_trials(told, happened, trials, "<= 0.05"))
    for name in ("independent pupils", "classes"):
        for shift in alarms.SHIFTS:
            happened = alarms.count(functools.partial(alarm, schoolyears.WORLDS[name], 300, shift), trials)
            goal = ">= 0.8" if (name, shift) == ("independent pupils", 0.3) else ""
            told = f"ours, watching: change of {shift} sd found, {name}, n=300"
            found.append(figures.of_trials(told, happened, trials, goal))
    return found


def alarm(world: schoolyears.World, rows: int, shift: float, trial: int) -> bool:
    """Whether any input differs from the same weeks of last year; with a shift, whether the shifted one does."""
    rng = np.random.default_rng([alarms.SEED + 4, rows, trial])
    week = int(rng.integers(1, schoolyears.WEEKS - 1))
    before = schoolyears.same_weeks(rng, world, week)
    window = schoolyears.draw(rng, world, np.full(rows, week), shift)
    known = bins_of(evidence.features(before.numeric.__getitem__, before.codes.__getitem__))
    found = changed(sketch(window.numeric, window.room, known), sketch(before.numeric, before.room, known), known)
    return bool(found.any() if shift == 0 else found[0])


def bins_of(trained: evaluationtables.Features) -> Known:
    """Bins of the numeric inputs, from the reference of training rows."""
    known = bins.of_reference(references.parse(evidence.reference(trained)))
    edges = (np.array(edge) for edge, ordered in zip(known.edges, known.ordered, strict=True) if ordered)
    return Known(tuple(edges), known.scores[known.ordered])


def sketch(numeric: dict[str, clusters.FloatArray], room: clusters.IntArray, known: Known) -> tallies.Tally:
    """Sketch of rows in classes."""
    return tallies.tally(np.column_stack(list(numeric.values())), known.edges, known.scores, room)


def changed(now: tallies.Tally, before: tallies.Tally, known: Known) -> clusters.BoolArray:
    """Inputs that watching calls changed; shape (f,)."""
    alike = tallies.correlation((now, before), known.scores)
    compared = comparisons.compare(now, before, known.scores, alike, np.ones(len(known.edges), dtype=bool))
    return windowshifts.judge(compared, 1, POLICY)
