"""Evidence for our gates, made from arrays in memory as the peers get their frames: only the reading of files is left out."""

import csv
import gzip
import io
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import numpy.typing as npt

from bench import frames
from homeroom.domain import digests, releases
from homeroom.gates import evidence, inputs, references
from homeroom.resources import gatepolicies
from homeroom.stats import clusters

BAND, YEARS = "K-2", ("K", "1", "2")
GROUP = "group"
ONE_HOT = {name: tuple(f"{name}_{letter}" for letter in frames.CATEGORIES) for name in frames.CATEGORICAL}
FEATURES = (*frames.NUMERIC, *(column for columns in ONE_HOT.values() for column in columns))
STAGE = releases.Stage.FULL
THRESHOLD = 0.5


def policy(groups: Sequence[str] = ("g0",), resamples: int = 1000) -> gatepolicies.Spec:
    """Limits as in the example; every group is protected against all others."""
    protect = [
        {"name": name, "column": GROUP, "group": name, "words": f"pupils of {name}", "againstWords": "all others"}
        for name in groups
    ]
    return gatepolicies.Spec.model_validate(
        {
            "harm": "Missed",
            "fairness": {"protect": protect, "excessLimit": 0.10, "minimumCell": 10, "resamples": resamples},
            "drift": {"ksLimit": 0.10},
            "quality": {},
            "footprint": {"artifactMiB": 1, "memoryMiB": 256, "latencyMs": 50},
        }
    )


def release() -> releases.ReleaseConfig:
    """A release of one stage that serves at one threshold."""
    return releases.ReleaseConfig(
        name="bench",
        purpose="support-offer",
        bands=(BAND,),
        features=FEATURES,
        output="score",
        offer_days=90,
        parameters=(releases.ParameterBounds("threshold", THRESHOLD, THRESHOLD, THRESHOLD),),
        stages=(releases.StageFile(STAGE, releases.Format.ONNX, digests.of_bytes(b""), 0),),
    )


def features(
    numeric: Mapping[str, clusters.FloatArray], codes: Mapping[str, clusters.IntArray]
) -> npt.NDArray[np.float32]:
    """Features of the rows as the table holds them: float32, one 0/1 column for each category."""
    rows = len(next(iter(numeric.values())))
    matrix = np.zeros((rows, len(FEATURES)), dtype=np.float32)
    for index, name in enumerate(frames.NUMERIC):
        matrix[:, index] = numeric[name]
    for index, name in enumerate(frames.CATEGORICAL):
        matrix[np.arange(rows), len(frames.NUMERIC) + index * len(frames.CATEGORIES) + codes[name]] = 1
    return matrix


def reference(values: npt.NDArray[np.float32], *, minimum_cell: int = 10) -> bytes:
    """Stored reference of training features, as a release carries it."""
    columns = {name: values[:, index].astype(np.float64).round(6) for index, name in enumerate(FEATURES)}
    return references.build(columns, ONE_HOT, minimum_cell=minimum_cell).to_bytes()


def build(
    values: npt.NDArray[np.float32],
    stored: bytes,
    *,
    school: clusters.IntArray,
    needed: clusters.BoolArray | None = None,
    scores: clusters.FloatArray | None = None,
    group: npt.NDArray[np.str_] | None = None,
    limits: gatepolicies.Spec | None = None,
) -> evidence.Evidence:
    """Evidence as ``gather`` leaves it, of rows that never were a file.

    Args:
        values: shape (n, 48), from ``features``.
        stored: the reference.
        school: shape (n,); 0..k-1.
        needed: shape (n,); nobody when left out, for drift does not read it.
        scores: shape (n,).
        group: shape (n,).
        limits: policy.
    """
    limits = policy() if limits is None else limits
    small = evidence.gather(_few_rows(stored), limits)
    rows, schools = len(values), int(school.max()) + 1
    years = np.array(YEARS)[np.arange(rows) % len(YEARS)]
    table = replace(
        small.table,
        sites=tuple(str(uuid.UUID(int=number + 1)) for number in range(schools)),
        site=school,
        year_group=years,
        needed=np.zeros(rows, dtype=bool) if needed is None else needed,
        scores={STAGE: np.zeros(rows) if scores is None else scores},
        features=values,
        groups={GROUP: np.full(rows, "g0") if group is None else group},
        band=np.full(rows, BAND),
    )
    rng = np.random.default_rng(evidence.seed(table.digest, limits))
    weights = clusters.draw_weights(schools, limits.fairness.resamples, rng)
    return replace(small, table=table, weights=weights)


def _few_rows(stored: bytes) -> inputs.GateInputs:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(("site_id", "year_group", "band", "outcome", f"score_{STAGE.value}", *FEATURES, GROUP))
    for number in range(24):
        row = (number, *(0 for _ in FEATURES[1:]))
        writer.writerow((uuid.UUID(int=number + 1), YEARS[number % 3], BAND, number % 2, 0.5, *row, "g0"))
    return inputs.GateInputs(
        release=release(),
        release_digest=digests.of_bytes(b"bench"),
        stages={STAGE: b""},
        evaluation=gzip.compress(text.getvalue().encode(), mtime=0),
        reference=stored,
        on=date(2026, 11, 2),
    )
