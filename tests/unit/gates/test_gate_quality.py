"""The shipped model must be the evaluated one, and must help more than what needs no model."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.unit.gates import cases

from homeroom.domain import digests, errors, releases, verdicts
from homeroom.gates import footprint, inputs, quality, scoring
from homeroom.gates.evaluationtables import Features
from homeroom.gates.evidence import Evidence
from homeroom.gates.merits import (
    agreements,
    benefits,
    calibrations,
    columnorders,
    leftouts,
    orderings,
    scopes,
    stagechoices,
)
from homeroom.stats import bounds, fewclusters

Outcome = verdicts.Outcome


def test_honest_release_agrees_and_helps() -> None:
    found = quality.decide(cases.some_evidence())

    judged = {v.subject: v.outcome for v in found if v.outcome is not Outcome.NOT_APPLICABLE}
    assert judged.pop("fallback: net benefit") is not Outcome.FAIL
    assert set(judged.values()) == {Outcome.PASS}
    assert all(verdict.check.startswith("quality.") for verdict in found)


def test_table_of_another_model_fails() -> None:
    """Rule: an evaluation proves something about its own model only."""
    known = cases.some_evidence()
    other = cases.a_model(-cases.WEIGHTS)

    verdict = agreements.decide_stage(known, releases.Stage.FULL, other)

    assert verdict.outcome is Outcome.FAIL
    assert "is not what was evaluated" in verdict.sentence


def test_model_without_skill_fails_against_the_schools_own_rate() -> None:
    table = cases.columns()
    table["score_full"] = np.random.default_rng(1).random(len(table["z"]))

    verdict = cases.by_subject(benefits.decide(cases.some_evidence(table)))["full: net benefit"]

    assert verdict.outcome is Outcome.FAIL
    assert "helps less than the school's own rate" in verdict.sentence
    assert verdict.action


def test_model_that_helps_at_one_operating_point_only_does_not_pass() -> None:
    """Rule: a school may choose any threshold of the declared range, so the worst one counts."""
    table = cases.columns()
    honest = table["score_full"]
    # From 0.27 up the honest model; below, and so at the lowest threshold only, it offers to the wrong ones.
    table["score_full"] = np.where(honest >= 0.27, honest, np.where(table["outcome"] == 1, 0.0, 0.21))
    verdict = cases.by_subject(benefits.decide(cases.some_evidence(table)))["full: net benefit"]

    assert verdict.outcome is Outcome.FAIL
    assert "at threshold 0.2," in verdict.sentence


def test_offering_nobody_is_no_benefit() -> None:
    """Rule: a release that offers nobody anything misses all groups alike; fairness passes it, quality does not."""
    table = cases.columns()
    for stage in ("full", "core", "fallback"):
        table[f"score_{stage}"] = np.zeros(len(table["z"]))
    known = cases.some_evidence(table)

    assert Outcome.PASS not in {verdict.outcome for verdict in benefits.decide(known)}
    constant = cases.by_subject(orderings.decide(known))["full: tells pupils apart"]
    assert constant.outcome is Outcome.FAIL
    assert constant.check == "quality.constant"


def test_fallback_may_be_the_same_for_everybody() -> None:
    """It is a rate, not a model; and one year group has one."""
    table = cases.columns()
    table["score_fallback"] = np.full(len(table["z"]), 0.25)

    assert {v.outcome for v in orderings.decide(cases.some_evidence(table))} == {Outcome.NOT_APPLICABLE}


BANDS = ("K-2", "3-5")


def _with_bands(second: float = 0.5, **changes: Any) -> Evidence:
    """Two bands; ``second`` is the share of rows in 3-5."""
    table = cases.columns() | changes
    table["band"] = np.where(np.random.default_rng(4).random(len(table["z"])) < second, "3-5", "K-2")
    return cases.some_evidence(table, release=cases.a_release(bands=BANDS))


def test_every_band_is_judged() -> None:
    found = cases.by_subject(benefits.decide(_with_bands()))

    assert {found[f"full: net benefit{suffix}"].outcome for suffix in ("", " in K-2", " in 3-5")} == {Outcome.PASS}
    assert found["full: net benefit in 3-5"].band == "3-5"
    assert "among pupils of 3-5" in found["full: net benefit in 3-5"].sentence


def test_model_that_helps_one_band_and_hurts_another_fails() -> None:
    known = _with_bands()
    scores = known.table.scores[releases.Stage.FULL].copy()
    scores[known.in_band("3-5")] = np.random.default_rng(1).random(int(known.in_band("3-5").sum()))
    broken = replace(known, table=replace(known.table, scores={**known.table.scores, releases.Stage.FULL: scores}))

    found = cases.by_subject(benefits.decide(broken))

    assert found["full: net benefit in K-2"].outcome is Outcome.PASS
    assert found["full: net benefit in 3-5"].outcome is Outcome.FAIL


def test_thin_band_is_no_pass_and_shows_no_number() -> None:
    known = _with_bands(second=0.004)

    verdict = cases.by_subject(benefits.decide(known))["every stage: net benefit in 3-5"]
    assert verdict.outcome is Outcome.NOT_ENOUGH_EVIDENCE
    assert (verdict.estimate, verdict.rows) == (None, 0)
    hidden = [row for row in quality.tabulate(known)[0].rows if row[2] == "3-5"]
    assert {row[4:] for row in hidden} == {(None, None, None, None)}


def test_band_where_all_turned_out_alike_is_no_pass() -> None:
    known = _with_bands()
    needed = known.table.needed & known.in_band("K-2")
    alike = replace(known, table=replace(known.table, needed=needed))

    assert cases.by_subject(benefits.decide(alike))["every stage: net benefit in 3-5"].outcome is (
        Outcome.NOT_ENOUGH_EVIDENCE
    )


@pytest.mark.parametrize(
    ("shift", "limit", "expected"),
    [
        (0.0, None, Outcome.NOT_APPLICABLE),
        (0.0, 0.05, Outcome.PASS),
        (0.15, 0.05, Outcome.FAIL),
        (-0.15, 0.05, Outcome.FAIL),
        (0.05, 0.05, Outcome.NOT_ENOUGH_EVIDENCE),
    ],
    ids=["reported", "honest", "too high", "too low", "at the limit"],
)
def test_average_score_must_be_what_came_true(shift: float, limit: float | None, expected: Outcome) -> None:
    table = cases.columns()
    gap = table["score_full"].mean() - table["outcome"].mean()
    table["score_full"] = np.clip(table["score_full"] - gap + shift, 0, 1)
    given = {"agreementLimit": 0.5, "netBenefit": True, "calibrationLimit": limit}
    policy = cases.a_policy(quality={name: value for name, value in given.items() if value is not None})

    verdict = cases.by_subject(calibrations.decide(cases.some_evidence(table, policy)))["full: calibration"]

    assert verdict.outcome is expected
    assert verdict.limit == limit


@pytest.mark.parametrize(
    ("limit", "expected"),
    [(None, Outcome.NOT_APPLICABLE), (0.05, Outcome.PASS)],
    ids=["reported", "limited"],
)
def test_stages_that_decide_alike_pass(limit: float | None, expected: Outcome) -> None:
    """Core and full are the same model here."""
    quality_limits = {} if limit is None else {"stageAgreementLimit": limit}
    known = cases.some_evidence(policy=cases.a_policy(quality=quality_limits))

    verdict = cases.by_subject(stagechoices.decide(known))["core: decides as full does"]
    assert verdict.outcome is expected
    assert verdict.estimate == 0.0


def test_stage_that_decides_otherwise_fails() -> None:
    stages = {**cases.STAGES, releases.Stage.CORE: cases.a_model(-cases.WEIGHTS)}
    policy = cases.a_policy(quality={"stageAgreementLimit": 0.10})
    known = cases.some_evidence(policy=policy, stages=stages, release=cases.a_release(stages))

    verdict = cases.by_subject(stagechoices.decide(known))["core: decides as full does"]
    assert verdict.outcome is Outcome.FAIL
    assert "too often decides otherwise than the model" in verdict.sentence
    assert len(stagechoices.tabulate(known)[0].rows) == 2 * len(known.thresholds)


def test_column_that_says_nothing_is_named_and_the_one_that_matters_is_not() -> None:
    """The model reads z; kind hardly matters to it, and the year group not at all."""
    known = cases.some_evidence()

    verdict = leftouts.decide(known)[0]
    losses = {(loss.column, loss.stage): loss.measured for loss in leftouts.measure(known)}

    assert verdict.outcome is Outcome.NOT_APPLICABLE
    assert "'year'" in verdict.sentence
    assert "'z'" not in verdict.sentence
    assert losses["z", releases.Stage.FULL].low > 0.2
    assert losses["year", releases.Stage.FULL] == losses["year", releases.Stage.CORE]
    assert losses["year", releases.Stage.FULL].estimate == 0.0


def test_column_that_tells_year_groups_apart_is_shuffled_among_all() -> None:
    """Within a year group it is constant, so a model that lives on it would seem not to need it."""
    weights = np.array([0, 0, 0, 2.0, -2.0], dtype=np.float32)
    stages = {**cases.STAGES, releases.Stage.FULL: cases.a_model(weights)}
    table = cases.columns()
    rng = np.random.default_rng(2)
    table["outcome"] = (rng.random(2880) < np.where(table["year_K"] == 1, 0.7, 0.2)).astype(int)
    known = cases.some_evidence(table, stages=stages, release=cases.a_release(stages))

    losses = {(loss.column, loss.stage): loss.measured for loss in leftouts.measure(known)}
    assert losses["year", releases.Stage.FULL].low > 0.1


def test_every_column_needed_says_so() -> None:
    known = cases.some_evidence(policy=cases.a_policy(quality={"dropOneLimit": 0.0}))

    assert "there is none without which" in leftouts.decide(known)[0].sentence


@pytest.mark.parametrize(
    ("rows", "shown"), [(8, False), (3 * cases.PER_SCHOOL, True)], ids=["eight pupils", "three schools"]
)
def test_few_schools_show_another_model_and_never_the_same(rows: int, shown: bool) -> None:  # noqa: FBT001 - a table
    """Rule: so few pupils or schools cannot pass anything, and no number is about fewer pupils than the minimum cell."""
    table = {name: values[:rows] for name, values in cases.columns().items()}
    table["outcome"] = np.arange(rows) % 2
    known = cases.some_evidence(table)

    same = agreements.decide_stage(known, releases.Stage.FULL, cases.STAGES[releases.Stage.FULL])
    other = agreements.decide_stage(known, releases.Stage.FULL, cases.a_model(-cases.WEIGHTS))

    assert same.outcome is Outcome.NOT_ENOUGH_EVIDENCE
    assert other.outcome is (Outcome.FAIL if shown else Outcome.NOT_ENOUGH_EVIDENCE)
    assert [verdict.estimate is not None for verdict in (same, other)] == [shown, shown]
    assert same.rows == (rows if shown else 0)


def test_bounds_allow_for_how_little_few_schools_tell() -> None:
    """Rule: a pass at 10 schools is wrong as seldom as at 100; resamples alone let 8 of 100 through instead of 5."""
    known = cases.some_evidence()
    scores, whole = known.table.scores[releases.Stage.FULL], scopes.every(known)[0]
    means = known.weights @ known.sums_by_school(scores) / (known.weights @ known.by_school(whole.rows))

    found = scopes.bound(known, [scores], [whole])[0]

    plain = bounds.one_sided(np.array([scores.mean()]), means[:, None])
    for wide, narrow in ((found.estimate - found.low, plain.low), (found.high - found.estimate, plain.high)):
        assert wide / abs(narrow[0] - found.estimate) == pytest.approx(
            fewclusters.factor(cases.SCHOOLS, 0.95), rel=0.02
        )


def test_part_of_the_rows_in_which_nobody_needed_support_says_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule: what is drawn is judged by what is in it, so that rare needs end in no number and no stack trace."""
    monkeypatch.setattr(leftouts, "MOST_ROWS", 12)

    known = cases.some_evidence()

    assert leftouts.decide(known) == ()
    assert leftouts.tabulate(known) == ()


