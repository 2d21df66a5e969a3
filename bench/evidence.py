"""Evidence for our gates, made from arrays in memory as the peers get their frames: only the reading of files is left out."""

import itertools
import uuid
from collections.abc import Callable, Sequence
from datetime import date

import numpy as np

from bench import frames
from homeroom.domain import digests, releases
from homeroom.gates import evaluationtables, evidence, inputs, references
from homeroom.gates.policies import overlays
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
    numeric: Callable[[str], clusters.FloatArray], codes: Callable[[str], clusters.IntArray]
) -> evaluationtables.Features:
    """Features of the rows as a table holds them: float32, and one 0/1 column for each category.

    Args:
        numeric: gives a column of ``frames.NUMERIC``; asked one by one, so that there is never a second frame.
        codes: gives a column of ``frames.CATEGORICAL``.
    """
    values = (numeric(name).astype(np.float32) for name in frames.NUMERIC)
    choices = (codes(name) == letter for name in frames.CATEGORICAL for letter in range(len(frames.CATEGORIES)))
    return evaluationtables.Features.of(itertools.chain(values, (choice.astype(np.float32) for choice in choices)))


def reference(
    values: evaluationtables.Features, *, minimum_cell: int = 10, year: clusters.IntArray | None = None
) -> bytes:
    """Stored reference of training features, as a release carries it; ``year`` as in ``build``."""
    columns = {name: values.column(index).astype(np.float64).round(6) for index, name in enumerate(FEATURES)}
    years = np.array(YEARS)[_in_turn(len(values)) if year is None else year]
    return references.build(columns, ONE_HOT, minimum_cell=minimum_cell, year_groups=years).to_bytes()


def build(
    values: evaluationtables.Features,
    stored: bytes,
    *,
    school: clusters.IntArray,
    needed: clusters.BoolArray | None = None,
    scores: clusters.FloatArray | None = None,
    group: clusters.IntArray | None = None,
    year: clusters.IntArray | None = None,
    limits: gatepolicies.Spec | None = None,
) -> evidence.Evidence:
    """Evidence as ``gathering.gather`` leaves it, of rows that never were a file.

    Args:
        values: n rows.
        stored: the reference.
        school: shape (n,); 0..k-1.
        needed: shape (n,); nobody when left out, for drift does not read it.
        scores: shape (n,).
        group: shape (n,); number of each row's group; no column at all when left out, for drift does not read it.
        year: shape (n,); place of each row's year group among ``YEARS``; in turn when left out.
        limits: policy.
    """
    limits = policy() if limits is None else limits
    rows, schools = len(values), int(school.max()) + 1
    resolved = overlays.resolve(limits, bands=(BAND,), purpose=release().purpose)
    table = evaluationtables.EvaluationTable(
        digest=digests.of_bytes(b"rows"),
        sites=tuple(str(uuid.UUID(int=number + 1)) for number in range(schools)),
        site=school,
        year_group=evaluationtables.Labels.of(YEARS, _in_turn(rows) if year is None else year),
        needed=np.zeros(rows, dtype=bool) if needed is None else needed,
        scores={STAGE: np.zeros(rows) if scores is None else scores},
        features=values,
        groups={} if group is None else {GROUP: _groups(group)},
        band=evaluationtables.Labels.repeat(BAND, rows),
    )
    rng = np.random.default_rng(evidence.seed(table.digest, limits))
    return evidence.Evidence(
        release=release(),
        policy=resolved.spec,
        table=table,
        reference=references.parse(stored),
        weights=clusters.draw_weights(schools, limits.fairness.resamples, rng),
        thresholds=(THRESHOLD,),
        given=inputs.GateInputs(
            release=release(),
            release_digest=digests.of_bytes(b"bench"),
            stages={STAGE: b""},
            evaluation=b"",
            reference=stored,
            on=date(2026, 11, 2),
        ),
        policies={BAND: resolved.of_band(BAND)},
        written=limits,
        resolved=resolved,
        measured={},
    )


def _in_turn(rows: int) -> evaluationtables.Codes:
    return np.tile(np.arange(len(YEARS), dtype=np.int32), -(-rows // len(YEARS)))[:rows]


def _groups(group: clusters.IntArray) -> evaluationtables.Labels:
    return evaluationtables.Labels.of((f"g{number}" for number in range(int(group.max()) + 1)), group)
