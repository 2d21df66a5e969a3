"""How often each contestant calls a change in simulated school years: where nothing changed, and where something did."""

import concurrent.futures
import functools
import multiprocessing
import os
import pathlib
import tempfile
from collections.abc import Callable, Sequence

import numpy as np

from bench import evidence, figures, frames, processes, schoolyears
from homeroom.domain import verdicts
from homeroom.gates import drift, evaluationtables, fairness
from homeroom.stats import clusters

WINDOWS = (30, 100, 300, 1000, 3000)
SHIFTS = (0.2, 0.3, 0.5)
GROUPS = 20
GROWN = schoolyears.World(season=0.0, growth=1.0)
"""Year groups a standard deviation apart, as raw scores of young pupils are."""
WITHHELD = 0.6
"""Share of one group's pupils in need whose score a planted fault takes away."""
SEED = 2026


def ours(trials: int) -> list[figures.Figure]:
    """False alarms of our drift gate in every world, and its power, each over ``trials`` school years."""
    found = []
    for name, world in schoolyears.WORLDS.items():
        for rows in WINDOWS:
            happened = count(functools.partial(drift_alarm, world, rows, 0.0), trials)
            found.append(
                figures.of_trials(f"ours: false alarm, 20 columns, {name}, n={rows}", happened, trials, "<= 0.05")
            )
    for name in ("independent pupils", "classes and season"):
        for shift in SHIFTS:
            happened = count(functools.partial(drift_alarm, schoolyears.WORLDS[name], 300, shift), trials)
            found.append(figures.of_trials(f"ours: change of {shift} sd found, {name}, n=300", happened, trials))
    return found


def ours_year_groups(trials: int) -> list[figures.Figure]:
    """Of year groups that differ: false alarms under another mix of them, and a change of half a deviation in one of them."""
    found = []
    for rows in (300, 1000, 3000):
        happened = count(functools.partial(year_group_alarm, rows, 0.0), trials)
        name = f"ours: false alarm, 20 columns, year groups apart and in another mix, n={rows}"
        found.append(figures.of_trials(name, happened, trials, "<= 0.05"))
    for rows in (1000, 3000):
        happened = count(functools.partial(year_group_alarm, rows, 0.5), trials)
        found.append(figures.of_trials(f"ours: change of 0.5 sd in one year group found, n={rows}", happened, trials))
    return found


def ours_fairness(trials: int) -> list[figures.Figure]:
    """False alarms of our fairness gate over 20 groups that are treated alike, and how often it finds one that is not."""
    found = []
    for rows in WINDOWS:
        happened = count(functools.partial(fairness_alarm, rows, 0.0), trials)
        name = f"ours: false alarm, fairness of {GROUPS} equal groups, n={rows}"
        found.append(figures.of_trials(name, happened, trials, "<= 0.05"))
    for rows in (1000, 3000):
        happened = count(functools.partial(fairness_alarm, rows, WITHHELD), trials)
        name = f"ours: one of {GROUPS} groups that loses {WITHHELD:.0%} of the scores of its pupils in need found, n={rows}"
        found.append(figures.of_trials(name, happened, trials))
    return found


def evidently(trials: int, windows: Sequence[int]) -> list[figures.Figure]:
    """Evidently itself, with its defaults, on the world with classes and season: last year pooled, and the same weeks."""
    found = []
    world = schoolyears.WORLDS["classes and season"]
    for rows in windows:
        for against in ("pooled year", "same weeks"):
            happened = _run_evidently(world, rows, against, trials)
            for rule, times in happened.items():
                name = f"Evidently: false alarm, {rule}, against {against}, n={rows}"
                found.append(figures.of_trials(name, times, trials))
    return found


def count(alarm: Callable[[int], bool], trials: int) -> int:
    """In how many trials it alarms; every trial has its own seed, so that it does not matter which process takes it."""
    return sum(_workers().map(alarm, range(trials), chunksize=max(1, trials // 20)))


@functools.cache
def _workers() -> concurrent.futures.ProcessPoolExecutor:
    """One process for each core with one thread each, for all series: starting them takes longer than most series."""
    os.environ.update(dict.fromkeys(processes.THREADS, "1"))
    return concurrent.futures.ProcessPoolExecutor(os.cpu_count(), mp_context=multiprocessing.get_context("spawn"))


def drift_alarm(world: schoolyears.World, rows: int, shift: float, trial: int) -> bool:
    """Whether any column fails against the same weeks of last year; classes are what is drawn again."""
    rng = np.random.default_rng([SEED, rows, trial])
    week = int(rng.integers(1, schoolyears.WEEKS - 1))
    trained = schoolyears.same_weeks(rng, world, week)
    return _any_drift(trained, schoolyears.draw(rng, world, np.full(rows, week), shift))


def year_group_alarm(rows: int, of_oldest: float, trial: int) -> bool:
    """The same of year groups that lie apart, evaluated in another mix than that of training."""
    rng = np.random.default_rng([SEED + 3, rows, trial])
    trained = schoolyears.same_weeks(rng, GROWN, 1)
    week = np.ones(rows, dtype=np.int64)
    window = schoolyears.draw(rng, GROWN, week, years=schoolyears.MOSTLY_YOUNG, of_oldest=of_oldest)
    return _any_drift(trained, window)


def fairness_alarm(rows: int, withheld: float, trial: int) -> bool:
    """Whether any group fails; the first loses its score for a share of its pupils in need."""
    rng = np.random.default_rng([SEED + 1, rows, trial])
    window = schoolyears.draw(rng, schoolyears.WORLDS["classes"], np.zeros(rows, dtype=np.int64))
    risk = 1 / (1 + np.exp(-window.numeric[frames.SHIFTED]))
    group, needed = rng.integers(0, GROUPS, rows), rng.random(rows) < risk
    wronged = (group == 0) & needed & (rng.random(rows) < withheld)
    known = evidence.build(
        _features(window),
        evidence.reference(_features(window), year=window.year),
        school=window.room,
        needed=needed,
        scores=np.where(wronged, 0.01, risk),
        group=group,
        year=window.year,
        limits=evidence.policy([f"g{number}" for number in range(GROUPS)]),
    )
    failed = [verdict for verdict in fairness.decide(known) if verdict.outcome is verdicts.Outcome.FAIL]
    return any(withheld == 0 or "pupils of g0 " in verdict.subject for verdict in failed)


def _any_drift(trained: schoolyears.Window, window: schoolyears.Window) -> bool:
    stored = evidence.reference(_features(trained), year=trained.year)
    known = evidence.build(_features(window), stored, school=window.room, year=window.year)
    return any(verdict.outcome is verdicts.Outcome.FAIL for verdict in drift.decide(known))


def _features(window: schoolyears.Window) -> evaluationtables.Features:
    return evidence.features(window.numeric.__getitem__, window.codes.__getitem__)


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
