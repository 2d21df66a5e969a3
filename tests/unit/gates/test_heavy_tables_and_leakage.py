"""What the documents promise of large tables and of leakage, on real and simulated data: run by ``make heavy``."""

import csv
import gzip
import pathlib
import subprocess
import sys
import zlib
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from tests.unit.gates import cases

from homeroom.domain import digests, releases, verdicts
from homeroom.gates import evidence
from homeroom.gates.privacy import membership, memorisation

pytestmark = pytest.mark.heavy

FULL = releases.Stage.FULL
STAR = pathlib.Path(__file__).parents[3] / "examples" / "reading-support" / "data" / "early_warning_transitions.csv.gz"
Outcome = verdicts.Outcome

READ = """
import json, pathlib, sys
from homeroom.domain import errors, releases
from homeroom.gates import tables

content, (features, groups) = pathlib.Path(sys.argv[1]).read_bytes(), json.loads(sys.argv[2])
try:
    rows = len(tables.parse(content, features=features, groups=groups, stages=[releases.Stage.FULL], bands=["K-2"]))
    said = f"{rows} rows"
except errors.SpecError as exc:
    said = str(exc)
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM:")).split()[1]
print(json.dumps([said, int(peak) // 1024]))
"""


def _read(path: pathlib.Path, features: list[str], groups: list[str]) -> tuple[str, int]:
    """What a fresh process says of the table, and its peak resident memory in MiB."""
    import json  # noqa: PLC0415 - beside the JSON that it reads

    command = [sys.executable, "-c", READ, str(path), json.dumps([features, groups])]
    done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=240)
    said, peak = json.loads(done.stdout)
    return said, peak


def test_fifty_million_rows_end_in_a_sentence_and_little_memory(tmp_path: pathlib.Path) -> None:
    packer = zlib.compressobj(1, wbits=31)
    line = b"00000000-0000-0000-0000-000000000001,K,1,0.5\n" * 10_000
    path = tmp_path / "table.csv.gz"
    with path.open("wb") as file:
        file.write(packer.compress(b"site_id,year_group,outcome,score_full\n"))
        for _ in range(5000):
            file.write(packer.compress(line))
        file.write(packer.flush())

    said, peak = _read(path, [], [])

    assert said.startswith("the evaluation table has more than 2000000 rows: sum it up per school with")
    assert peak < 250


def test_a_million_rows_of_twenty_features_are_read_in_a_gigabyte(tmp_path: pathlib.Path) -> None:
    rng = np.random.default_rng(0)
    path = tmp_path / "table.csv.gz"
    features = [f"f{index}" for index in range(20)]
    with gzip.open(path, "wt", compresslevel=1) as file:
        file.write(",".join(["site_id", "year_group", "outcome", "score_full", "sex", *features]) + "\n")
        for _ in range(100):
            numbers = rng.normal(size=(10_000, 20)).round(4)
            start = [
                f"00000000-0000-0000-0000-{site:012d},K,{site % 2},0.5,M," for site in rng.integers(0, 500, 10_000)
            ]
            file.writelines(first + ",".join(map(str, row)) + "\n" for first, row in zip(start, numbers, strict=True))

    said, peak = _read(path, features, ["sex"])

    assert said == "1000000 rows"
    assert peak < 1024


def test_tree_that_knows_star_by_heart_is_caught() -> None:
    """The planted defect on real pupils; a tree of few large leaves on the same rows is taken."""
    grown, small = (_star_with_tree(**settings) for settings in ({}, {"min_samples_leaf": 300}))

    caught = cases.by_subject((*membership.decide(grown), *memorisation.decide(grown)))
    assert caught["full: who was in training"].outcome is Outcome.FAIL
    assert caught["full: what it remembers of single pupils"].outcome is Outcome.FAIL
    taken = cases.by_subject((*membership.decide(small), *memorisation.decide(small)))
    assert taken["full: who was in training"].outcome is Outcome.PASS
    assert taken["full: what it remembers of single pupils"].outcome is Outcome.PASS


