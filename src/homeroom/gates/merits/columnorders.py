"""Why a stage may not score as evaluated: it takes its columns in another order than the release names them.

An ONNX file has no names of columns, only their number, so two that were exchanged in an export run without any error.
"""

from collections.abc import Iterator

import numpy as np

from homeroom.domain import errors, releases
from homeroom.gates import scoring
from homeroom.gates.evidence import Evidence, seed

MOST_COLUMNS = 40
"""With more the pairs are too many to try."""
MOST_ROWS = 2000
MUST_SHRINK_TO = 0.5
"""An order explains a difference when it takes at least half of it away and is within the limit."""


def explain(evidence: Evidence, file: releases.StageFile, content: bytes, difference: float) -> str:
    """The order that explains the difference, as a sentence; empty when none does.

    Args:
        evidence: rows and limit.
        file: which stage.
        content: its bytes.
        difference: average difference in the order of the release.
    """
    names = evidence.release.features
    if file.format is not releases.Format.ONNX or not 1 < len(names) <= MOST_COLUMNS:
        return ""
    rng = np.random.default_rng(seed(evidence.table.digest, evidence.policy))
    rows = np.sort(rng.choice(len(evidence.table), min(MOST_ROWS, len(evidence.table)), replace=False))
    features, expected = evidence.table.features[rows], evidence.table.scores[file.stage][rows]
    session = scoring.open_session(content)

    def distance(order: list[int]) -> float:
        try:
            scores = scoring.run_onnx(session, evidence.release.output, np.ascontiguousarray(features[:, order]))
        except errors.SpecError:
            # In a wrong order a model may answer what is no score.
            return float("inf")
        return float(np.abs(scores - expected).mean())

    best, sentence = min(
        ((distance(order), sentence) for order, sentence in _orders(names)), key=lambda found: found[0]
    )
    enough = min(evidence.policy.quality.agreement_limit, MUST_SHRINK_TO * difference)
    return sentence if best < enough else ""


def _orders(names: tuple[str, ...]) -> Iterator[tuple[list[int], str]]:
    everything = list(range(len(names)))
    by_name = sorted(everything, key=names.__getitem__)
    if by_name != everything:
        yield by_name, " It seems to take its columns in alphabetical order."
    yield everything[::-1], " It seems to take its columns in reversed order."
    for first in everything:
        for second in everything[first + 1 :]:
            order = list(everything)
            order[first], order[second] = second, first
            yield order, f" It seems to take {names[first]!r} and {names[second]!r} for each other."