NAMES = ("z", "kind_a", "kind_b", "year_K", "year_1")


@pytest.mark.parametrize(
    ("order", "said"),
    [
        (["kind_a", "kind_b", "year_1", "year_K", "z"], "alphabetical order"),
        (["year_1", "year_K", "kind_b", "kind_a", "z"], "reversed order"),
        (["year_K", "kind_a", "kind_b", "z", "year_1"], "take 'z' and 'year_K' for each other"),
    ],
    ids=["alphabetical", "reversed", "two exchanged"],
)
def test_model_that_takes_its_columns_in_another_order_is_told(order: list[str], said: str) -> None:
    """An ONNX file has no names of columns, so an export in another order runs without an error."""
    weights = np.array([-1.5, 0.8, -0.8, 0.5, -0.5], dtype=np.float32)
    table = cases.columns()
    features = np.column_stack([table[name] for name in NAMES]).astype(np.float32)
    table["score_full"] = 1 / (1 + np.exp(-(features @ weights + cases.BIAS).astype(float)))
    known = cases.some_evidence(table)

    exported = cases.a_model(weights[[NAMES.index(name) for name in order]])
    verdict = agreements.decide_stage(known, releases.Stage.FULL, exported)

    assert verdict.outcome is Outcome.FAIL
    assert said in verdict.sentence


