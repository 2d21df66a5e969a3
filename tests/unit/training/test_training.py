"""What a training script writes is what packaging takes, gates read and schools answer with."""

import csv
import gzip
import io
import json
import warnings

import numpy as np
import pytest
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.neural_network import MLPClassifier

from homeroom.domain import errors, releases
from homeroom.gates import scoring, tables
from homeroom.packaging import grouprates as taken
from homeroom.packaging import onnxfiles, releasefiles
from homeroom.school.serving import runners
from homeroom.stats import clusters
from homeroom.training import crossfitting, documents, grouprates, measures, networks

ROWS, COLUMNS = 240, 4
RNG = np.random.default_rng(7)
FEATURES = RNG.normal(size=(ROWS, COLUMNS)).astype(np.float32)
OUTCOME = (FEATURES[:, 0] + RNG.normal(size=ROWS) > 0).astype(np.int64)
SITE = np.array([f"00000000-0000-4000-8000-{number % 6:012d}" for number in range(ROWS)])
YEAR = np.array(["K", "1", "2"])[np.arange(ROWS) // 6 % 3]
PERSON = np.array([f"{number // 2:016x}" for number in range(ROWS)])


def a_network(**more: object) -> MLPClassifier:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return MLPClassifier((5, 3), max_iter=5, random_state=0, **more).fit(FEATURES, OUTCOME)


@pytest.mark.parametrize(
    "model", [LogisticRegression().fit(FEATURES, OUTCOME), a_network()], ids=["logistic", "network"]
)
def test_onnx_file_answers_as_the_model_and_is_taken_by_the_district(model: LogisticRegression | MLPClassifier) -> None:
    content = networks.to_onnx(networks.layers_of(model), name="full", producer="test")

    onnxfiles.refuse(content, columns=COLUMNS, output=networks.OUTPUT)
    found = scoring.run_onnx(scoring.open_session(content), networks.OUTPUT, FEATURES)

    assert found == pytest.approx(model.predict_proba(FEATURES)[:, 1], abs=1e-5)
    assert content == networks.to_onnx(networks.layers_of(model), name="full", producer="test")


@pytest.mark.parametrize(
    ("model", "said"),
    [
        pytest.param(LinearRegression().fit(FEATURES, OUTCOME.astype(float)), "LinearRegression is no fitted", id="another model"),
        pytest.param(MLPClassifier(), "is no fitted", id="not fitted"),
        pytest.param(a_network(activation="tanh"), "'tanh': train it with relu", id="another activation"),
        pytest.param(LogisticRegression().fit(FEATURES, YEAR), "3 classes apart", id="three classes"),
    ],
)  # fmt: skip
def test_model_that_would_be_written_wrongly_is_refused(model: object, said: str) -> None:
    """A network with tanh written with Relu would answer something, and nobody would notice."""
    with pytest.raises(errors.SpecError, match=said):
        networks.layers_of(model)


def test_file_that_answers_otherwise_than_its_model_is_refused() -> None:
    """Single precision loses the digits of numbers like 2,000,000 to 2,000,003, and nobody would see it in the file."""
    model = LogisticRegression().fit(FEATURES, OUTCOME)
    scores = model.predict_proba(FEATURES)[:, 1]
    layers = networks.layers_of(model)
    far = networks.scaled(layers, np.full(COLUMNS, 2e6), np.ones(COLUMNS))
    content, moved = (networks.to_onnx(own, name="full", producer="test") for own in (layers, far))

    assert networks.refuse_other_answers(content, FEATURES, scores) < networks.AGREES_WITHIN
    with pytest.raises(errors.SpecError, match="subtract a usual value from them first"):
        networks.refuse_other_answers(moved, FEATURES + np.float32(2e6), scores)


def test_group_rates_are_taken_and_answer_alike_in_training_and_at_school() -> None:
    rates = grouprates.fit(OUTCOME, SITE, YEAR, ("K", "1", "2"))
    content = rates.to_bytes()
    columns = ("year_K", "year_1", "year_2")

    taken.refuse(content)
    for site in np.unique(SITE).tolist():
        runner = runners.RatesRunner(content, site, columns)
        at_school = runner.run(np.eye(3, dtype=np.float32))
        assert at_school == pytest.approx(rates.answers(np.array([site] * 3), np.array(["K", "1", "2"])))
    assert len(set(rates.answers(SITE, YEAR).tolist())) > 3


def test_school_answers_by_whatever_column_the_district_took() -> None:
    """Intake and gates read ``track_A`` as the group A; a school that did not would have no fallback at all."""
    content = json.dumps({"kind": "group-rates", "by": ["track_A"], "rates": {}, "default": {"A": 0.5}}).encode()

    taken.refuse(content)

    assert runners.RatesRunner(content, "some-site", ("track_A",)).run(np.ones((1, 1), dtype=np.float32)) == [0.5]


def test_group_of_nine_gets_the_common_rate_and_one_of_ten_its_own() -> None:
    """A rate of a few people says something about single people."""
    sites = np.array(["few"] * 9 + ["enough"] * 10 + ["many"] * 200)
    outcome = np.array([1] * 9 + [1] * 10 + [0, 1] * 100)
    group = np.full(len(sites), "K")

    rates = grouprates.fit(outcome, sites, group, ("K",))

    assert set(rates.rates) == {"enough", "many"}
    assert rates.answers(np.array(["few", "unheard-of"]), group[:2]).tolist() == [rates.common["K"]] * 2
    assert rates.rates["enough"]["K"] > rates.common["K"]


@pytest.mark.parametrize("people", [0, 1, 9])
def test_group_that_hardly_anybody_is_in_gets_the_rate_of_everybody(people: int) -> None:
    """The rate of one pupil in a year group is that pupil's outcome, and the stage travels to every school."""
    outcome = np.array([0, 1, 1, 1] * 10 + [0] * people)
    group = np.array(["K"] * 40 + ["1"] * people)

    rates = grouprates.fit(outcome, np.full(len(group), "some-site"), group, ("K", "1"))

    assert rates.common == {"K": 0.75, "1": round(30 / (40 + people), 2)}
    assert set(rates.rates["some-site"]) == {"K"}


def test_nobody_is_scored_by_a_model_that_saw_another_row_of_theirs() -> None:
    """Folds of schools part the two rows of a person here; that person must then be left out of training."""
    folds = [(np.flatnonzero(site != SITE), np.flatnonzero(site == SITE)) for site in np.unique(SITE)]
    met = []

    def answer(chosen: clusters.BoolArray, rows: clusters.IntArray) -> clusters.FloatArray:
        met.append(set(PERSON[chosen]) & set(PERSON[rows]))
        return np.full(len(rows), chosen.sum() / ROWS)

    scores = crossfitting.cross_fit(folds, PERSON, answer)

    assert met == [set()] * 6
    assert np.isfinite(scores).all()
    assert scores.max() < 5 / 6


def test_parts_score_every_person_once_and_keep_their_rows_together() -> None:
    scored = [rows for _, rows in crossfitting.parts(PERSON, 10, seed=1)]

    assert sorted(np.concatenate(scored).tolist()) == list(range(ROWS))
    assert all(set(PERSON[seen]).isdisjoint(PERSON[rows]) for seen, rows in crossfitting.parts(PERSON, 10, seed=1))


def test_evaluation_table_is_read_by_the_gates_row_by_row_as_it_was_meant() -> None:
    """Rows are shuffled: a column out of step would give each pupil another's outcome."""
    names = ("reading", "b", "c", "d")
    known: dict[str, documents.Column] = {
        "site_id": SITE,
        "year_group": YEAR,
        "outcome": OUTCOME,
        "pupil_token": [f"{n:016x}" for n in range(ROWS)],
    }
    scores = {stage.value: np.linspace(0, 1, ROWS) for stage in releases.Stage}
    features = dict(zip(names, FEATURES.T, strict=True))

    groups = {"sex": np.where(OUTCOME, "F", "M")}
    content = documents.evaluation_table(known, scores, features, groups, seed=3)
    table = tables.parse(content, features=names, groups=["sex"], stages=list(releases.Stage), bands=["K-2"])
    rows = list(csv.DictReader(io.StringIO(gzip.decompress(content).decode())))

    assert (len(table), len(rows)) == (ROWS, ROWS)
    order = [int(row["pupil_token"], 16) for row in rows]
    assert sorted(order) == list(range(ROWS)) != order
    assert [row["sex"] for row in rows] == groups["sex"][order].tolist()
    assert [int(row["outcome"]) for row in rows] == OUTCOME[order].tolist()
    assert [float(row["reading"]) for row in rows] == pytest.approx(FEATURES[order, 0].tolist(), abs=1e-4)
    assert [float(row["score_full"]) for row in rows] == pytest.approx(scores["full"][order].tolist(), abs=1e-6)
    assert content == documents.evaluation_table(known, scores, features, groups, seed=3)


def test_tokens_keep_people_apart_and_are_no_function_of_an_id() -> None:
    """Rule: somebody who tries all ids must not find whose token it is, so the same id has another token in another table."""
    people = ["7", "12", "7", "99"]

    tokens = documents.tokens(people, seed=3)

    assert tokens[0] == tokens[2]
    assert len(set(tokens.tolist())) == 3
    assert all(len(token) == 16 for token in tokens.tolist())
    assert {documents.tokens(people, seed=seed)[0] for seed in range(20)} == set(tokens.tolist())


def test_release_json_is_what_every_reader_of_it_takes() -> None:
    described = documents.Description(
        name="reading",
        purpose="support-offer",
        bands=("K-2",),
        features=("a", "b"),
        offer_days=90,
        threshold=documents.Threshold(0.25, 0.15, 0.25),
        shipped="refit on all rows",
    ).to_json(table=b"table", reference=b"reference")

    read = releasefiles.describe(documents.pretty(described))

    assert read.features == ("a", "b")
    assert set(read.stages) == set(releases.Stage)
    assert read.reference == "reference.json"
    assert json.loads(documents.pretty(described))["parameters"][0]["maximum"] == 0.25


def test_measures_are_those_of_scikit_learn_and_nothing_gains_over_itself() -> None:
    outcomes = measures.Outcomes(OUTCOME, SITE, threshold=0.4)
    scores = 1 / (1 + np.exp(-FEATURES[:, 0].astype(np.float64)))

    found = measures.measure(outcomes, scores, scores)

    assert found.auc == pytest.approx(roc_auc_score(OUTCOME, scores))
    assert (found.gain, found.gain_low, found.gain_high) == (0.0, 0.0, 0.0)
    assert measures.measure(outcomes, scores, np.full(ROWS, 0.1)).gain_low > 0


def test_excess_of_a_group_that_is_never_offered_is_seen() -> None:
    outcomes = measures.Outcomes(OUTCOME, SITE, threshold=0.4)
    sides = {"K": (YEAR == "K", YEAR != "K")}

    (even,) = measures.missed_excess(outcomes, np.full(ROWS, 0.9), sides)
    (planted,) = measures.missed_excess(outcomes, np.where(YEAR == "K", 0.1, 0.9), sides)

    assert (even.estimate, planted.estimate) == (0.0, 1.0)
    assert "| full | K | +1.000 |" in measures.excess_rows({"full": (planted,)})
