"""The shipped model must be the evaluated one, and must help more than what needs no model."""

from dataclasses import replace

import numpy as np
import pytest
from tests.unit.gates import cases

from homeroom.domain import digests, errors, releases, verdicts
from homeroom.gates import footprint, inputs, measurements, quality, scoring

Outcome = verdicts.Outcome


def test_honest_release_agrees_and_helps() -> None:
    found = quality.decide(cases.some_evidence())

    judged = {verdict.subject: verdict.outcome for verdict in found if "calibration" not in verdict.subject}
    assert judged.pop("fallback: net benefit") is not Outcome.FAIL
    assert set(judged.values()) == {Outcome.PASS}


def test_table_of_another_model_fails() -> None:
    """Rule: an evaluation proves something about its own model only."""
    known = cases.some_evidence()
    other = cases.a_model(-cases.WEIGHTS)

    verdict = quality.decide_agreement(known, releases.Stage.FULL, other)

    assert verdict.outcome is Outcome.FAIL
    assert "is not what was evaluated" in verdict.sentence


def test_model_without_skill_fails_against_the_schools_own_rate() -> None:
    table = cases.columns()
    table["score_full"] = np.random.default_rng(1).random(len(table["z"]))

    verdict = quality.decide_benefit(cases.some_evidence(table), releases.Stage.FULL)

    assert verdict.outcome is Outcome.FAIL
    assert "helps less than the school's own rate" in verdict.sentence


def test_offering_nobody_is_no_benefit() -> None:
    """Rule: a release that offers nobody anything misses all groups alike; fairness passes it, quality does not."""
    table = cases.columns()
    for stage in ("full", "core", "fallback"):
        table[f"score_{stage}"] = np.zeros(len(table["z"]))
    known = cases.some_evidence(table)

    outcomes = {quality.decide_benefit(known, stage).outcome for stage in releases.Stage}
    assert Outcome.PASS not in outcomes


def test_model_that_does_not_take_the_features_is_refused() -> None:
    with pytest.raises(errors.SpecError, match="does not run on the release's features"):
        quality.decide_agreement(cases.some_evidence(), releases.Stage.FULL, cases.a_model(np.ones(3, np.float32)))


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
        scoring.look_up(content, cases.FEATURES, features, ["a", "b"], np.array([0, 1]))


def test_group_rates_answer_with_the_schools_rate_or_the_default() -> None:
    content = digests.canonical_json({**cases.RATES, "rates": {"a": {"K": 0.5}}})
    features = np.array([[0, 1, 0, 1, 0], [0, 1, 0, 0, 1], [0, 1, 0, 1, 0]], dtype=np.float32)

    found = scoring.look_up(content, cases.FEATURES, features, ["a", "b"], np.array([0, 0, 1]))

    assert found.tolist() == [0.5, 0.3, 0.2]


def test_row_of_no_year_group_is_refused() -> None:
    with pytest.raises(errors.SpecError, match="exactly one of its groups"):
        scoring.look_up(
            digests.canonical_json(cases.RATES), cases.FEATURES, np.zeros((1, 5), np.float32), ["a"], np.array([0])
        )


@pytest.mark.parametrize(
    ("p95_ms", "expected"), [(12.5, Outcome.PASS), (12.6, Outcome.FAIL)], ids=["on the limit", "above"]
)
def test_time_is_judged_on_the_slowest_box(p95_ms: float, expected: Outcome) -> None:
    """50 ms are allowed, and a pi4 is four times slower than the machine that measures."""
    boxes = (inputs.Hardware("nuc-i5", 16384, 8), inputs.Hardware("pi4", 2048, 4))
    measured = measurements.Measurement(p95_ms=p95_ms, peak_mib=10)

    verdict = footprint.decide_latency(cases.some_evidence(), releases.Stage.FULL, measured, boxes)

    assert verdict.outcome is expected
    assert "(pi4)" in verdict.sentence
    assert verdict.estimate is None


@pytest.mark.parametrize(
    ("memory_mib", "expected"), [(300, Outcome.PASS), (298, Outcome.FAIL)], ids=["half fits", "half is too little"]
)
def test_memory_is_judged_on_the_smallest_box(memory_mib: int, expected: Outcome) -> None:
    boxes = (inputs.Hardware("pi5", 8192, 4), inputs.Hardware("pi4", memory_mib, 4))
    measured = measurements.Measurement(p95_ms=1, peak_mib=150)

    assert footprint.decide_memory(cases.some_evidence(), releases.Stage.FULL, measured, boxes).outcome is expected


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
