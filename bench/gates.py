"""``make bench-gates``: drift and fairness, side by side with Evidently, NannyML, scipy and Fairlearn.

Usage: python -m bench.gates [--quick]
"""

import argparse
import os
import pathlib
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass

from bench import alarms, figures, pictures, processes, windowalarms

OUTPUT = processes.ROOT / "build" / "bench" / "gates.json"
OURS = processes.ROOT / ".venv" / "bin" / "python"
MANY_ROWS = 1_000_000
GROUPS = (20, 500)
Passes = dict[str, list[processes.Pass]]


@dataclass(frozen=True, slots=True)
class Contestant:
    """Who runs what.

    Attributes:
        name: as in the figures.
        module: of ``bench.passes``.
        python: interpreter to run it in.
        most_groups: with more it is left out; a policy protects at most 32.
    """

    name: str
    module: str
    python: pathlib.Path
    most_groups: int = 1000


def peer(name: str) -> pathlib.Path:
    """Interpreter of a peer's own environment."""
    return processes.PEERS / name / "bin" / "python"


DRIFT = (
    Contestant("ours", "ours_drift", OURS),
    Contestant("ours, whole gate", "ours_drift", OURS),
    Contestant("ours, sketch of a window", "ours_sketches", OURS),
    Contestant("ours, window from its sketch", "ours_sketches", OURS),
    Contestant("scipy", "scipy_drift", OURS),
    Contestant("NannyML", "nannyml_drift", peer("nannyml")),
    Contestant("Evidently", "evidently_drift", peer("evidently")),
)
FAIRNESS = (
    Contestant("ours", "ours_rates", OURS),
    Contestant("ours, whole gate", "ours_fairness", OURS, most_groups=32),
    Contestant("Fairlearn", "fairlearn_fairness", peer("fairlearn")),
)
SAME_WITHIN = 1e-9
"""Fairlearn's largest difference of the missed and ours are the same number."""


def interleave(
    contestants: tuple[Contestant, ...], passes: int, arguments: Callable[[Contestant], list[str]]
) -> Passes:
    """Runs all contestants one after the other, again and again, so that a slow minute hits all alike."""
    found: Passes = {contestant.name: [] for contestant in contestants}
    for number in range(passes):
        for contestant in contestants:
            done = processes.run(contestant.python, f"bench.passes.{contestant.module}", *arguments(contestant))
            say(f"pass {number + 1}/{passes} {contestant.name}: {done.seconds:.3f} s, {done.peak_mib:.0f} MiB")
            found[contestant.name].append(done)
    seen = {one.checksum for runs in found.values() for one in runs}
    if len(seen) != 1:
        raise SystemExit(f"the contestants did not see the same rows: {len(seen)} different columns")
    return found


def drift_figures(rows: int, passes: int) -> list[figures.Figure]:
    """Time and memory of every contestant, and how often ours is faster and smaller."""
    say(f"drift, {rows:,} rows of 20 columns")
    with tempfile.TemporaryDirectory() as directory:
        stored = str(pathlib.Path(directory) / "reference.json")
        processes.run(OURS, "bench.passes.ours_drift", str(rows), stored, "--prepare")
        more = {
            "ours": [stored],
            "ours, whole gate": [stored, "--whole"],
            "ours, window from its sketch": ["--compare"],
        }
        found = interleave(DRIFT, passes, lambda one: [str(rows), *more.get(one.name, [])])
    big = rows == MANY_ROWS
    label = f"drift, {rows:,} x 20"
    return [
        *costs(label, found),
        ratio(f"{label}: Evidently / ours, time", found, "Evidently", ">= 100" if big else ""),
        ratio(f"{label}: NannyML / ours, time", found, "NannyML", ">= 15" if big else ""),
        memory_ratio(f"{label}: ours / Evidently, peak memory", found, "Evidently", "<= 0.1" if big else ""),
        memory_ratio(f"{label}: ours / NannyML, peak memory", found, "NannyML", "<= 0.1" if big else ""),
    ]


