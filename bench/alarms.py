"""How often each contestant calls a change in simulated school years: where nothing changed, and where something did."""

import pathlib
import tempfile
from collections.abc import Sequence

import numpy as np

from bench import evidence, figures, frames, processes, schoolyears
from homeroom.domain import verdicts
from homeroom.gates import drift, evaluationtables, fairness
from homeroom.stats import clusters

WINDOWS = (30, 100, 300, 1000, 3000)
SHIFTS = (0.2, 0.3)
GROUPS = 20
SEED = 2026


def ours(trials: int) -> list[figures.Figure]:
    """False alarms of our drift gate in every world, and its power, each over ``trials`` school years."""
    found = []
    for name, world in schoolyears.WORLDS.items():
        for rows in WINDOWS:
            happened = sum(_drift_alarm(world, rows, 0.0, trial) for trial in range(trials))
            found.append(
                figures.of_trials(f"ours: false alarm, 20 columns, {name}, n={rows}", happened, trials, "<= 0.05")
            )
    world = schoolyears.WORLDS["classes and season"]
    for shift in SHIFTS:
        happened = sum(_drift_alarm(world, 300, shift, trial) for trial in range(trials))
        goal = ">= 0.8" if shift == max(SHIFTS) else ""
        found.append(figures.of_trials(f"ours: change of {shift} sd found, n=300", happened, trials, goal))
    return found


def ours_fairness(trials: int) -> list[figures.Figure]:
    """False alarms of our fairness gate over 20 groups that are treated alike."""
    found = []
    for rows in WINDOWS:
        happened = sum(_fairness_alarm(rows, trial) for trial in range(trials))
        found.append(
            figures.of_trials(
                f"ours: false alarm, fairness of {GROUPS} equal groups, n={rows}", happened, trials, "<= 0.05"
            )
        )
    return found


def evidently(trials: int, windows: Sequence[int]) -> list[figures.Figure]:
    """Evidently itself, with its defaults, on the world with classes and season: last year pooled, and the same weeks."""
    found = []
    world = schoolyears.WORLDS["classes and season"]
    for rows in windows:
        for against in ("pooled year", "same weeks"):
            happened = _run_evidently(world, rows, against, trials)
            for rule, count in happened.items():
                name = f"Evidently: false alarm, {rule}, against {against}, n={rows}"
                found.append(figures.of_trials(name, count, trials))
    return found


def _features(window: schoolyears.Window) -> evaluationtables.Features:
    return evidence.features(window.numeric.__getitem__, window.codes.__getitem__)


def _drift_alarm(world: schoolyears.World, rows: int, shift: float, trial: int) -> bool:
    """Whether any column fails against the same weeks of last year; classes are what is drawn again."""
    rng = np.random.default_rng([SEED, rows, trial])
    week = int(rng.integers(1, schoolyears.WEEKS - 1))
    stored = evidence.reference(_features(schoolyears.same_weeks(rng, world, week)))
    window = schoolyears.draw(rng, world, np.full(rows, week), shift)
    known = evidence.build(_features(window), stored, school=window.room)
    return any(verdict.outcome is verdicts.Outcome.FAIL for verdict in drift.decide(known))


def _fairness_alarm(rows: int, trial: int) -> bool:
    rng = np.random.default_rng([SEED + 1, rows, trial])
    world = schoolyears.WORLDS["classes"]
    window = schoolyears.draw(rng, world, np.zeros(rows, dtype=np.int64))
    risk = 1 / (1 + np.exp(-window.numeric[frames.SHIFTED]))
    names = [f"g{number}" for number in range(GROUPS)]
    known = evidence.build(
        _features(window),
        evidence.reference(_features(window)),
        school=window.room,
        needed=rng.random(rows) < risk,
        scores=risk,
        group=rng.integers(0, GROUPS, rows),
        limits=evidence.policy(names),
    )
    return any(verdict.outcome is verdicts.Outcome.FAIL for verdict in fairness.decide(known))


def _run_evidently(world: schoolyears.World, rows: int, against: str, trials: int) -> dict[str, int]:
    arrays: dict[str, clusters.FloatArray | clusters.IntArray] = {}
    for trial in range(trials):
        rng = np.random.default_rng([SEED + 2, rows, trial])
        week = int(rng.integers(1, schoolyears.WEEKS - 1))
        pooled = against == "pooled year"
        reference = schoolyears.pooled_year(rng, world) if pooled else schoolyears.same_weeks(rng, world, week)
        window = schoolyears.draw(rng, world, np.full(rows, week))
        for kind, drawn in (("reference", reference), ("current", window)):
            arrays |= {f"{trial}/{kind}/{name}": column for name, column in (drawn.numeric | drawn.codes).items()}
    with tempfile.TemporaryDirectory() as directory:
        path = pathlib.Path(directory) / "windows.npz"
        np.savez(path, **arrays)  # type: ignore[arg-type]  # the stub takes every keyword for allow_pickle
        python = processes.PEERS / "evidently" / "bin" / "python"
        counts: dict[str, int] = processes.run(python, "bench.passes.evidently_alarms", str(path), str(trials)).found
    return counts
