"""What lies beside the stages: the evaluation table, and ``release.json``."""

import csv
import gzip
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from homeroom.domain import digests
from homeroom.stats import clusters

Column = Sequence[object] | npt.NDArray[Any]


def evaluation_table(
    known: Mapping[str, Column],
    scores: Mapping[str, clusters.FloatArray],
    features: Mapping[str, npt.NDArray[np.float32]],
    groups: Mapping[str, Column],
    *,
    seed: int,
) -> bytes:
    """The evaluation table as csv.gz, its rows in a shuffled order (docs/reference/evaluation-table.md).

    Args:
        known: ``site_id``, ``year_group``, ``outcome`` and what else there is, such as ``band``; each of shape (n,).
        scores: by stage, of people whom the stage has not seen.
        features: by column, as the model reads them; written with four decimals.
        groups: columns for evaluation only.
        seed: of the order. The same rows and seed give the same bytes.
    """
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow((*known, *(f"score_{stage}" for stage in scores), *features, *groups))
    rows = len(next(iter(known.values())))
    for row in np.random.default_rng(seed).permutation(rows):
        answers = (f"{values[row]:.6f}" for values in scores.values())
        inputs = (f"{values[row]:.4f}".removesuffix(".0000") for values in features.values())
        writer.writerow(
            (*(column[row] for column in known.values()), *answers, *inputs, *(own[row] for own in groups.values()))
        )
    return gzip.compress(text.getvalue().encode(), compresslevel=6, mtime=0)


def tokens(people: Sequence[str], *, seed: int) -> npt.NDArray[np.str_]:
    """A number for each person, drawn by chance, as the column ``pupil_token`` takes it; shape (n,).

    Unlike a hash it cannot be made again from an id alone, and nobody finds an id by trying all of them.
    """
    known, index = np.unique(np.asarray(people, dtype=np.str_), return_inverse=True)
    drawn = np.random.default_rng(seed).permutation(len(known))[index]
    return np.array([f"{number:016x}" for number in drawn.tolist()])


@dataclass(frozen=True, slots=True)
class Threshold:
    """From which score on support is offered, and how far a school may move that."""

    default: float
    minimum: float
    maximum: float


@dataclass(frozen=True, slots=True)
class Description:
    """What a packager needs to know about the files beside it.

    Attributes:
        name: of the model.
        purpose: such as ``support-offer``.
        bands: that it serves.
        features: input columns in order.
        offer_days: after which an offer is forgotten.
        threshold: default and declared range.
        shipped: how the shipped models differ from those that made the evaluation table.
    """

    name: str
    purpose: str
    bands: tuple[str, ...]
    features: tuple[str, ...]
    offer_days: int
    threshold: Threshold
    shipped: str

    def to_json(self, *, table: bytes, reference: bytes) -> dict[str, Any]:
        """``release.json`` for ``fallback.json``, ``core.onnx``, ``full.onnx`` and ``reference.json`` beside it."""
        bounds = {"minimum": self.threshold.minimum, "maximum": self.threshold.maximum}
        return {
            "schemaVersion": 1,
            "name": self.name,
            "purpose": self.purpose,
            "bands": list(self.bands),
            "features": list(self.features),
            "output": "score",
            "offerDays": self.offer_days,
            "parameters": [{"name": "threshold", "default": self.threshold.default, **bounds}],
            "stages": {
                "fallback": {"file": "fallback.json", "format": "group-rates"},
                "core": {"file": "core.onnx", "format": "onnx"},
                "full": {"file": "full.onnx", "format": "onnx"},
            },
            "evaluation": {"digest": digests.of_bytes(table)},
            "trainingReference": {"file": "reference.json", "digest": digests.of_bytes(reference)},
            "shippedModel": self.shipped,
            "signature": {
                "inputs": [{"name": "features", "type": "float32", "shape": [-1, len(self.features)]}],
                "outputs": [{"name": "score", "type": "float32", "shape": [-1]}],
            },
        }


def pretty(value: object) -> bytes:
    """JSON for people, with an end of line."""
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()