def fairness_figures(rows: int, groups: int, passes: int) -> list[figures.Figure]:
    """MetricFrame without intervals against ours with 1,000 resamples of schools."""
    say(f"fairness, {rows:,} rows, {groups} groups")
    contestants = tuple(one for one in FAIRNESS if groups <= one.most_groups)
    found = interleave(contestants, passes, lambda _: [str(rows), str(groups)])
    if abs(found["ours"][0].found - found["Fairlearn"][0].found) > SAME_WITHIN:
        raise SystemExit(f"rates differ: ours {found['ours'][0].found}, Fairlearn {found['Fairlearn'][0].found}")
    label = f"fairness, {rows:,} x {groups} groups"
    goal = ">= 1000" if rows == MANY_ROWS and groups == GROUPS[0] else ""
    return [*costs(label, found), ratio(f"{label}: MetricFrame / ours with intervals, time", found, "Fairlearn", goal)]


def costs(label: str, found: Passes) -> list[figures.Figure]:
    """Seconds and memory of each contestant."""
    return [
        figure
        for name, runs in found.items()
        for figure in (
            figures.of_passes(f"{label}: {name}, time", [one.seconds for one in runs], "s"),
            figures.of_passes(f"{label}: {name}, peak memory", [one.peak_mib for one in runs], "MiB"),
        )
    ]


def ratio(name: str, found: Passes, rival: str, goal: str) -> figures.Figure:
    """How many times longer the rival took, pass by pass."""
    pairs = zip(found[rival], found["ours"], strict=True)
    return figures.of_passes(name, [theirs.seconds / ours.seconds for theirs, ours in pairs], "x", goal)


def memory_ratio(name: str, found: Passes, rival: str, goal: str) -> figures.Figure:
    """Our memory as a part of the rival's, pass by pass."""
    pairs = zip(found[rival], found["ours"], strict=True)
    return figures.of_passes(name, [ours.peak_mib / theirs.peak_mib for theirs, ours in pairs], "x", goal)


def measure(*, quick: bool) -> list[figures.Figure]:
    """All figures; the quick ones leave out the million rows and most trials."""
    sizes = ((10_000, 2), (100_000, 2)) if quick else ((10_000, 5), (100_000, 5), (MANY_ROWS, 3))
    found: list[figures.Figure] = []
    for rows, passes in sizes:
        found += drift_figures(rows, passes)
        for groups in GROUPS if rows == MANY_ROWS else GROUPS[:1]:
            found += fairness_figures(rows, groups, passes if groups == GROUPS[0] else 1)
    say("false alarms and power")
    trials = 20 if quick else 200
    found += alarms.ours(trials) + alarms.ours_year_groups(trials) + windowalarms.ours(trials)
    found += alarms.ours_fairness(trials // 2)
    found += alarms.evidently(*((4, (300,)) if quick else (20, (100, 300, 1000))))
    return found


def say(line: str) -> None:
    """One line of progress."""
    print(line, flush=True)


def main() -> None:
    """Measures, writes, prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a few minutes: small frames, few passes and trials")
    quick = parser.parse_args().quick
    began, before = time.monotonic(), os.getloadavg()[0]
    found = measure(quick=quick)
    notes = {"quick": quick, "loadBefore": round(before, 2), "seconds": round(time.monotonic() - began)}
    figures.write(OUTPUT, found, notes)
    pictures.draw(OUTPUT.with_suffix(".svg"), found)
    for figure in found:
        say(figure.line())
    missed = sum(figure.met is False for figure in found)
    say(f"{missed} of {sum(figure.met is not None for figure in found)} goals missed; load before: {before:.2f}")
    say(f"{notes['seconds']} s; {OUTPUT.relative_to(processes.ROOT)} and its picture")


if __name__ == "__main__":
    main()
