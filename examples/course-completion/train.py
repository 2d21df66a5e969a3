"""Trains the course-completion release, evaluates it, and writes its files.

Usage:
    python examples/course-completion/train.py --output DIR

The shipped models are refits on all rows; the evaluation table holds cross-fitted scores. Progress goes to standard error;
the last line on standard output is JSON with the name of the model and the digest of the table.
"""

import argparse
import json
import pathlib
import sys
from typing import Any

import evaluation
import numpy as np
import stages
from dataset import BAND, CATEGORIES, FEATURES, Dataset, load
from sklearn.metrics import roc_auc_score

from homeroom.domain import digests
from homeroom.gates import references

NAME = "course-completion"
THRESHOLD, LOWEST_THRESHOLD, HIGHEST_THRESHOLD = 0.40, 0.35, 0.40
"""About half of all who start do not finish, so an offer is made early: from 40 in 100 on."""
OFFER_DAYS = 90
MINIMUM_CELL = 10


def build_files(data: Dataset) -> dict[str, bytes]:
    """Everything that one training makes, by file name."""
    scores = evaluation.evaluate(data)
    found = {f"{stage}_auc": round(float(roc_auc_score(data.outcome, own)), 4) for stage, own in scores.items()}
    say(f"area under the ROC curve, cross-fitted: {found}")
    table = evaluation.to_table(data, scores)
    everybody = np.ones(len(data.outcome), dtype=bool)
    models = {
        f"{name}.onnx": stages.fit(new(), data, everybody)
        for name, new in (("full", stages.new_full), ("core", stages.new_core))
    }
    reference = build_reference(data)
    release = build_release(digests.of_bytes(table), digests.of_bytes(reference))
    return {
        **{name: stages.to_onnx(model, name.removesuffix(".onnx")) for name, model in models.items()},
        "fallback.json": stages.rates_to_bytes(*stages.fit_rates(data, everybody)),
        "release.json": (json.dumps(release, indent=2) + "\n").encode(),
        "reference.json": reference,
        "evaluation.csv.gz": table,
        "metrics.json": (json.dumps(found, indent=2) + "\n").encode(),
    }


def build_reference(data: Dataset) -> bytes:
    """Sketch of the training features with small counts hidden."""
    values = {name: data.features[:, column].astype(float) for column, name in enumerate(FEATURES)}
    return references.build(values, CATEGORIES, minimum_cell=MINIMUM_CELL, mix=frozenset({"year"})).to_bytes()


def build_release(table: digests.Digest, reference: digests.Digest) -> dict[str, Any]:
    """What a packager needs to know about the files beside it."""
    threshold = {"name": "threshold", "default": THRESHOLD, "minimum": LOWEST_THRESHOLD, "maximum": HIGHEST_THRESHOLD}
    return {
        "schemaVersion": 1,
        "name": NAME,
        "purpose": "support-offer",
        "bands": [BAND],
        "features": list(FEATURES),
        "output": "score",
        "offerDays": OFFER_DAYS,
        "parameters": [threshold],
        "stages": {
            "fallback": {"file": "fallback.json", "format": "group-rates"},
            "core": {"file": "core.onnx", "format": "onnx"},
            "full": {"file": "full.onnx", "format": "onnx"},
        },
        "evaluation": {"digest": table},
        "trainingReference": {"file": "reference.json", "digest": reference},
        "shippedModel": "refit on all rows; the evaluation table holds scores cross-fitted over regions",
        "signature": {
            "inputs": [{"name": "features", "type": "float32", "shape": [-1, len(FEATURES)]}],
            "outputs": [{"name": "score", "type": "float32", "shape": [-1]}],
        },
    }


def say(line: str) -> None:
    """One line of progress."""
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    """Trains and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=pathlib.Path, required=True, help="directory for all files")
    directory = parser.parse_args().output
    data = load()
    say(f"{len(data.outcome)} students in {len(set(data.site_id))} regions; {data.outcome.mean():.3f} did not complete")
    files = build_files(data)
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (directory / name).write_bytes(content)
    print(json.dumps({"model": NAME, "evaluation": str(digests.of_bytes(files["evaluation.csv.gz"]))}))


if __name__ == "__main__":
    main()
