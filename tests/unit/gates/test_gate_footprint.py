"""Every kind of box is looked at, the worst counts, and near a limit nobody pretends to know."""

import itertools

import pytest
from tests.unit.gates import cases

from homeroom.domain import releases, verdicts
from homeroom.gates import footprint, inputs, measurements
from homeroom.resources import schoolsites

Outcome = verdicts.Outcome
FULL = releases.Stage.FULL
BOXES = (inputs.Hardware("nuc-i5", 16384, 8), inputs.Hardware("pi4", 2048, 4))


@pytest.mark.parametrize(
    ("p95_ms", "expected"),
    [
        (10.0, Outcome.PASS),
        (10.1, Outcome.NOT_ENOUGH_EVIDENCE),
        (15.0, Outcome.NOT_ENOUGH_EVIDENCE),
        (15.1, Outcome.FAIL),
    ],
    ids=["a fifth under the limit", "within a fifth", "still within", "above"],
)
def test_time_is_judged_on_the_slowest_box(p95_ms: float, expected: Outcome) -> None:
    """50 ms are allowed, and a pi4 is four times slower than the machine that measures."""
    measured = measurements.Measurement(p95_ms=p95_ms, peak_mib=10)

    verdict = footprint.decide_latency(cases.some_evidence(), FULL, measured, BOXES)

    assert verdict.outcome is expected
    assert "(pi4)" in verdict.sentence
    assert verdict.estimate is None
    assert bool(verdict.action) is (expected is not Outcome.PASS)


@pytest.mark.parametrize(
    ("memory_mib", "expected"),
    [(375, Outcome.PASS), (374, Outcome.NOT_ENOUGH_EVIDENCE), (250, Outcome.NOT_ENOUGH_EVIDENCE), (249, Outcome.FAIL)],
    ids=["half is a quarter more", "close", "still close", "half is too little"],
)
def test_memory_is_judged_on_the_smallest_box(memory_mib: int, expected: Outcome) -> None:
    """A stage that takes 150 MiB, where it may use half of the box."""
    boxes = (inputs.Hardware("pi5", 8192, 4), inputs.Hardware("pi4", memory_mib, 4))
    measured = measurements.Measurement(p95_ms=1, peak_mib=150)

    assert footprint.decide_memory(cases.some_evidence(), FULL, measured, boxes).outcome is expected


def test_numbers_of_this_machine_are_in_no_verdict_and_no_table() -> None:
    """Rule: two machines that find the same say the same, to the last character."""
    said = [
        (footprint.decide(known), footprint.tabulate(known))
        for p95, peak in ((0.0123, 61.5), (0.0456, 77.7))
        for known in [cases.some_evidence(measured={FULL: measurements.Measurement(p95, peak)})]
    ]

    assert said[0] == said[1]


def test_every_shipped_profile_counts_while_no_school_is_known() -> None:
    known = cases.some_evidence(hardware=(), measured={FULL: measurements.Measurement(1, 10)})

    assert {row[0] for row in footprint.tabulate(known)[0].rows} == {profile.value for profile in schoolsites.Profile}
    verdict = cases.by_subject(footprint.decide(known))["full: time to answer"]
    assert verdict.outcome is Outcome.PASS
    assert "(pi4)" in verdict.sentence


def test_every_profile_has_a_factor_and_a_memory() -> None:
    assert set(footprint.SLOWNESS) == set(footprint.LEAST_MEMORY_MIB) == set(schoolsites.Profile)


def test_profile_that_is_not_known_counts_as_the_slowest() -> None:
    measured = measurements.Measurement(p95_ms=16, peak_mib=10)
    boxes = (inputs.Hardware("museum-piece", 8192, 1),)

    assert footprint.decide_latency(cases.some_evidence(), FULL, measured, boxes).outcome is Outcome.FAIL


def test_order_of_boxes_changes_nothing() -> None:
    measured = measurements.Measurement(p95_ms=9, peak_mib=100)
    boxes = (*BOXES, inputs.Hardware("pi4", 4096, 4))

    said = {
        footprint.decide_memory(cases.some_evidence(), FULL, measured, order) for order in itertools.permutations(boxes)
    }
    assert len(said) == 1


def test_table_says_which_box_a_stage_does_not_fit() -> None:
    known = cases.some_evidence(hardware=BOXES, measured={FULL: measurements.Measurement(p95_ms=20, peak_mib=10)})

    rows = {row[0]: row[3] for row in footprint.tabulate(known)[0].rows}
    assert rows == {"nuc-i5": "yes", "pi4": "no"}
