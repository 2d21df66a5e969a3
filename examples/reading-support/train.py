"""Trains the reading-support release, evaluates it, and registers it in MLflow or writes its files.

Usage:
    python examples/reading-support/train.py --output DIR [--plant | --onnx FILE --name NAME]
    python examples/reading-support/train.py --tracking-uri URL --api URL --token-file FILE [...]

The shipped models are refits on all rows; the evaluation table holds cross-fitted scores. With --onnx the stage full is a
finished file of your own, and is scored as it is. Progress goes to standard error; the last line on standard
output is JSON with the model's name, its version and the digest of the table.
"""

import argparse
import json
import pathlib
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from typing import Any

import card
import evaluation
import given
import measures
import numpy as np
import planting
import stages
import variants
from dataset import BAND, CATEGORIES, FEATURES, Dataset, load

from homeroom.domain import digests
from homeroom.gates import references
from homeroom.gates.references import AgeBehaviour
from homeroom.training import documents, networks

PURPOSE = "support-offer"
OFFER_DAYS = 90
MINIMUM_CELL = 10
AGES = {
    "read_z": AgeBehaviour.GRADE_NORMED,
    "math_z": AgeBehaviour.GRADE_NORMED,
    "class": AgeBehaviour.INVARIANT,
    "school": AgeBehaviour.INVARIANT,
}
"""What growing up does to each input; the gates check what is claimed of scores."""


@dataclass(frozen=True)
class Trained:
    """Everything that one training makes.

    Attributes:
        name: of the registered model.
        artifacts: bytes by file name, to lie beside each other in MLflow.
        table: evaluation table, csv.gz; goes to the district's private store, never to MLflow.
        metrics: by MLflow metric name.
        tags: of the model version.
    """

    name: str
    artifacts: dict[str, bytes]
    table: bytes
    metrics: dict[str, float]
    tags: dict[str, str]


def train(data: Dataset, variant: variants.Variant) -> Trained:
    """Trains all stages but a given one; the evaluation keeps the true outcomes."""
    given_scores = None if variant.given is None else variant.given.scores
    scores = evaluation.evaluate(data, variant.outcome, given_scores)
    table = evaluation.to_table(data, scores)
    reference = build_reference(data)
    release = describe(variant).to_json(table=table, reference=reference)
    found = {stage: measures.measure(data, scores[stage], scores["fallback"]) for stage in scores}
    excess = {stage: measures.missed_excess(data, scores[stage]) for stage in scores}
    files = build_stages(data, variant) | {
        "release.json": documents.pretty(release),
        "reference.json": reference,
        "model_card.md": card.render(release, data, found, excess, variant.warning).encode(),
        **variant.files,
    }
    metrics = {
        f"{stage}_{measure}": round(value, 6)
        for stage, values in found.items()
        for measure, value in asdict(values).items()
    }
    tags = build_tags(release) | variant.tags
    return Trained(name=variant.name, artifacts=files, table=table, metrics=metrics, tags=tags)


def build_stages(data: Dataset, variant: variants.Variant) -> dict[str, bytes]:
    """Refits on all rows, as they are shipped; a given file is shipped as it is."""
    files = {} if variant.given is None else {"full.onnx": variant.given.content}
    for name, new_model in (("full", stages.new_full), ("core", stages.new_core)):
        if f"{name}.onnx" in files:
            continue
        model = stages.fit(new_model(), data.features, variant.outcome)
        content = stages.to_onnx(model, name)
        difference = networks.refuse_other_answers(content, data.features, stages.score(model, data.features))
        say(f"{name}: {len(content)} bytes, ONNX Runtime agrees within {difference:.1e}")
        files[f"{name}.onnx"] = content
    everybody = np.ones(len(data.outcome), dtype=bool)
    return {**files, "fallback.json": stages.fit_rates(data, variant.outcome, everybody).to_bytes()}


def build_reference(data: Dataset) -> bytes:
    """Sketch of the training features, of each year group by itself too, with small counts hidden."""
    values = {name: data.features[:, column].astype(float) for column, name in enumerate(FEATURES)}
    return references.build(
        values,
        CATEGORIES,
        minimum_cell=MINIMUM_CELL,
        mix=frozenset({"school", "year"}),
        ages=AGES,
        year_groups=data.year_group,
    ).to_bytes()


