"""Makes a release of a CSV of one's own: trains, evaluates, and writes what `homeroom gate run` reads.

Usage:
    python examples/own-data/train.py --data FILE.csv --columns columns.yaml --output DIR

docs/how-to/bring-your-own-data.md walks through it. To try another model, change ``new_full``; everything else stays.
Progress goes to standard error; the last line on standard output is JSON with the model's name and the digest of the table.
"""

import argparse
import csv
import io
import json
import pathlib
import sys
import warnings
from collections.abc import Callable

import columns
import dataset
import numpy as np
import numpy.typing as npt
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from sklearn.neural_network import MLPClassifier

from homeroom.domain import digests, errors
from homeroom.gates import references
from homeroom.training import crossfitting, documents, grouprates, measures, networks

FOLDS, PARTS, SEED, MINIMUM_CELL = 5, 10, 2026, 10
SHIPPED = "refit on all rows; the evaluation table holds scores cross-fitted over schools"

Floats = npt.NDArray[np.float64]
Model = LogisticRegression | MLPClassifier


def new_full() -> Model:
    """The model itself: a small network."""
    return MLPClassifier((16, 8), max_iter=20, batch_size=256, alpha=1e-3, learning_rate_init=3e-3, random_state=0)


def new_core() -> Model:
    """Its twin for boxes that can do less."""
    return LogisticRegression(max_iter=1000)


class Fitted:
    """A model and the scale of its numbers, which becomes part of the first layer: schools send numbers as they are."""

    def __init__(
        self, model: Model, features: npt.NDArray[np.float32], outcome: npt.NDArray[np.int64], numbers: int
    ) -> None:
        self.centre = np.zeros(features.shape[1])
        self.spread = np.ones(features.shape[1])
        self.centre[:numbers] = features[:, :numbers].mean(axis=0)
        self.spread[:numbers] = np.maximum(features[:, :numbers].std(axis=0), 1e-9)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is fixed on purpose
            self.model = model.fit((features - self.centre) / self.spread, outcome)

    def score(self, features: npt.NDArray[np.float32]) -> Floats:
        """Predicted share that needs what is offered; shape (n,)."""
        return np.asarray(self.model.predict_proba((features - self.centre) / self.spread)[:, 1], dtype=np.float64)

    def to_onnx(self, name: str, producer: str) -> bytes:
        """The file that a school runs."""
        layers = networks.scaled(networks.layers_of(self.model), self.centre, self.spread)
        return networks.to_onnx(layers, name=name, producer=producer)


def cross_fit(data: dataset.Dataset, new_model: Callable[[], Model]) -> Floats:
    """Scores of every row by models that saw neither its school nor its person; shape (n,)."""
    features = data.matrix()
    return crossfitting.cross_fit(
        GroupKFold(FOLDS).split(features, data.outcome, data.site_id),
        data.person,
        lambda seen, rows: Fitted(new_model(), features[seen], data.outcome[seen], data.numbers).score(features[rows]),
    )


def cross_fit_rates(data: dataset.Dataset) -> Floats:
    """Answers without a model, for every row by the rates of others; shape (n,)."""
    return crossfitting.cross_fit(
        crossfitting.parts(data.person, PARTS, SEED),
        data.person,
        lambda seen, rows: fit_rates(data, seen).answers(data.site_id[rows], data.year_group[rows]),
    )


def fit_rates(data: dataset.Dataset, chosen: npt.NDArray[np.bool_]) -> grouprates.GroupRates:
    """Rates of every school and year group, from the chosen rows."""
    return grouprates.fit(data.outcome[chosen], data.site_id[chosen], data.year_group[chosen], data.year_groups)


def build_files(data: dataset.Dataset, described: columns.Columns) -> dict[str, bytes]:
    """Everything that one training makes, by file name."""
    scores = {
        "full": cross_fit(data, new_full),
        "core": cross_fit(data, new_core),
        "fallback": cross_fit_rates(data),
    }
    table, reference = build_table(data, described, scores), build_reference(data)
    release = describe(data, described)
    return {
        **build_stages(data, described.name),
        "release.json": documents.pretty(release.to_json(table=table, reference=reference)),
        "reference.json": reference,
        "model_card.md": build_card(data, described, scores),
        "evaluation.csv.gz": table,
        "columns.txt": "".join(f"{name}\n" for name in data.features).encode(),
        "schools.csv": build_schools(data),
    }