def test_difference_that_no_order_explains_gets_no_guess() -> None:
    known = cases.some_evidence()

    assert columnorders.explain(known, known.release.stages[-1], cases.a_model(-cases.WEIGHTS), 0.5) == ""


def test_order_in_which_a_model_answers_what_is_no_score_explains_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rule: the release is refused for what it does with its own columns in their own order, not for a guess of ours."""

    def refuse(*_: Any) -> None:
        raise errors.SpecError("output 'score' must be one finite number between 0 and 1 for each row")

    known = cases.some_evidence()
    monkeypatch.setattr(scoring, "run_onnx", refuse)

    assert columnorders.explain(known, known.release.stages[-1], cases.STAGES[releases.Stage.FULL], 0.5) == ""


def test_tables_show_every_question_and_column() -> None:
    keys = [table.key for table in quality.tabulate(cases.some_evidence())]

    assert keys == ["quality.bands", "quality.stages", "quality.drop-one"]


def test_model_that_does_not_take_the_features_is_refused() -> None:
    with pytest.raises(errors.SpecError, match="does not run on the release's features"):
        agreements.decide_stage(cases.some_evidence(), releases.Stage.FULL, cases.a_model(np.ones(3, np.float32)))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[1]",
        b'{"by": ["nothing_X"], "rates": {}, "default": {}}',
        digests.canonical_json({**cases.RATES, "default": {}}),
    ],
    ids=["empty", "no field", "list", "unknown feature", "no default"],
)
def test_refuses_what_is_no_table_of_group_rates(content: bytes) -> None:
    features = np.zeros((2, 5), dtype=np.float32)
    features[:, 3] = 1

    with pytest.raises(errors.SpecError, match="not a table of group rates"):
        scoring.look_up(content, cases.FEATURES, Features.of(features.T), ["a", "b"], np.array([0, 1]))


def test_group_rates_answer_with_the_schools_rate_or_the_default() -> None:
    content = digests.canonical_json({**cases.RATES, "rates": {"a": {"K": 0.5}}})
    features = np.array([[0, 1, 0, 1, 0], [0, 1, 0, 0, 1], [0, 1, 0, 1, 0]], dtype=np.float32)

    found = scoring.look_up(content, cases.FEATURES, Features.of(features.T), ["a", "b"], np.array([0, 0, 1]))

    assert found.tolist() == [0.5, 0.3, 0.2]


def test_row_of_no_year_group_is_refused() -> None:
    with pytest.raises(errors.SpecError, match="exactly one of its groups"):
        scoring.look_up(
            digests.canonical_json(cases.RATES), cases.FEATURES, Features.of(np.zeros((5, 1))), ["a"], np.array([0])
        )


def test_release_larger_than_allowed_fails() -> None:
    known = cases.some_evidence()
    large = tuple(replace(file, size_bytes=400_000) for file in known.release.stages)

    assert footprint.decide_size(known).outcome is Outcome.PASS
    assert footprint.decide_size(replace(known, release=replace(known.release, stages=large))).outcome is Outcome.FAIL


def test_bytes_that_are_not_those_of_the_release_are_refused() -> None:
    with pytest.raises(errors.SpecError, match="'full' are not those of the release"):
        cases.some_inputs(stages={**cases.STAGES, releases.Stage.FULL: b"other"})


@pytest.mark.parametrize(
    "parameters",
    [
        (),
        (releases.ParameterBounds("threshold", 0.5, 0.6, 0.9),),
        (releases.ParameterBounds("threshold", 0.5, 0.0, 1.0),),
    ],
    ids=["none", "default outside", "ends at 0 and 1"],
)
def test_release_without_a_usable_threshold_is_refused(parameters: tuple[releases.ParameterBounds, ...]) -> None:
    with pytest.raises(errors.SpecError, match="threshold"):
        inputs.thresholds(cases.a_release(parameters=parameters))
