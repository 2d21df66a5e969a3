"""Makes windows of a school's predictions, on site.

Every pupil counts once in a window, once a term for the model's confidence, and once ever for the outcome: what looks at
the same pupil twice would take one odd pupil for two.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from homeroom.domain import dayspans, digests, schooltime
from homeroom.gates import references
from homeroom.gates.monitoring import bins as watched
from homeroom.gates.monitoring import rows
from homeroom.gates.monitoring.windows import UNIT, Confidence, OffTime, Outcomes, Report, Scores, Window
from homeroom.stats import clusters, sketches, tallies

UNSURE = 0.05
"""A score this near the threshold could as well have been on the other side."""

StampWeek = Callable[[dayspans.Span], schooltime.Stamp]


@dataclass(frozen=True, slots=True)
class School:
    """What a school knows of itself and its release.

    Attributes:
        site: its id.
        region: for pooling.
        cluster: schools that belong together; the region where there are none.
        device: profile of its box.
        release: digest of the release that answered.
        threshold: at or above it support was offered.
        stamp: from a week to its place in the school's own calendar.
    """

    site: str
    region: str
    cluster: str
    device: str
    release: digests.Digest
    threshold: float
    stamp: StampWeek


@dataclass(frozen=True, slots=True, eq=False)
class _Table:
    """Rows with all that windows need, shape (n,) each."""

    given: rows.Predictions
    week: clusters.IntArray
    bins: clusters.IntArray
    known: watched.Bins


def sketch(given: rows.Predictions, reference: references.Reference, school: School) -> Report:
    """Windows of all weeks in the rows.

    Args:
        given: the school's rows, their features in the order of ``reference.columns()``.
        reference: the release's training reference; its minimum cell holds here too.
        school: whose rows.

    Raises:
        SpecError: a day lies outside the school's calendar, or a choice is not 0 or 1.
    """
    known = watched.of_reference(reference)
    monday = np.datetime64("1970-01-05")
    week = ((given.day - monday) // np.timedelta64(7, "D")).astype(np.int64)
    table = _Table(given, week, _bins(given, reference, known), known)
    stamps = {int(number): school.stamp(_span(int(number))) for number in np.unique(np.r_[week, _known_weeks(given)])}
    lessons = np.isin(week, [n for n, stamp in stamps.items() if stamp.phase not in schooltime.NOT_ALARMING])
    cell = reference.minimum_cell
    every = [
        window
        for year in sorted(set(given.year_group.tolist()))
        for window in _of_year_group(table, year, lessons, stamps, school.threshold, cell)
    ]
    told = tuple(window for window in every if window.pupils >= cell)
    return Report(
        site=school.site,
        region=school.region,
        cluster=school.cluster,
        device=school.device,
        release=school.release,
        reference=digests.of_bytes(reference.to_bytes()),
        minimum_cell=cell,
        windows=tuple(sorted(told, key=lambda window: (window.week, window.year_group))),
        off_time=_off_time(given, week, ~lessons, stamps, cell),
        hidden=len(every) - len(told),
    )


def _span(number: int) -> dayspans.Span:
    start = date(1970, 1, 5) + timedelta(weeks=number)
    return dayspans.Span(start, start + timedelta(days=6))


def _known_weeks(given: rows.Predictions) -> clusters.IntArray:
    days = given.known_on[given.needed >= 0] - np.datetime64("1970-01-05")
    return (days // np.timedelta64(7, "D")).astype(np.int64)


def _bins(given: rows.Predictions, reference: references.Reference, known: watched.Bins) -> clusters.IntArray:
    """Bin of each row and feature; shape (n, f)."""
    column = {name: index for index, name in enumerate(reference.columns())}
    found = []
    for feature, edges in zip(known.features, known.edges, strict=True):
        if isinstance(feature, references.ContinuousSketch):
            values = np.round(given.features[:, column[feature.name]], 6)
            found.append(tallies.Finder(np.array(edges))(values))
            continue
        groups = [[given.features[:, column[name]] for name in group] for group in feature.columns]
        found.append(references.category_of(groups, feature.name))
    return np.column_stack(found)


def _of_year_group(
    table: _Table,
    year: str,
    lessons: clusters.BoolArray,
    stamps: dict[int, schooltime.Stamp],
    threshold: float,
    cell: int,
) -> list[Window]:
    chosen = np.flatnonzero((table.given.year_group == year) & lessons)
    # In the order of time, so that the first row of a pupil is the first prediction.
    chosen = chosen[np.lexsort((table.given.pupil[chosen], table.given.day[chosen]))]
    weeks = table.week[chosen]
    windows, first, outcomes = [], Confidence(), Outcomes()
    seen: dict[tuple[str, str | None], set[int]] = {}
    told: set[int] = set()
    for number in np.unique(weeks):
        here = _once(table.given.pupil, chosen[weeks == number])
        stamp = stamps[int(number)]
        term = seen.setdefault((stamp.academic_year, stamp.term), set())
        new = np.array([pupil not in term for pupil in table.given.pupil[here].tolist()])
        term.update(table.given.pupil[here].tolist())
        window = _window(table, year, int(number), stamp, here, threshold)
        # Too few to tell now wait for the next window that can tell them.
        first = _added(first, table.given.score[here[new]], threshold)
        outcomes = _more_outcomes(outcomes, table.given, chosen, int(number), threshold, told)
        if window.pupils >= cell:
            tell_first, tell_outcomes = first.first >= cell, outcomes.known >= cell
            window = replace(
                window,
                confidence=first if tell_first else Confidence(),
                outcomes=outcomes if tell_outcomes else Outcomes(),
            )
            first = Confidence() if tell_first else first
            outcomes = Outcomes() if tell_outcomes else outcomes
        windows.append(window)
    return windows


def _once(pupil: clusters.IntArray, here: clusters.IntArray) -> clusters.IntArray:
    """The first of each pupil's rows."""
    _, first = np.unique(pupil[here], return_index=True)
    return here[np.sort(first)]


