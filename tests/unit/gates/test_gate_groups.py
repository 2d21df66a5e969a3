"""The parts of the fairness gate: sums, pairs, bands, refusals, pooled cells, and what may be published."""

import json
from dataclasses import replace
from typing import Any

import fairlearn.metrics
import numpy as np
import pytest
from tests.unit.gates import cases

from homeroom.domain import errors, releases, verdicts
from homeroom.gates import evidence, fairness, grouprates, reported
from homeroom.gates.groups import comparisons, materials, refusals, schoolcells
from homeroom.resources import gatepolicies

Outcome = verdicts.Outcome
FREE = "pupils with free lunch against pupils who pay for lunch"
_BOYS = {"name": "free-lunch-boys", "of": ["free-lunch", "boys"], "words": "boys with free lunch"}


def _policy(**fair: Any) -> gatepolicies.Spec:
    base = cases.a_policy().to_json()["fairness"]
    return cases.a_policy(fairness={**base, "permutations": 199, **fair})


def _decide(table: cases.Columns | None = None, **fair: Any) -> tuple[verdicts.Verdict, ...]:
    return fairness.decide(cases.some_evidence(table, _policy(**fair)))


def _of_check(found: tuple[verdicts.Verdict, ...], check: str) -> list[verdicts.Verdict]:
    return [verdict for verdict in found if verdict.check == check]


def test_every_verdict_has_a_check_a_sentence_and_its_own_subject() -> None:
    found = _decide(oppositeLimit=0.1, falseAlarmLimit=0.5, calibrationLimit=0.05, abrocaLimit=0.03)

    assert len(cases.by_subject(found).by_subject) == len(found)
    assert all(verdict.check.startswith("fairness.") and verdict.sentence for verdict in found)
    assert all(v.action for v in found if v.outcome in {Outcome.FAIL, Outcome.NOT_ENOUGH_EVIDENCE})


def test_sums_are_what_the_rows_say() -> None:
    known = cases.some_evidence()
    material = fairness.material_of(known)
    offered = known.offered(releases.Stage.FULL, known.thresholds[1])
    member = known.table.groups["free_lunch"].are("F") & known.table.needed

    pool = material.pool(material.scopes[0])

    assert pool.rows[:, 0, 0, 1].tolist() == known.by_school(member).tolist()
    assert pool.offered[:, 0, 0, 1, 0, 1].tolist() == known.by_school(member & offered).tolist()
    assert pool.scores[:, -1, 0, 0].sum() == pytest.approx(known.table.scores[releases.Stage.FULL].sum())
    assert pool.unrecorded.sum(axis=0).tolist() == [0, 3, 0]


def test_named_pair_is_judged_against_all_others_and_no_other_pair_is() -> None:
    table = cases.columns()
    both = (table["free_lunch"] == "F") & (table["sex"] == "M") & (table["outcome"] == 1)
    for stage in ("full", "core", "fallback"):
        table[f"score_{stage}"] = np.where(both, 0.01, table[f"score_{stage}"])

    found = cases.by_subject(_decide(table, intersections=[_BOYS]))

    verdict = found["full: boys with free lunch against all other pupils"]
    assert verdict.outcome is Outcome.FAIL
    assert not any("girls" in subject and "lunch" in subject for subject in found.by_subject)


@pytest.mark.parametrize(
    ("pair", "message"),
    [
        ({**_BOYS, "of": ["free-lunch", "nobody"]}, "nobody"),
        ({**_BOYS, "name": "boys"}, "boys"),
    ],
    ids=["unknown group", "name twice"],
)
def test_pair_that_cannot_be_judged_is_refused(pair: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.SpecError, match=message):
        _decide(intersections=[pair])


def test_pair_of_one_column_is_refused() -> None:
    protect = cases.a_policy().to_json()["fairness"]["protect"]
    protect.append({**protect[1], "name": "girls", "group": "F"})

    with pytest.raises(errors.SpecError, match="nobody is in both"):
        _decide(protect=protect, intersections=[{**_BOYS, "of": ["girls", "boys"]}])


def test_opposite_error_is_limited_only_where_the_policy_says_so() -> None:
    table = cases.columns()
    poor = (table["free_lunch"] == "F") & (table["outcome"] == 0)
    table["score_full"] = np.where(poor, 0.9, table["score_full"])

    limited = cases.by_subject(_decide(table, oppositeLimit=0.10))

    assert not _of_check(_decide(table), "fairness.opposite")
    verdict = limited[f"full: {FREE}, the opposite error"]
    assert verdict.outcome is Outcome.FAIL
    assert verdict.sentence.startswith("Pupils with free lunch who do not need support would be offered it needlessly")


