"""Whatever is changed in a report, its evidence or its policy is found; and what an outcome must follow from."""

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests import builders
from tests.unit.gates import cases

import homeroom
from homeroom.domain import digests
from homeroom.domain.verdicts import Outcome
from homeroom.gates import documents, fairness, quality, recomputation, tabulations, verification

canonical = digests.canonical_json


@pytest.fixture(scope="module")
def report() -> documents.GateReport:
    known = cases.some_evidence()
    table = tabulations.Table("fairness.rates", "Rates.", ("who", "rate"), (("boys", 0.25), ("few", None)))
    return documents.build(known, (*fairness.decide(known), *quality.decide(known)), [table])


def _files(report: documents.GateReport) -> verification.Files:
    return verification.Files(*(canonical(value) for value in (report.document, report.evidence, report.policy)))


def _leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Paths of everything that has no parts."""
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not isinstance(value, dict | list) or not value:
        yield path
    for name, part in parts:
        yield from _leaves(part, (*path, name))


def _changed(value: Any) -> Any:
    """Another value of the same kind."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case float():
            return round(value + 0.0001, 4)
        case str():
            return value[:-1] + ("a" if value[-1:] != "a" else "b")
        case None:
            return 0.5
        case _:
            return "something"


def _mutated(document: dict[str, Any], path: tuple[Any, ...]) -> dict[str, Any]:
    made = copy.deepcopy(document)
    *way, last = path
    place: Any = made
    for step in way:
        place = place[step]
    place[last] = _changed(place[last])
    return made


def test_what_a_run_wrote_belongs_together(report: documents.GateReport) -> None:
    verified = verification.verify(_files(report), expected=report.digest, release=report.document["release"])

    assert (verified.problems, verified.notes, verified.anchored) == ((), (), True)
    assert verified.digest == report.digest


@pytest.mark.parametrize("name", ["document", "evidence", "policy"])
def test_any_value_that_is_changed_is_found_without_a_digest_from_elsewhere(
    report: documents.GateReport, name: str
) -> None:
    """Each leaf of each document, changed to another value of its kind; the file is canonical again."""
    original: dict[str, Any] = getattr(report, name)
    paths = list(_leaves(original))
    assert len(paths) > 40
    unfound = []
    for path in paths:
        changed: dict[str, Any] = {name: _mutated(original, path)}
        if not verification.verify(_files(replace(report, **changed))).problems:
            unfound.append(path)
    assert unfound == []


@pytest.mark.parametrize("name", ["report", "evidence", "policy"])
def test_any_byte_that_is_changed_is_found(report: documents.GateReport, name: str) -> None:
    """Every 61st byte, flipped: the digests that report and approval name cover all of them."""
    files = _files(report)
    content: bytes = getattr(files, name)
    for place in range(0, len(content), 61):
        flipped = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        verified = verification.verify(replace(files, **{name: flipped}), expected=report.digest)
        assert verified.problems, place


def test_three_files_that_were_all_rewritten_do_not_have_the_digest_of_the_approval(
    report: documents.GateReport,
) -> None:
    """Rule: what fits each other is no proof; the last word has a digest from elsewhere."""
    forged = documents.build(cases.some_evidence(cases.columns(seed=8)), report.verdicts)
    harmless = replace(forged, document=forged.document)

    assert not verification.verify(_files(harmless)).anchored
    assert verification.verify(_files(harmless), expected=report.digest).problems


def test_verdicts_of_another_run_are_found(report: documents.GateReport) -> None:
    swapped = report.document | {"verdicts": report.document["verdicts"][1:]}

    assert "the verdicts are not those that the evidence was kept for" in _problems(report, swapped)


def test_report_about_another_release_is_found(report: documents.GateReport) -> None:
    other = digests.of_bytes(b"another")

    verified = verification.verify(_files(report), release=other)

    assert verified.problems == (f"the report is about release {report.document['release']}, not {other}",)


@pytest.mark.parametrize("content", [b"", b"[]", b"null", b'{"verdicts":1}', b"\xff", b"[" * 100_000, b'{"a":NaN}'])
@pytest.mark.parametrize("name", ["report", "evidence", "policy"])
def test_what_is_no_document_is_a_problem_and_no_crash(report: documents.GateReport, name: str, content: bytes) -> None:
    verified = verification.verify(replace(_files(report), **{name: content}))

    assert verified.report is None
    assert any("not the documents of a gate run" in problem for problem in verified.problems)