def _window(
    table: _Table, year: str, number: int, stamp: schooltime.Stamp, here: clusters.IntArray, threshold: float
) -> Window:
    group = np.unique(table.given.group[here], return_inverse=True)[1].astype(np.int64)
    sizes = np.bincount(group)
    found = table.bins[here]
    features = range(found.shape[1])
    counts = [np.bincount(found[:, f], minlength=table.known.sizes[f])[: table.known.sizes[f]] for f in features]
    sums = [np.bincount(group, weights=table.known.scores[f][found[:, f]]) for f in features]
    return Window(
        year_group=year,
        week=_span(number).start,
        stamp=stamp,
        pupils=len(here),
        classes=len(sizes),
        class_squares=int((sizes**2).sum()),
        counts=tuple(tuple(int(count) for count in row) for row in counts),
        between=tuple(round(UNIT * float((total**2 / sizes).sum())) for total in sums),
        scores=_scores(table.given.score[here], threshold),
    )


def _scores(score: clusters.FloatArray, threshold: float) -> Scores:
    offered = _offered(score, threshold)
    edges = np.array(watched.SCORE_EDGES)
    counts = sketches.histograms(score, edges, np.zeros(len(score), dtype=np.int64), 1)[0]
    return Scores(
        counts=tuple(int(count) for count in counts),
        total=_fixed(score),
        squares=_fixed(score**2),
        offered=int(offered.sum()),
        offered_total=_fixed(score[offered]),
    )


def _offered(score: clusters.FloatArray, threshold: float) -> clusters.BoolArray:
    """Compared in float32, the precision in which schools answer."""
    return np.asarray(score.astype(np.float32) >= np.float32(threshold))


def _fixed(values: clusters.FloatArray) -> int:
    """Each value rounded by itself, so that any order of adding gives the same."""
    return int(np.round(UNIT * values).astype(np.int64).sum())


def _added(before: Confidence, score: clusters.FloatArray, threshold: float) -> Confidence:
    unsure = int((np.abs(score - threshold) <= UNSURE).sum())
    return Confidence(before.first + len(score), before.unsure + unsure)


def _more_outcomes(
    before: Outcomes,
    given: rows.Predictions,
    chosen: clusters.IntArray,
    number: int,
    threshold: float,
    told: set[int],
) -> Outcomes:
    """Adds the outcomes that became known up to the end of this week and were not counted yet; one for each pupil."""
    end = np.datetime64(_span(number).end)
    known = chosen[(given.needed[chosen] >= 0) & (given.known_on[chosen] <= end)]
    fresh = np.array(
        [row for row in _once(given.pupil, known).tolist() if int(given.pupil[row]) not in told], dtype=np.int64
    )
    told.update(given.pupil[fresh].tolist())
    score, needed = given.score[fresh], given.needed[fresh] == 1
    return Outcomes(
        known=before.known + len(fresh),
        needed=before.needed + int(needed.sum()),
        errors=before.errors + int((_offered(score, threshold) != needed).sum()),
        total=before.total + _fixed(score),
        squares=before.squares + _fixed(score**2),
        needed_total=before.needed_total + _fixed(score[needed]),
    )


def _off_time(
    given: rows.Predictions,
    week: clusters.IntArray,
    off: clusters.BoolArray,
    stamps: dict[int, schooltime.Stamp],
    cell: int,
) -> tuple[OffTime, ...]:
    found = []
    for number in np.unique(week[off]):
        pupils = len(np.unique(given.pupil[off & (week == number)]))
        told = pupils if pupils >= cell else None
        found.append(OffTime(_span(int(number)).start, stamps[int(number)].phase, told))
    return tuple(found)