@pytest.mark.parametrize(("limit", "outcome"), [(0.05, Outcome.FAIL), (0.95, Outcome.PASS)], ids=["strict", "loose"])
def test_flags_without_need_are_held_against_their_limit(limit: float, outcome: Outcome) -> None:
    found = _of_check(_decide(falseAlarmLimit=limit), "fairness.false-alarms")

    assert found[0].outcome is outcome
    assert not _of_check(_decide(), "fairness.false-alarms")


@pytest.mark.parametrize("shift", [0.2, -0.2], ids=["expects too much", "expects too little"])
def test_scores_that_do_not_fit_a_group_fail_in_both_directions(shift: float) -> None:
    table = cases.columns()
    poor = table["free_lunch"] == "F"
    table["score_full"] = np.where(poor, np.clip(table["score_full"] + shift, 0, 1), table["score_full"])

    found = cases.by_subject(_decide(table, calibrationLimit=0.05))

    assert found[f"full: {FREE}, expected against observed"].outcome is Outcome.FAIL
    assert found["core: boys against girls, expected against observed"].outcome is not Outcome.FAIL


def test_scores_that_rank_one_group_at_random_fail_by_area() -> None:
    table = cases.columns()
    poor = table["free_lunch"] == "F"
    table["score_full"] = np.where(poor, np.random.default_rng(3).random(len(poor)), table["score_full"])

    verdict = cases.by_subject(_decide(table, abrocaLimit=0.03))[f"full: {FREE}, telling who needs it"]

    assert verdict.outcome is Outcome.FAIL
    assert verdict.low > 0.03


def test_small_group_does_not_pass_by_area_for_want_of_power() -> None:
    """Rule: where an excess of the limit would go unnoticed, not noticing one is no pass."""
    found = _decide(cases.columns(asian=60), abrocaLimit=0.03)

    asian = [v for v in _of_check(found, "fairness.abroca") if "Asian" in v.subject]
    assert asian
    assert Outcome.PASS not in {verdict.outcome for verdict in asian}


@pytest.mark.parametrize("asian", range(0, 61, 12))
def test_no_group_passes_by_being_small(asian: int) -> None:
    found = _decide(cases.columns(asian=asian), excessLimit=0.02)

    assert not [v for v in found if "Asian" in v.subject and v.outcome is Outcome.PASS]


def test_column_that_is_often_not_recorded_is_not_judged() -> None:
    table = cases.columns()
    table["sex"] = np.where(np.arange(len(table["z"])) % 5 == 0, "", table["sex"])

    found = _decide(table)

    verdict = cases.by_subject(found)["not recorded: sex"]
    assert verdict.outcome is Outcome.NOT_ENOUGH_EVIDENCE
    assert "about 20 of every 100 pupils sex is not recorded" in verdict.sentence
    assert not [other for other in found if "boys" in other.subject]


def _two_bands(table: cases.Columns) -> tuple[evidence.Evidence, verdicts.Outcome]:
    table["band"] = np.where(table["year_group"] == "K", "K-2", "3-5")
    release = replace(cases.a_release(), bands=("K-2", "3-5"))
    known = cases.some_evidence(table, _policy(), release=release)
    return known, verdicts.worst(fairness.decide(known))


def test_harm_in_one_band_is_found_there() -> None:
    table, unfair = cases.columns(), cases.columns(withheld=0.8)
    young = table["year_group"] == "K"
    table["score_full"] = np.where(young, unfair["score_full"], table["score_full"])

    known, _ = _two_bands(table)

    found = cases.by_subject(fairness.decide(known))
    assert found[f"K-2: full: {FREE}"].outcome is Outcome.FAIL
    assert found[f"K-2: full: {FREE}"].band == "K-2"
    assert found[f"3-5: full: {FREE}"].outcome is not Outcome.FAIL


def test_band_without_rows_is_not_enough_evidence_for_that_band() -> None:
    table = cases.columns()
    release = replace(cases.a_release(), bands=("K-2", "3-5"))
    known = cases.some_evidence(table, _policy(), release=release)

    found = [verdict for verdict in fairness.decide(known) if verdict.band == "3-5"]

    assert {verdict.outcome for verdict in found} == {Outcome.NOT_ENOUGH_EVIDENCE}


