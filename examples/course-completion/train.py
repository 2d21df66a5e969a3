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

import card
import evaluation
import numpy as np
import stages
from dataset import BAND, CATEGORIES, FEATURES, Dataset, load

from homeroom.domain import digests
from homeroom.gates import references
from homeroom.training import documents, measures, networks

MINIMUM_CELL = 10
DESCRIPTION = documents.Description(
    name="course-completion",
    purpose="support-offer",
    bands=(BAND,),
    features=FEATURES,
    offer_days=90,
    # About half of all who start do not finish, so an offer is made early: from 40 in 100 on.
    threshold=documents.Threshold(default=0.40, minimum=0.35, maximum=0.40),
    shipped="refit on all rows; the evaluation table holds scores cross-fitted over regions",
)


def build_files(data: Dataset) -> dict[str, bytes]:
    """Everything that one training makes, by file name."""
    scores = evaluation.evaluate(data)
    needed = np.asarray(data.outcome == 1)
    found = {f"{stage}_auc": round(measures.area(needed, own), 4) for stage, own in scores.items()}
    say(f"area under the ROC curve, cross-fitted: {found}")
    table, reference = evaluation.to_table(data, scores), build_reference(data)
    return {
        **build_stages(data),
        "release.json": documents.pretty(DESCRIPTION.to_json(table=table, reference=reference)),
        "reference.json": reference,
        "model_card.md": card.render(DESCRIPTION, data, scores, digests.of_bytes(table)),
        "evaluation.csv.gz": table,
        "metrics.json": documents.pretty(found),
    }


def build_stages(data: Dataset) -> dict[str, bytes]:
    """Refits on all rows, as they are shipped."""
    everybody = np.ones(len(data.outcome), dtype=bool)
    files = {"fallback.json": stages.fit_rates(data, everybody).to_bytes()}
    for name, new_model in (("core", stages.new_core), ("full", stages.new_full)):
        model = stages.fit(new_model(), data, everybody)
        content = networks.to_onnx(networks.layers_of(model), name=name, producer=DESCRIPTION.name)
        networks.refuse_other_answers(content, data.features, stages.score(model, data.features))
        files[f"{name}.onnx"] = content
    return files


def build_reference(data: Dataset) -> bytes:
    """Sketch of the training features within each module, with small counts hidden."""
    values = {name: data.features[:, column].astype(float) for column, name in enumerate(FEATURES)}
    mix = frozenset({"year"})
    return references.build(values, CATEGORIES, minimum_cell=MINIMUM_CELL, mix=mix, year_groups=data.module).to_bytes()


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
    print(json.dumps({"model": DESCRIPTION.name, "evaluation": str(digests.of_bytes(files["evaluation.csv.gz"]))}))


if __name__ == "__main__":
    main()
