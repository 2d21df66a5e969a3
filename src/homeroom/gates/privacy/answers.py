"""What a shipped stage answers about pupils it was trained on, beside what a stage answered that had not seen them."""

from dataclasses import dataclass

import numpy as np

from homeroom.domain import releases
from homeroom.gates import scoring
from homeroom.gates.evidence import Evidence, seed
from homeroom.gates.privacy.circles import Circle
from homeroom.stats import clusters, neighbours

MOST_PAIRED_ROWS = 50_000
"""Rows for which a neighbour is looked up; of more a random part."""

_SAME_WITHIN = 2e-6
"""Tables hold six decimals."""
_SAME_SHARE = 0.99
_LEAST = 1e-6
"""Smallest probability; a stage that is certain and wrong is taken for almost certain."""


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Answers of one stage.

    Attributes:
        stage: which rung.
        shipped: shape (n,); of the bytes that schools get, recomputed here.
        unseen: shape (n,); as the table says: of a stage that was trained without the row.
        is_model: whether it is a model; otherwise it is a table of group rates.
    """

    stage: releases.Stage
    shipped: clusters.FloatArray
    unseen: clusters.FloatArray
    is_model: bool

    @property
    def are_its_own(self) -> bool:
        """Whether the table holds the shipped model's own answers, so that nothing tells seen from unseen."""
        same = np.abs(self.shipped - self.unseen) <= _SAME_WITHIN
        return self.is_model and float(same.mean()) >= _SAME_SHARE


def gather(evidence: Evidence) -> tuple[Answers, ...]:
    """Answers of every stage, the best first.

    Raises:
        SpecError: a stage cannot be run on the rows.
    """
    return tuple(
        Answers(
            stage=file.stage,
            shipped=scoring.score(evidence.release, file, evidence.given.stages[file.stage], evidence.table),
            unseen=evidence.table.scores[file.stage],
            is_model=file.format is releases.Format.ONNX,
        )
        for file in reversed(evidence.release.stages)
    )


def rightness(scores: clusters.FloatArray, needed: clusters.BoolArray) -> clusters.FloatArray:
    """Probability that was given to what came true; shape (n,). Example: score 0.2 and not needed gives 0.8."""
    return np.clip(np.where(needed, scores, 1.0 - scores), _LEAST, 1.0)


def pair(evidence: Evidence, circle: Circle) -> tuple[clusters.IntArray, clusters.IntArray]:
    """Rows of the circle, and for each the pupil of the circle, school and year group who is most like it.

    Returns:
        Indices of rows and of their neighbours, both of shape (m,); rows without anybody like them are left out.
    """
    rows = circle.rows
    if rows.sum() > MOST_PAIRED_ROWS:
        rng = np.random.default_rng(seed(evidence.table.digest, evidence.policy))
        drawn = rng.choice(np.flatnonzero(rows), MOST_PAIRED_ROWS, replace=False)
        rows = np.zeros(len(rows), dtype=bool)
        rows[drawn] = True
    strata = (evidence.table.site, evidence.table.year_group.codes.astype(np.int64))
    near = neighbours.nearest_in_stratum(evidence.table.features[:], strata, rows)
    paired = np.flatnonzero(near != neighbours.NOBODY)
    return paired, near[paired]