def test_band_has_limits_of_its_own() -> None:
    known, _ = _two_bands(cases.columns())
    strict = replace(known, policies={**known.policies, "K-2": _policy(excessLimit=0.0)})

    found = [
        verdict for verdict in fairness.decide(strict) if verdict.band == "K-2" and verdict.check == "fairness.excess"
    ]

    assert {verdict.limit for verdict in found} == {0.0}
    assert {verdict.limit for verdict in fairness.decide(strict) if verdict.band == "3-5" and verdict.limit} == {0.10}


@pytest.mark.parametrize(
    ("purpose", "bands", "outcome"),
    [
        ("risk-label", ("K-2",), Outcome.FAIL),
        ("risk-label", ("3-5",), Outcome.PASS),
        ("support-offer", ("K-2",), None),
    ],
    ids=["label in K-2", "label later", "offer in K-2"],
)
def test_nobody_in_k_2_is_labelled_and_anybody_may_be_offered(
    purpose: str, bands: tuple[str, ...], outcome: Outcome | None
) -> None:
    material = fairness.material_of(cases.some_evidence())
    frame = replace(material.totals.frame, bands=bands)
    material = replace(material, purpose=purpose, totals=replace(material.totals, frame=frame))

    found = refusals.decide_use(material)

    assert [verdict.outcome for verdict in found] == ([] if outcome is None else [outcome])


def test_numbers_that_would_give_a_small_group_away_are_withheld_and_the_verdict_stays() -> None:
    """Rule: who shows all groups of a column but one shows that one too."""
    table = cases.columns(asian=4)
    protect = cases.a_policy().to_json()["fairness"]["protect"]
    protect.append({**protect[2], "name": "white", "group": "W", "words": "White pupils"})

    found = [v for v in _decide(table, protect=protect) if "White" in v.subject]

    assert found
    assert {verdict.rows for verdict in found} == {0}


def test_withheld_group_keeps_its_outcome_and_loses_its_numbers() -> None:
    table = cases.columns(asian=4)
    others = np.flatnonzero(table["ethnicity"] == "W")
    table["ethnicity"][others[::2]] = "B"
    protect = cases.a_policy().to_json()["fairness"]["protect"]
    protect += [
        {**protect[2], "name": name, "group": group, "words": name} for name, group in (("black", "B"), ("white", "W"))
    ]

    known = cases.some_evidence(table, _policy(protect=protect))
    found = [v for v in fairness.decide(known) if v.check == "fairness.excess" and v.subject.startswith("full: ")]
    text = json.dumps([t.to_json() for t in fairness.tabulate(known)])

    hidden = [verdict for verdict in found if verdict.estimate is None]
    assert len(hidden) == 1
    assert "The numbers stay hidden" in hidden[0].sentence
    name = hidden[0].subject.removeprefix("full: ").split(" against")[0]
    assert f'"{name}"' not in text
    assert not any(name in verdict.subject for verdict in reported.decide(known))


def test_pooled_cells_give_the_verdicts_of_the_rows() -> None:
    """Rule: whatever needs sums only is the same to the last digit; areas come from coarser bins."""
    policy = _policy(calibrationLimit=0.05, falseAlarmLimit=0.3, oppositeLimit=0.1, intersections=[_BOYS])
    known = cases.some_evidence(cases.columns(withheld=0.2), policy)
    documents = fairness.cells_of(known)

    seed = evidence.seed(known.table.digest, policy)
    pooled = fairness.fairness_from_cells(
        reversed(list(documents.values())), known.release, policy, known.policies, seed=seed
    )

    rows = [replace(v, evidence=known.table.digest) for v in fairness.decide(known)]
    again = [replace(v, evidence=known.table.digest) for v in pooled]
    sums_only = [v.to_json() for v in rows if v.check != "fairness.abroca"]
    assert [v.to_json() for v in again if v.check != "fairness.abroca"] == sums_only
    areas = [[v.estimate for v in found if v.check == "fairness.abroca"] for found in (rows, again)]
    assert areas[0] == pytest.approx(areas[1], abs=0.02)


def test_cells_of_other_schools_are_pooled_with_ours() -> None:
    """Rule: half of the schools by rows and half by cells are judged like all of them, whatever needs sums only."""
    table = cases.columns(withheld=0.3)
    sites = np.unique(table["site_id"])
    near = np.isin(table["site_id"], sites[:12])
    theirs = fairness.cells_of(cases.some_evidence({name: cell[~near] for name, cell in table.items()}, _policy()))
    ours = {name: cell[near] for name, cell in table.items()}

    together = fairness.decide(cases.some_evidence(ours, _policy(), cells=theirs))

    whole = cases.by_subject(fairness.decide(cases.some_evidence(table, _policy())))
    judged = _of_check(together, "fairness.excess")
    assert [(v.rows, v.estimate) for v in judged] == [
        (whole[v.subject].rows, whole[v.subject].estimate) for v in judged
    ]