def test_report_of_an_older_schema_names_the_way_out(report: documents.GateReport) -> None:
    """Rule: another schema has other fields; what is said is the version to use, not the fields."""
    old = {"schemaVersion": 1, "release": report.document["release"], "result": "Pass"}

    (problem,) = verification.verify(_files(replace(report, document=old))).problems

    assert "the report is of schema 1" in problem
    assert "with the version of Homeroom that wrote it" in problem


def test_number_that_no_machine_holds_is_a_problem_and_no_crash(report: documents.GateReport) -> None:
    numbers = {"estimate": 10**400, "low": 10**400, "high": 10**400, "limit": 1}
    changed = [{**verdict, **numbers} for verdict in report.document["verdicts"]]

    assert verification.verify(_files(replace(report, document={**report.document, "verdicts": changed}))).problems


def test_pack_that_changed_since_is_named(report: documents.GateReport) -> None:
    packs = [pack | {"digest": digests.of_bytes(b"then"), "version": 7} for pack in report.policy["packs"]]

    notes = verification.verify(_files(replace(report, policy=report.policy | {"packs": packs}))).notes

    assert any("policy pack base was version 7 then" in note for note in notes)


def test_engine_of_another_version_is_named(report: documents.GateReport) -> None:
    evidence = report.evidence | {"engine": {"name": "homeroom", "version": "0.0.9"}}

    notes = verification.verify(_files(replace(report, evidence=evidence))).notes

    assert f"judged by Homeroom 0.0.9; this is {homeroom.__version__}" in notes


@pytest.mark.parametrize(
    ("outcome", "numbers", "follows"),
    [
        pytest.param(Outcome.FAIL, {"low": 0.12, "high": 0.3}, True, id="surely over"),
        pytest.param(Outcome.PASS, {"low": 0.12, "high": 0.3}, False, id="over is no pass"),
        pytest.param(Outcome.NOT_ENOUGH_EVIDENCE, {"low": 0.12, "high": 0.3}, False, id="over is no doubt"),
        pytest.param(Outcome.PASS, {"low": 0.0, "high": 0.08}, True, id="surely under"),
        pytest.param(Outcome.FAIL, {"low": 0.0, "high": 0.08}, False, id="under is no failure"),
        pytest.param(Outcome.NOT_ENOUGH_EVIDENCE, {"low": 0.0, "high": 0.08}, True, id="more cautious"),
        pytest.param(Outcome.PASS, {"low": 0.02, "high": 0.12}, False, id="across is no pass"),
        pytest.param(Outcome.FAIL, {"low": 0.02, "high": 0.12}, False, id="across is no failure"),
        pytest.param(Outcome.FAIL, {"low": 0.1, "high": 0.3}, True, id="over before rounding"),
        pytest.param(Outcome.PASS, {"low": 0.0, "high": 0.1}, True, id="under before rounding"),
        pytest.param(Outcome.PASS, {"low": 0.0, "high": 0.1002}, False, id="over after rounding too"),
        pytest.param(Outcome.PASS, {"estimate": 0.1}, True, id="at most"),
        pytest.param(Outcome.PASS, {"estimate": 0.2}, False, id="more than at most"),
        pytest.param(Outcome.NOT_ENOUGH_EVIDENCE, {}, True, id="no numbers"),
        pytest.param(Outcome.NOT_APPLICABLE, {}, True, id="only reported"),
        pytest.param(Outcome.NOT_APPLICABLE, {"low": 0.12, "high": 0.3}, False, id="over is not for information"),
        pytest.param(Outcome.NOT_APPLICABLE, {"estimate": 0.2}, False, id="nor more than at most"),
    ],
)
def test_outcome_follows_from_bounds_and_limit(outcome: Outcome, numbers: dict[str, float], follows: bool) -> None:  # noqa: FBT001 - a table
    fields: dict[str, Any] = {"estimate": None, "low": None, "high": None, "limit": 0.1, "outcome": outcome, **numbers}
    verdict = replace(builders.a_verdict(), **fields)

    assert (outcome in verification.outcomes_of(verdict)) is follows