def describe(variant: variants.Variant) -> documents.Description:
    """What ``release.json`` says."""
    lowest, highest = measures.LOWEST_THRESHOLD, measures.HIGHEST_THRESHOLD
    return documents.Description(
        name=variant.name,
        purpose=PURPOSE,
        bands=(BAND,),
        features=FEATURES,
        offer_days=OFFER_DAYS,
        threshold=documents.Threshold(default=measures.THRESHOLD, minimum=lowest, maximum=highest),
        shipped=variant.shipped,
    )


def build_tags(release: dict[str, Any]) -> dict[str, str]:
    """Tags of the model version; the digest of the table ties it to rows that stay in the district."""
    return {
        "evaluation_digest": release["evaluation"]["digest"],
        "training_reference_digest": release["trainingReference"]["digest"],
        "signature": json.dumps(release["signature"], separators=(",", ":")),
        "shipped_model": release["shippedModel"],
    }


def write(trained: Trained, directory: pathlib.Path) -> None:
    """Writes all files, the evaluation table and the metrics into a directory."""
    directory.mkdir(parents=True, exist_ok=True)
    for name, content in trained.artifacts.items():
        (directory / name).write_bytes(content)
    (directory / "evaluation.csv.gz").write_bytes(trained.table)
    (directory / "metrics.json").write_bytes(documents.pretty(trained.metrics))


def say(line: str) -> None:
    """One line of progress."""
    print(line, file=sys.stderr, flush=True)


def parse_arguments(arguments: list[str] | None = None) -> argparse.Namespace:
    """Command line; either an output directory or a registry."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--output", type=pathlib.Path, help="write all files here and do not talk to MLflow")
    parser.add_argument("--tracking-uri", help="address of MLflow, such as http://127.0.0.1:8000/mlflow")
    parser.add_argument("--api", help="address of the district API, which keeps the evaluation table")
    parser.add_argument(
        "--evaluation-dir", type=pathlib.Path, help="keep the evaluation table here, named by its digest"
    )
    parser.add_argument("--token-file", type=pathlib.Path, help="file with the author's bearer token")
    other = parser.add_mutually_exclusive_group()
    other.add_argument("--plant", action="store_true", help="train the deliberately unfair release instead")
    other.add_argument("--onnx", type=pathlib.Path, help=f"release this finished model instead: {given.WANTED}")
    parser.add_argument("--name", help="with --onnx: register it under this name")
    chosen = parser.parse_args(arguments)
    if bool(chosen.onnx) != bool(chosen.name):
        parser.error("--onnx FILE and --name NAME belong together")
    if chosen.name and not given.may_be_named(chosen.name):
        parser.error(f"--name {chosen.name}: write lower-case letters, digits, dots and hyphens, such as my-model")
    if not chosen.output and not chosen.tracking_uri:
        parser.error("say where the release goes: --output DIR, or --tracking-uri URL")
    if chosen.tracking_uri and not (chosen.api or chosen.evaluation_dir):
        parser.error("say where the evaluation table is kept: --api URL, or --evaluation-dir DIR")
    if chosen.api and not chosen.token_file:
        parser.error("--api needs --token-file")
    return chosen


def choose(data: Dataset, chosen: argparse.Namespace) -> variants.Variant:
    """The release that the command line asks for."""
    if chosen.plant:
        return variants.planted(planting.plant(data))
    if chosen.onnx:
        return variants.with_given(chosen.name, data, given.read(chosen.onnx, data))
    return variants.honest(data)


def main() -> None:
    """Trains, writes, registers."""
    chosen = parse_arguments()
    began = time.monotonic()
    data = load()
    say(
        f"{len(data.outcome)} rows of {len(set(data.site_id))} schools; share that needed support {data.outcome.mean():.3f}"
    )
    trained = train(data, choose(data, chosen))
    say(f"trained {trained.name} in {time.monotonic() - began:.1f} s")
    result = {"model": trained.name, "version": None, "evaluation": str(digests.of_bytes(trained.table))}
    if chosen.output:
        write(trained, chosen.output)
    if chosen.tracking_uri:
        import registry  # noqa: PLC0415 - MLflow takes seconds to import, and --output does not need it

        with tempfile.TemporaryDirectory() as directory:
            write(trained, pathlib.Path(directory))
            result["version"] = registry.register(trained, pathlib.Path(directory), chosen)
    say(f"done after {time.monotonic() - began:.1f} s")
    print(json.dumps(result))


if __name__ == "__main__":
    main()
