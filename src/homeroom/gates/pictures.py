"""Evidently's data drift report as one HTML page, for people to open; our own numbers decide.

It is drawn from binned values: the training reference holds no rows, and no row of the evaluation shall leave the process.
"""

import os
from collections.abc import Sequence
from datetime import date

# Before Evidently is imported: it reports its use unless told not to.
os.environ["DO_NOT_TRACK"] = "1"

import evidently
import numpy as np
import pandas as pd
from evidently.presets import DataDriftPreset

from homeroom.domain import errors
from homeroom.gates import references
from homeroom.gates.evidence import Evidence
from homeroom.gates.monitoring import bins, windows
from homeroom.gates.shifts import inputcounts

MOST_ROWS = 20_000


def draw(evidence: Evidence) -> bytes:
    """The page, UTF-8."""
    reference = pd.DataFrame({feature.name: _training(feature) for feature in evidence.reference.features})
    current = pd.DataFrame({feature.name: _evaluated(evidence, feature) for feature in evidence.reference.features})
    return _draw(reference, current.head(MOST_ROWS))


def draw_windows(reports: Sequence[windows.Report], reference: references.Reference, today: date) -> bytes:
    """The page of a watch, from sketches alone: the latest windows of all schools against the training, UTF-8.

    Raises:
        SpecError: no window lies before ``today``.
    """
    known = bins.of_reference(reference)
    latest = _latest(reports, today)
    if not latest:
        raise errors.SpecError(f"no window lies before {today}: there is nothing to draw")
    columns: dict[str, pd.Series] = {}
    training: dict[str, pd.Series] = {}
    for place, feature in enumerate(known.features):
        counts = np.sum([window.counts[place] for window in latest], axis=0)
        columns[feature.name] = _repeated(_bin_labels(feature, known.edges[place]), counts)
        training[feature.name] = _repeated(
            _bin_labels(feature, known.edges[place]), _coarse_counts(feature, known.edges[place])
        )
    return _draw(pd.DataFrame(training), pd.DataFrame(columns))


def _draw(reference: pd.DataFrame, current: pd.DataFrame) -> bytes:
    report = evidently.Report([DataDriftPreset()], include_tests=False)
    snapshot = report.run(current_data=current, reference_data=reference)
    return str(snapshot.get_html_str(as_iframe=False)).encode()


def _latest(reports: Sequence[windows.Report], today: date) -> list[windows.Window]:
    """The last window of each school and year group up to a day."""
    found: dict[tuple[str, str], windows.Window] = {}
    for report in reports:
        for window in report.windows:
            key = (report.site, window.year_group)
            if window.week <= today and (key not in found or window.week > found[key].week):
                found[key] = window
    return [found[key] for key in sorted(found)]


def _bin_labels(feature: references.Feature, edges: tuple[float, ...]) -> np.ndarray:
    if isinstance(feature, references.CategorySketch):
        return np.array([*(" or ".join(group) for group in feature.columns), "none of them"])
    return _middles(np.array(edges))


def _coarse_counts(feature: references.Feature, edges: tuple[float, ...]) -> np.ndarray:
    """Training counts in the bins that schools count in, whose edges are some of the reference's own."""
    if isinstance(feature, references.CategorySketch):
        return np.array([*feature.counts, 0])
    middles = _middles(np.array(feature.edges))
    return np.bincount(
        np.searchsorted(np.array(edges), middles, side="right"), weights=feature.counts, minlength=len(edges) + 1
    )


def _repeated(labels: np.ndarray, counts: np.ndarray) -> pd.Series:
    """As many values as there are pupils, up to ``MOST_ROWS``; every column the same number."""
    total = int(counts.sum())
    rows = min(total, MOST_ROWS)
    # Each row takes the label at its place in the cumulated counts, so that columns stay equally long.
    places = (np.arange(rows) + 0.5) * total / rows
    return pd.Series(labels[np.searchsorted(np.cumsum(counts), places, side="right")])


def _training(feature: references.Feature) -> pd.Series:
    """As many values as the sketch has rows, up to ``MOST_ROWS``, each at the middle of its bin."""
    counts = np.array(feature.counts)
    share = min(1.0, MOST_ROWS / counts.sum())
    values = np.repeat(_labels(feature), np.round(counts * share).astype(int))
    return pd.Series(values)


def _evaluated(evidence: Evidence, feature: references.Feature) -> np.ndarray:
    return _labels(feature)[np.minimum(inputcounts.bin_of(evidence, feature), len(feature.counts) - 1)]


def _labels(feature: references.Feature) -> np.ndarray:
    if isinstance(feature, references.CategorySketch):
        return np.array([" or ".join(group) for group in feature.columns])
    return _middles(np.array(feature.edges))


def _middles(edges: np.ndarray) -> np.ndarray:
    """A value inside each bin: its middle, and the ends for the open ones, the first just below its edge."""
    if not len(edges):
        return np.zeros(1)
    return np.concatenate([np.nextafter(edges[:1], -np.inf), (edges[1:] + edges[:-1]) / 2, edges[-1:]])