@pytest.mark.parametrize(
    ("numbers", "outcome"),
    [
        pytest.param({"low": 0.01, "high": 0.2, "limit": 0.0}, Outcome.PASS, id="surely above"),
        pytest.param({"low": -0.2, "high": -0.01, "limit": 0.0}, Outcome.FAIL, id="surely below"),
        pytest.param({"low": -0.2, "high": 0.2, "limit": 0.0}, Outcome.NOT_ENOUGH_EVIDENCE, id="across"),
    ],
)
def test_check_that_wants_more_is_held_the_other_way_round(numbers: dict[str, Any], outcome: Outcome) -> None:
    fields = {"estimate": None, "check": "quality.benefit", "outcome": outcome, **numbers}
    allowed = verification.outcomes_of(replace(builders.a_verdict(), **fields))

    assert outcome in allowed
    assert Outcome.NOT_APPLICABLE not in allowed
    assert not allowed & ({Outcome.PASS, Outcome.FAIL} - {outcome})


@pytest.mark.parametrize(
    ("low", "high", "outcome"),
    [
        pytest.param(0.005, 0.102, Outcome.PASS, id="may be over"),
        pytest.param(0.105, 0.2, Outcome.FAIL, id="surely over"),
    ],
)
def test_claim_stands_unless_it_is_refuted(low: float, high: float, outcome: Outcome) -> None:
    fields: dict[str, Any] = {"check": "drift.age-dependent", "estimate": 0.1, "low": low, "high": high, "limit": 0.1}
    allowed = verification.outcomes_of(replace(builders.a_verdict(), outcome=outcome, **fields))

    assert outcome in allowed
    assert not allowed & ({Outcome.PASS, Outcome.FAIL} - {outcome})


def _problems(report: documents.GateReport, document: dict[str, Any]) -> tuple[str, ...]:
    return verification.verify(_files(replace(report, document=document))).problems


def test_same_run_compared_has_no_difference(report: documents.GateReport) -> None:
    assert recomputation.compare(report, report) == recomputation.Compared((), ())


@pytest.mark.parametrize(
    ("change", "said"),
    [
        pytest.param({"outcome": Outcome.FAIL}, "was Fail, is", id="outcome"),
        pytest.param({"high": 0.9}, "high was 0.9", id="number"),
        pytest.param({"rows": 5}, "rows were 5", id="rows"),
    ],
)
def test_difference_between_then_and_now_is_named(
    report: documents.GateReport, change: dict[str, Any], said: str
) -> None:
    first, *rest = report.verdicts
    then = replace(report, verdicts=(replace(first, **change), *rest))

    assert any(said in problem for problem in recomputation.compare(then, report).problems)


def test_numbers_within_the_tolerance_are_the_same(report: documents.GateReport) -> None:
    first, *rest = report.verdicts
    assert first.high is not None
    then = replace(report, verdicts=(replace(first, high=first.high + recomputation.TOLERANCE), *rest))

    assert recomputation.compare(then, report).problems == ()


def test_verdict_that_only_one_run_has_is_named(report: documents.GateReport) -> None:
    fewer = replace(report, verdicts=report.verdicts[1:])

    assert recomputation.compare(report, fewer).problems == (
        f"{report.verdicts[0].subject}: was judged then and is not now",
    )
    assert recomputation.compare(fewer, report).problems == (
        f"{report.verdicts[0].subject}: is judged now and was not then",
    )


def test_documents_hold_no_clock_and_read_back(report: documents.GateReport) -> None:
    again = documents.parse(*(json.loads(canonical(v)) for v in (report.document, report.evidence, report.policy)))

    assert again.digest == report.digest
    assert report.document["on"] == report.evidence["inputs"]["on"] == cases.ON.isoformat()


@pytest.mark.parametrize(
    ("missing", "said"),
    [(0, "at most 5 %"), (9, "at most 5 %"), (40, "about 17 %"), (231, "at least 95 %")],
    ids=["nobody", "a few", "many", "all but a few"],
)
def test_how_many_have_no_value_hides_a_few_pupils(missing: int, said: str) -> None:
    """Rule: of 240 rows and a minimum cell of 10, nothing tells whether 9 pupils or none are meant."""
    table = {name: values[:240] for name, values in cases.columns().items()}
    table["sex"] = np.where(np.arange(240) < missing, "", table["sex"])
    known = cases.some_evidence(table)

    assert documents.build(known, ()).evidence["notRecorded"]["sex"] == said


def test_another_day_or_box_is_another_report() -> None:
    """Both are inputs: an approval is of what was judged on that day for those boxes."""
    known = cases.some_evidence()
    other_day = cases.some_evidence(on=cases.ON.replace(day=3))
    other_box = cases.some_evidence(hardware=())

    found = {documents.build(evidence, ()).digest for evidence in (known, other_day, other_box)}
    assert len(found) == 3