def test_school_by_rows_and_by_cells_too_is_refused() -> None:
    known = cases.some_evidence()

    with pytest.raises(errors.SpecError, match="leave its cells out"):
        fairness.decide(cases.some_evidence(cells=fairness.cells_of(known)))


def _broken(**changes: Any) -> bytes:
    known = cases.some_evidence()
    document = json.loads(next(iter(fairness.cells_of(known).values())))
    return json.dumps({**document, **changes}).encode()


@pytest.mark.parametrize(
    ("contents", "message"),
    [
        ([], "no cells of schools"),
        ([b"<html>"], "not JSON"),
        ([b"[" * 100_000], "not JSON"),
        ([b"{}"], "holds no cells"),
        ([_broken(thresholds=[0.5])], "thresholds differ"),
        ([_broken(), _broken()], "twice"),
        ([_broken(rows=[1])], "'rows' that cannot be"),
        ([_broken(rows=["x"])], "no numbers under 'rows'"),
        ([_broken(rows=[float("nan")] * 16)], "'rows' that cannot be"),
        ([_broken(rows=[1e6] * 16)], "do not add up"),
    ],
    ids=["none", "html", "deep", "empty", "thresholds", "twice", "short", "words", "nan", "contradiction"],
)
def test_cells_that_cannot_be_pooled_are_refused(contents: list[bytes], message: str) -> None:
    with pytest.raises(errors.SpecError, match=message):
        fairness.fairness_from_cells(contents, cases.a_release(), cases.a_policy())


def test_cells_of_a_school_never_enter_what_is_published() -> None:
    document = json.loads(_broken())

    with pytest.raises(errors.Defect, match="about to be published"):
        schoolcells.refuse_in_evidence({"tables": [{"rows": [document]}]})
    schoolcells.refuse_in_evidence({"tables": [table.to_json() for table in fairness.tabulate(cases.some_evidence())]})


def test_every_rate_equals_fairlearn_and_so_do_the_differences() -> None:
    known = cases.some_evidence(cases.columns(withheld=0.2), _policy(intersections=[_BOYS]))
    material = fairness.material_of(known)
    pool = material.pool(material.scopes[0])
    shown = materials.judged(material, material.scopes[0], pool)
    assert len(shown) == 3
    for index in shown:
        for s, stage in enumerate(known.stages[:1]):
            for t, threshold in enumerate(known.thresholds):
                place, compared = (index, s, t), material.compared[index]
                grouprates.check(known, pool, compared, place)
                own, rest = (np.array(grouprates.ours(pool, place, side)) for side in (0, 1))
                side = comparisons.side_of(compared, known.table.groups)
                kept = side != comparisons.UNKNOWN
                given = known.table.needed[kept], known.offered(stage, threshold)[kept]
                odds = fairlearn.metrics.equalized_odds_difference(*given, sensitive_features=side[kept])
                parity = fairlearn.metrics.demographic_parity_difference(*given, sensitive_features=side[kept])
                assert np.abs(own - rest)[:2].max() == pytest.approx(odds, abs=1e-9)
                assert np.abs(own - rest)[2] == pytest.approx(parity, abs=1e-9)


def test_rates_that_differ_from_fairlearn_stop_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouprates, "ours", lambda *_: (0.5, 0.5, 0.5))

    with pytest.raises(errors.Defect, match="by Fairlearn"):
        grouprates.tabulate(cases.some_evidence())


def test_tables_show_no_group_that_is_too_small() -> None:
    known = cases.some_evidence()
    found = {table.key: table for table in (*fairness.tabulate(known), *grouprates.tabulate(known))}

    assert set(found) == {
        f"fairness.{name}"
        for name in ("gaps", "opposite", "reliability", "calibration", "abroca", "not-recorded", "rates")
    }
    assert all(len(row) == len(table.columns) for table in found.values() for row in table.rows)
    assert not any("Asian" in str(cell) for table in found.values() for row in table.rows for cell in row)
    assert ("free_lunch", 0.01) in found["fairness.not-recorded"].rows


def test_words_of_the_policy_travel_unharmed() -> None:
    hostile = "<script>alert('x')</script> {who} %s"
    protect = cases.a_policy().to_json()["fairness"]["protect"]
    protect[1] = {**protect[1], "words": hostile}

    found = _decide(protect=protect)

    assert any(hostile in verdict.sentence for verdict in found)
    assert any(hostile in verdict.subject for verdict in found)
