"""Evidently's data drift report as one HTML page, for people to open; our own numbers decide.

It is drawn from binned values: the training reference holds no rows, and no row of the evaluation shall leave the process.
"""

import os

# Before Evidently is imported: it reports its use unless told not to.
os.environ["DO_NOT_TRACK"] = "1"

import evidently
import numpy as np
import pandas as pd
from evidently.presets import DataDriftPreset

from homeroom.gates import driftinputs, references
from homeroom.gates.evidence import Evidence

MOST_ROWS = 20_000


def draw(evidence: Evidence) -> bytes:
    """The page, UTF-8."""
    reference = pd.DataFrame({feature.name: _training(feature) for feature in evidence.reference.features})
    current = pd.DataFrame({feature.name: _evaluated(evidence, feature) for feature in evidence.reference.features})
    report = evidently.Report([DataDriftPreset()], include_tests=False)
    snapshot = report.run(current_data=current.head(MOST_ROWS), reference_data=reference)
    return str(snapshot.get_html_str(as_iframe=False)).encode()


def _training(feature: references.Feature) -> pd.Series:
    """As many values as the sketch has rows, up to ``MOST_ROWS``, each at the middle of its bin."""
    counts = np.array(feature.counts)
    share = min(1.0, MOST_ROWS / counts.sum())
    values = np.repeat(_labels(feature), np.round(counts * share).astype(int))
    return pd.Series(values)


def _evaluated(evidence: Evidence, feature: references.Feature) -> np.ndarray:
    return _labels(feature)[np.minimum(driftinputs.categorise(evidence, feature), len(feature.counts) - 1)]


def _labels(feature: references.Feature) -> np.ndarray:
    if isinstance(feature, references.CategorySketch):
        return np.array([" or ".join(group) for group in feature.columns])
    edges = np.array(feature.edges)
    if not len(edges):
        return np.zeros(1)
    return np.concatenate([edges[:1], (edges[1:] + edges[:-1]) / 2, edges[-1:]])
