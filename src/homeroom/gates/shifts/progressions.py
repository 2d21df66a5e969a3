"""Expected progression: did each school move from one year group to the next as the other schools did?

Schools are never named here, and no school with fewer pupils than the minimum cell is counted. Reported and never limited:
a school that moved otherwise is no fault of a release, but a reason to look at how its data is made before going there.
"""

import itertools
from dataclasses import dataclass

import numpy as np
from scipy import special

from homeroom.domain import verdicts, yeargroups
from homeroom.gates import references, tabulations
from homeroom.gates.evidence import FEWEST_SCHOOLS, Evidence
from homeroom.gates.shifts import features
from homeroom.stats import clusters, progressions

FEWEST_PUPILS = 15
"""Pupils of a school in each of both year groups (education.md A2, which judged 74 schools so)."""
EDGES = np.array([-1.0, -0.75, -0.5, -0.25, 0.0, 0.25, 0.5, 0.75, 1.0])
"""Bins of the table, in standard deviations of the year group."""


@dataclass(frozen=True, slots=True)
class Move:
    """What was found for one input in one move.

    Attributes:
        feature: input.
        years: the two year groups.
        shifts: of the schools that were judged.
        posterior: what to believe of each.
        moved: shape (k,); whether it moved beyond the limit with the certainty that the policy asks for.
    """

    feature: str
    years: tuple[str, str]
    shifts: progressions.Shifts
    posterior: progressions.Posterior
    moved: clusters.BoolArray


def decide(evidence: Evidence) -> tuple[verdicts.Verdict, ...]:
    """One verdict for each numeric input, over all moves."""
    by_feature: dict[str, list[Move]] = {}
    for move in measure(evidence):
        by_feature.setdefault(move.feature, []).append(move)
    return tuple(_verdict(evidence, name, moves) for name, moves in by_feature.items())


def tabulate(evidence: Evidence) -> tuple[tabulations.Table, ...]:
    """Number of schools by how far they moved: seen, and expected if all moved alike."""
    rows = [row for move in measure(evidence) for row in _rows(move)]
    if not rows:
        return ()
    return (
        tabulations.Table(
            key="drift.progression",
            caption="How many schools moved how far against the other schools, in standard deviations of the year group",
            columns=("input", "year groups", "moved by", "schools expected", "schools seen"),
            rows=tuple(rows),
        ),
    )


def measure(evidence: Evidence) -> list[Move]:
    """Every move of every numeric input in which enough schools can be judged."""
    moves = yeargroups.moves(frozenset(evidence.table.year_group.words))
    names = [f.name for f in evidence.reference.features if isinstance(f, references.ContinuousSketch)]
    found = [_measure(evidence, name, years) for name in names for years in moves]
    return [move for move in found if move is not None]


def _measure(evidence: Evidence, name: str, years: tuple[str, str]) -> Move | None:
    values = evidence.table.features.column(evidence.release.features.index(name)).astype(np.float64)
    totals = [_moments(evidence, values, year) for year in years]
    fewest = max(FEWEST_PUPILS, evidence.minimum_cell)
    judged = (totals[0].rows >= fewest) & (totals[1].rows >= fewest)
    if int(judged.sum()) < FEWEST_SCHOOLS:
        return None
    with np.errstate(invalid="ignore", divide="ignore"):  # of schools that are not judged
        every = progressions.shifts(progressions.standings(totals[0]), progressions.standings(totals[1]))
    usable = judged & np.isfinite(every.difference) & (every.variance > 0)
    if int(usable.sum()) < FEWEST_SCHOOLS:
        return None
    shifts = progressions.Shifts(every.difference[usable], every.variance[usable])
    posterior = progressions.shrink(shifts)
    beyond = progressions.probability_beyond(posterior, evidence.policy.drift.progression_limit)
    return Move(name, years, shifts, posterior, beyond > evidence.policy.drift.progression_certainty)


def _moments(evidence: Evidence, values: clusters.FloatArray, year: str) -> progressions.Moments:
    chosen = evidence.table.year_group.are(year)
    return progressions.moments(values[chosen], evidence.table.site[chosen], len(evidence.table.sites))


def _verdict(evidence: Evidence, name: str, moves: list[Move]) -> verdicts.Verdict:
    moved, judged = sum(int(move.moved.sum()) for move in moves), sum(len(move.moved) for move in moves)
    limit = evidence.policy.drift.progression_limit
    sentence = (
        f"{name}: in {moved} of {judged} cases a school's pupils moved otherwise than those of the other schools from one year "
        f"group to the next, by more than {limit:g} standard deviations. Reported, not limited."
        if moved
        else f"{name}: from one year group to the next every school's pupils moved as those of the other schools did, as far "
        f"as {judged} cases can tell."
    )
    return verdicts.Verdict(
        gate=features.GATE,
        check="drift.progression",
        subject=f"progression {name}",
        outcome=verdicts.Outcome.NOT_APPLICABLE,
        sentence=sentence,
        evidence=evidence.table.digest,
        action="See how the scores were made in these schools before the release goes there." if moved else "",
        estimate=moved / judged,
        limit=None,
        rows=len(evidence.table),
    )


def _rows(move: Move) -> list[tuple[tabulations.Cell, ...]]:
    edges = np.concatenate([[-np.inf], EDGES, [np.inf]])
    spread = np.sqrt(move.shifts.variance)[:, None]
    below = special.ndtr((edges[None, :] - move.posterior.centre) / spread)
    expected = np.diff(below, axis=1).sum(axis=0)
    seen = np.histogram(move.shifts.difference, edges)[0]
    names = [_name(low, high) for low, high in itertools.pairwise(edges)]
    years = f"{move.years[0]} to {move.years[1]}"
    return [
        (move.feature, years, name, round(float(e), 1), int(s))
        for name, e, s in zip(names, expected, seen, strict=True)
    ]


def _name(low: float, high: float) -> str:
    if np.isinf(low):
        return f"below {high:g}"
    return f"above {low:g}" if np.isinf(high) else f"{low:g} to {high:g}"