def build_stages(data: dataset.Dataset, name: str) -> dict[str, bytes]:
    """Refits on all rows, as they are shipped."""
    features, everybody = data.matrix(), np.ones(len(data.outcome), dtype=bool)
    files = {"fallback.json": fit_rates(data, everybody).to_bytes()}
    for stage, new_model in (("full", new_full), ("core", new_core)):
        fitted = Fitted(new_model(), features, data.outcome, data.numbers)
        content = fitted.to_onnx(stage, name)
        networks.refuse_other_answers(content, features, fitted.score(features))
        files[f"{stage}.onnx"] = content
    return files


def build_table(data: dataset.Dataset, described: columns.Columns, scores: dict[str, Floats]) -> bytes:
    """The evaluation table, which stays in the district."""
    known: dict[str, documents.Column] = {
        "site_id": data.site_id,
        "year_group": data.year_group,
        "band": np.full(len(data.outcome), described.band.value),
        "pupil_token": data.person,
        "outcome": data.outcome,
    }
    if data.period is not None:
        known["period"] = data.period
    return documents.evaluation_table(known, scores, data.features, data.groups, seed=SEED)


def build_reference(data: dataset.Dataset) -> bytes:
    """Sketch of the training features within each year group, with small counts hidden."""
    values = {name: numbers.astype(float) for name, numbers in data.features.items()}
    mix = frozenset({"year"})
    found = references.build(values, data.categories, minimum_cell=MINIMUM_CELL, mix=mix, year_groups=data.year_group)
    return found.to_bytes()


def describe(data: dataset.Dataset, described: columns.Columns) -> documents.Description:
    """What ``release.json`` says."""
    threshold = described.threshold
    return documents.Description(
        name=described.name,
        purpose=described.purpose.value,
        bands=(described.band.value,),
        features=tuple(data.features),
        offer_days=described.offer_days,
        threshold=documents.Threshold(threshold.default, threshold.minimum, threshold.maximum),
        shipped=SHIPPED,
    )


def build_card(data: dataset.Dataset, described: columns.Columns, scores: dict[str, Floats]) -> bytes:
    """The model card: what the author says, and how good it is."""
    outcomes = measures.Outcomes(data.outcome, data.site_id, described.threshold.default)
    found = {stage: measures.measure(outcomes, own, scores[measures.BASELINE]) for stage, own in scores.items()}
    card = described.card
    return f"""\
# {described.name}

**Use.** {card.use}

**Never use it.** {card.never}

**What is weak.** {card.weak}

{len(data.outcome)} rows of {len(data.schools)} schools; {100 * data.outcome.mean():.0f} of 100 needed what is offered.
Shipped model: {SHIPPED}.

| stage (threshold {described.threshold.default}) | AUC | Brier | net benefit | gain over the baseline (one-sided 95 % bounds over schools) | of 10 offers, needless |
|---|---|---|---|---|---|
{measures.quality_rows(found)}
""".encode()


def build_schools(data: dataset.Dataset) -> bytes:
    """Which id stands for which school; it lies beside the release and does not travel with it."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows([("site_id", "school"), *((i, s) for s, i in data.schools.items())])
    return text.getvalue().encode()


def say(line: str) -> None:
    """One line of progress."""
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    """Reads, trains and writes."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--data", type=pathlib.Path, required=True, help="CSV, plain or .gz; one row for each pupil and year"
    )
    parser.add_argument("--columns", type=pathlib.Path, required=True, help="YAML that says what its columns mean")
    parser.add_argument("--output", type=pathlib.Path, required=True, help="directory for all files")
    chosen = parser.parse_args()
    described = columns.read(chosen.columns)
    data = dataset.read(chosen.data, described)
    say(f"{len(data.outcome)} rows of {len(data.schools)} schools; {data.outcome.mean():.3f} needed what is offered")
    try:
        files = build_files(data, described)
    except errors.SpecError as exc:
        raise SystemExit(str(exc)) from exc
    chosen.output.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        (chosen.output / name).write_bytes(content)
    print(json.dumps({"model": described.name, "evaluation": str(digests.of_bytes(files["evaluation.csv.gz"]))}))


if __name__ == "__main__":
    main()