def _star_with_tree(**settings: Any) -> evidence.Evidence:
    with gzip.open(STAR, "rt", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    # Reading with mathematics in its decimals: as in the example, two scores together tell most pupils apart.
    z = np.array([float(row["read_z_in_grade"]) + float(row["math_z_in_grade"]) / 500 for row in rows])
    year = np.array([row["from_grade"] for row in rows])
    small, kindergarten = np.array([row["class_type"] == "small" for row in rows]), year == "K"
    # The five columns of the made-up district: a number, and two choices of two.
    features = np.column_stack([z, small, ~small, kindergarten, ~kindergarten]).astype(np.float32)
    outcome = np.array([int(row["next_year_bottom_quartile_reading"]) for row in rows])
    school = np.array([row["school"] for row in rows])
    content, _ = cases.a_tree(features, outcome, **settings)
    unseen = np.zeros(len(rows))
    for rest, fold in GroupKFold(5).split(features, outcome, school):
        unseen[fold] = cases.a_tree(features[rest], outcome[rest], **settings)[1].predict_proba(features[fold])[:, 1]
    sites = {name: f"00000000-0000-0000-0000-{index:012d}" for index, name in enumerate(sorted(set(school)))}
    table = {
        **cases.columns(),
        "site_id": np.array([sites[name] for name in school]),
        "year_group": year,
        "band": np.full(len(rows), "K-2"),
        "outcome": outcome,
        "score_full": unseen,
        "score_core": np.full(len(rows), 0.25),
        "score_fallback": np.full(len(rows), 0.25),
        **{name: features[:, index] for index, name in enumerate(cases.FEATURES)},
        **{name: np.array([row[name] for row in rows]) for name in ("free_lunch", "ethnicity", "sex")},
    }
    reference = cases.a_reference(table)
    stages = {**cases.STAGES, FULL: content}
    return cases.some_evidence(table, reference=reference, release=cases.a_release(stages), stages=stages)


def test_honest_models_are_seldom_called_leaky() -> None:
    """Family-wise: among 60 honest districts with school effects at most one has any failing finding (5 % of 60 is 3)."""
    failed = 0
    for number in range(60):
        known = _honest_district(np.random.default_rng(number))
        found = (*membership.decide(known), *memorisation.decide(known))
        failed += any(verdict.outcome is Outcome.FAIL for verdict in found)

    assert failed <= 3


def _honest_district(rng: np.random.Generator) -> evidence.Evidence:
    """A logistic regression refit on all rows, where schools differ; its scores cross-fitted over schools."""
    table = cases.columns(seed=int(rng.integers(1 << 30)))
    features = np.column_stack([table[name] for name in cases.FEATURES]).astype(np.float32)
    effect = rng.normal(0, 0.5, cases.SCHOOLS)[np.arange(len(features)) // cases.PER_SCHOOL]
    chance = 1 / (1 + np.exp(-(features @ cases.WEIGHTS + cases.BIAS + effect)))
    outcome = (rng.random(len(features)) < chance).astype(int)
    unseen = np.zeros(len(outcome))
    for rest, fold in GroupKFold(5).split(features, outcome, table["site_id"]):
        fitted = LogisticRegression().fit(features[rest], outcome[rest])
        unseen[fold] = fitted.predict_proba(features[fold])[:, 1]
    whole = LogisticRegression().fit(features, outcome)
    # a_model has a bias of its own; the two columns of each choice sum to one, so it fits into the weights of one.
    weights = whole.coef_[0] + np.array([0, 1, 1, 0, 0]) * (whole.intercept_[0] - cases.BIAS)
    stages = {**cases.STAGES, FULL: cases.a_model(weights.astype(np.float32))}
    given = {**table, "outcome": outcome, "score_full": unseen}
    known = cases.some_evidence(given, stages=stages, release=cases.a_release(stages))
    assert digests.of_bytes(stages[FULL]) == known.release.stages[-1].digest
    return known
