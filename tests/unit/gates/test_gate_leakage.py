"""A release that remembers single pupils is caught, in every stage and group; one that learnt something is not."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from sklearn.model_selection import GroupKFold
from tests.unit.gates import cases

from homeroom.domain import digests, releases, verdicts
from homeroom.gates import inputs, references, words
from homeroom.gates.evidence import Evidence
from homeroom.gates.privacy import anonymity, answers, circles, fallbackcells, leaks, membership, memorisation

Outcome = verdicts.Outcome
FULL = releases.Stage.FULL


def _features(table: cases.Columns) -> Any:
    return np.column_stack([table[name] for name in cases.FEATURES]).astype(np.float32)


def _with_tree(table: cases.Columns, **settings: Any) -> Evidence:
    """The stage full is a tree fitted to all rows; the table holds its scores cross-fitted over schools."""
    features, outcome = _features(table), table["outcome"]
    content, _ = cases.a_tree(features, outcome, **settings)
    unseen = np.zeros(len(outcome))
    for rest, fold in GroupKFold(5).split(features, outcome, table["site_id"]):
        unseen[fold] = cases.a_tree(features[rest], outcome[rest], **settings)[1].predict_proba(features[fold])[:, 1]
    stages = {**cases.STAGES, FULL: content}
    return cases.some_evidence({**table, "score_full": unseen}, release=cases.a_release(stages), stages=stages)


@pytest.fixture(scope="module")
def honest() -> Evidence:
    return cases.some_evidence()


@pytest.fixture(scope="module")
def memoriser() -> Evidence:
    return _with_tree(cases.columns())


def test_honest_release_gives_nobody_away(honest: Evidence) -> None:
    found = membership.decide(honest)

    lacking = {verdict.subject for verdict in found if verdict.outcome is not Outcome.PASS}
    assert lacking == {"every stage: who was in training, among pupils of small groups"}
    assert {verdict.check for verdict in found} == {"privacy.membership"}
    assert all(verdict.outcome is not Outcome.FAIL for verdict in memorisation.decide(honest))


def test_model_that_knows_its_rows_by_heart_is_caught(memoriser: Evidence) -> None:
    found = cases.by_subject(membership.decide(memoriser))

    verdict = found["full: who was in training"]
    assert verdict.outcome is Outcome.FAIL
    assert verdict.sentence.startswith("The model gives away who was in its training data: shown one pupil")
    assert verdict.action.startswith("Train with fewer free parameters")
    assert found["every stage: who was in training, among boys"].outcome is Outcome.FAIL
    assert found["core: who was in training"].outcome is Outcome.PASS


def test_rows_known_by_heart_are_counted(memoriser: Evidence) -> None:
    found = cases.by_subject(memorisation.decide(memoriser))

    verdict = found["full: what it remembers of single pupils"]
    assert verdict.outcome is Outcome.FAIL
    assert verdict.low > memoriser.policy.privacy.memorised_limit
    assert found["core: what it remembers of single pupils"].outcome is not Outcome.FAIL


def test_tree_that_is_kept_small_is_taken() -> None:
    """Rule: it is not the kind of model that fails, but what it keeps."""
    small = _with_tree(cases.columns(), min_samples_leaf=150)

    assert cases.by_subject(membership.decide(small))["full: who was in training"].outcome is Outcome.PASS
    remembered = cases.by_subject(memorisation.decide(small))["full: what it remembers of single pupils"]
    assert remembered.outcome is not Outcome.FAIL


def test_same_evidence_gives_the_same_verdicts(memoriser: Evidence) -> None:
    assert membership.decide(memoriser) == membership.decide(memoriser)
    assert memorisation.decide(memoriser) == memorisation.decide(memoriser)


def test_table_of_the_models_own_answers_proves_nothing() -> None:
    """Rule: where seen and unseen are the same numbers nobody can tell whether the pupils were in training."""
    table = cases.columns()
    score = 1 / (1 + np.exp(-(_features(table) @ cases.WEIGHTS + cases.BIAS).astype(np.float64)))
    own = cases.some_evidence({**table, "score_full": np.round(score, 6)})

    found = cases.by_subject(membership.decide(own))["full: who was in training"]
    assert found.outcome is Outcome.NOT_ENOUGH_EVIDENCE
    assert "its own answers" in found.sentence
    assert found.estimate is None
    remembered = cases.by_subject(memorisation.decide(own))["full: what it remembers of single pupils"]
    assert remembered.outcome is Outcome.NOT_APPLICABLE


def test_small_groups_are_looked_at_together_and_shown_without_a_number_when_too_few(honest: Evidence) -> None:
    found = cases.by_subject(membership.decide(honest))[
        "every stage: who was in training, among pupils of small groups"
    ]

    assert (found.estimate, found.low, found.high, found.rows) == (None, None, None, 0)
    assert "(Asian pupils)" in found.sentence


def _two_small_groups() -> Evidence:
    table = cases.columns()
    rng = np.random.default_rng(3)
    # In nine schools each, so none can be judged alone; together they are in more than ten.
    for name, schools in (("A", range(9)), ("H", range(9, 18))):
        rows = np.flatnonzero(np.isin(np.arange(2880) // cases.PER_SCHOOL, list(schools)))
        table["ethnicity"][rng.choice(rows, 200, replace=False)] = name
    protect = [
        {"name": n, "column": "ethnicity", "group": g, "words": w, "againstWords": "others"}
        for n, g, w in (("asian", "A", "Asian pupils"), ("hispanic", "H", "Hispanic pupils"))
    ]
    policy = cases.a_policy(fairness={"protect": protect, "minimumCell": 10, "resamples": 400})
    return cases.some_evidence(table, policy)


def test_groups_too_small_alone_are_judged_together() -> None:
    known = _two_small_groups()

    assert circles.groups(known) == ()
    together = circles.small(known)
    assert together is not None
    assert together.words == "Asian pupils, Hispanic pupils"
    found = cases.by_subject(membership.decide(known))["every stage: who was in training, among pupils of small groups"]
    assert found.rows == int(together.rows.sum()) > 350
    assert found.outcome is Outcome.PASS


def test_rows_of_small_groups_are_counted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is remembered is remembered of unusual pupils first: a model that knows only these by heart is caught."""
    known = _two_small_groups()
    few = circles.small(known)
    assert few is not None
    unseen = known.table.scores[FULL]
    stage = answers.Answers(FULL, np.where(few.rows, known.table.needed, unseen), unseen, is_model=True)
    monkeypatch.setattr(answers, "gather", lambda _evidence: (stage,))

    (found,) = memorisation.decide(known)

    assert found.outcome is Outcome.FAIL
    assert "among pupils of small groups (Asian pupils, Hispanic pupils)" in found.sentence
    assert found.rows == int(few.rows.sum())


def test_group_whose_rest_is_too_small_is_not_shown_apart() -> None:
    """Rule: numbers of all and of nearly all give those who are left out away by subtraction."""
    table = cases.columns()
    table["sex"][:] = "M"
    table["sex"][:3] = "F"

    assert "boys" not in {circle.group for circle in circles.groups(cases.some_evidence(table))}


@pytest.mark.parametrize("share", [0.0, 0.02, 0.1, 1.0])
def test_share_of_remembered_rows_is_found(honest: Evidence, share: float) -> None:
    """Rows that are answered with their own outcome, planted at random among honest ones."""
    rng = np.random.default_rng(5)
    unseen, needed = honest.table.scores[FULL], honest.table.needed
    planted = rng.random(len(needed)) < share
    stage = answers.Answers(FULL, np.where(planted, needed, unseen), unseen, is_model=True)

    memory = memorisation._remember(honest, [stage], circles.everybody(honest))[0]

    wrong = max((honest.offered(FULL, at) != needed).mean() for at in honest.thresholds)
    assert memory.share == pytest.approx(share * wrong, abs=0.012)


def test_what_is_learnt_about_a_whole_school_is_not_called_memory(honest: Evidence) -> None:
    """A stage that knows each school's rate, which the unseen one did not, moves for the neighbours just as much."""
    rng = np.random.default_rng(9)
    rate = np.clip(rng.normal(0.3, 0.15, len(honest.table.sites)), 0.02, 0.9)[honest.table.site]
    needed = rng.random(len(rate)) < rate
    known = replace(honest, table=replace(honest.table, needed=needed))
    stage = answers.Answers(FULL, rate, np.full(len(rate), 0.3), is_model=True)

    judged = leaks.bound(memorisation._remember(known, [stage], circles.everybody(known)))[0]
    attacks = membership._attack_all(known, [stage])
    comparing = next(a for a in attacks if a.how == membership.COMPARING and a.circle.group is None)

    assert judged.low < 0 < judged.high
    assert comparing.share == pytest.approx(0.5, abs=0.02)


def test_bounds_of_pupils_from_few_schools_are_wider(honest: Evidence) -> None:
    """A group that went to ten schools is not cleared by what the spread of a hundred would allow."""
    draws = np.random.default_rng(3).normal(0.5, 0.02, 4000)
    circle = circles.everybody(honest)

    def high(schools: int) -> float:
        leak = leaks.Leak(FULL, circle, 0.5, draws, schools, limited=True)
        return leaks.bound([leak])[0].high

    assert (high(10) - 0.5) / (high(10_000) - 0.5) == pytest.approx(1.17, abs=0.01)


def test_a_leak_knows_how_many_schools_its_pupils_went_to(honest: Evidence) -> None:
    few = honest.table.site < 12
    circle = replace(circles.everybody(honest), rows=few)
    stage = answers.gather(honest)[0]
    assert membership._alone(honest, stage, circle).schools == 12
    assert {leak.schools for leak in memorisation._remember(honest, [stage], circle)} == {12}


def test_tables_stand_behind_the_verdicts(memoriser: Evidence) -> None:
    table = membership.tabulate(memoriser)[0]

    worst = max(row[3] for row in table.rows if row[0] == "full" and row[1] == "all pupils")  # type: ignore[type-var]
    found = cases.by_subject(membership.decide(memoriser))["full: who was in training"]
    assert worst == pytest.approx(100 * found.estimate)
    assert all(len(row) == len(table.columns) for row in table.rows)
    assert not any("Asian" in str(row[1]) for row in table.rows)
    assert memorisation.tabulate(memoriser)[0].key == "privacy.memorised"


def _with_rates(rates: dict[str, Any], **changes: Any) -> Evidence:
    stages = {**cases.STAGES, releases.Stage.FALLBACK: digests.canonical_json({**cases.RATES, **rates})}
    return cases.some_evidence(changes.pop("table", None), release=cases.a_release(stages), stages=stages, **changes)


def _site(number: int) -> str:
    return str(cases.columns()["site_id"][number * cases.PER_SCHOOL])


def test_rates_of_whole_year_groups_are_fine() -> None:
    known = _with_rates({"rates": {_site(0): {"K": 0.25, "1": 0.31}}})

    assert [verdict.outcome for verdict in fallbackcells.decide(known)] == [Outcome.PASS]


def _with_small_cell() -> cases.Columns:
    """A school with nine pupils in K."""
    table = cases.columns()
    of_school = np.flatnonzero(np.arange(2880) < cases.PER_SCHOOL)
    table["year_K"][of_school], table["year_1"][of_school] = 0, 1
    table["year_K"][of_school[:9]], table["year_1"][of_school[:9]] = 1, 0
    return table


def test_rate_of_nine_pupils_is_refused() -> None:
    known = _with_rates({"rates": {_site(0): {"K": 0.25}}}, table=_with_small_cell())

    verdict = fallbackcells.decide(known)[0]
    assert verdict.outcome is Outcome.FAIL
    assert "fewer than 10 pupils" in verdict.sentence
    assert verdict.rows == 0


@pytest.mark.parametrize(
    ("more", "outcome"), [(0.0, Outcome.PASS), (0.1, Outcome.FAIL)], ids=["of everybody", "their own"]
)
def test_nine_pupils_of_a_year_group_may_get_the_rate_of_everybody_and_not_their_own(
    more: float, outcome: verdicts.Outcome
) -> None:
    table = cases.columns()
    table["year_1"] = (np.arange(len(table["year_1"])) < 9).astype(np.float32)
    table["year_K"] = 1 - table["year_1"]
    rate = round(float(table["outcome"].mean()), 2)

    known = _with_rates({"rates": {}, "default": {"K": 0.26, "1": rate + more}}, table=table)

    assert fallbackcells.decide(known)[0].outcome is outcome


def test_few_rows_behind_a_rate_are_no_proof_where_more_were_trained_on() -> None:
    known = _with_rates({"rates": {_site(0): {"K": 0.25}}}, table=_with_small_cell())
    larger = replace(known, reference=replace(known.reference, rows=known.reference.rows + 1000))

    assert fallbackcells.decide(larger)[0].outcome is Outcome.NOT_ENOUGH_EVIDENCE


def test_rate_of_a_school_that_was_not_evaluated_cannot_be_told() -> None:
    known = _with_rates({"rates": {"00000000-0000-0000-0000-00000000ffff": {"K": 0.25}}})

    assert fallbackcells.decide(known)[0].outcome is Outcome.NOT_ENOUGH_EVIDENCE


@pytest.mark.parametrize("rate", [0, 0.0, 1.0], ids=["whole zero", "zero", "one"])
def test_rate_that_says_the_same_of_every_pupil_is_refused(rate: float) -> None:
    known = _with_rates({"rates": {_site(0): {"K": rate}}})

    verdict = fallbackcells.decide(known)[0]
    assert verdict.outcome is Outcome.FAIL
    assert "about each of them" in verdict.sentence


def test_release_without_group_rates_has_no_such_finding() -> None:
    stages = dict(cases.STAGES)
    del stages[releases.Stage.FALLBACK]
    known = cases.some_evidence(release=cases.a_release(stages), stages=stages)

    assert fallbackcells.decide(known) == ()


def _reference(counts: tuple[int, ...], rows: int = 2880) -> bytes:
    shown = references.CategorySketch("kind", (("kind_a",), ("kind_b",)), counts)
    year = references.CategorySketch("year", (("year_K",), ("year_1",)), (rows - 1440, 1440), mix=True)
    numeric = references.ContinuousSketch("z", (0.0,), (rows - 1440, 1440))
    return references.Reference(rows=rows, minimum_cell=5, features=(numeric, shown, year)).to_bytes()


@pytest.mark.parametrize(
    ("counts", "expected"),
    [
        ((2875, 5), Outcome.PASS),
        ((2876, 4), Outcome.FAIL),
        ((2870, 6), Outcome.FAIL),
        ((2870, 5), Outcome.PASS),
    ],
    ids=["at the limit", "under it", "rest can be worked out", "rest is as large"],
)
def test_smallest_count_shown_is_limited(counts: tuple[int, ...], expected: Outcome) -> None:
    verdict = anonymity.decide_shown(cases.some_evidence(reference=_reference(counts)))

    assert verdict.outcome is expected
    assert verdict.estimate is None


def test_rare_combinations_are_reported_without_a_small_number() -> None:
    table = cases.columns()
    table["kind_a"][:], table["kind_b"][:] = 1, 0
    table["kind_a"][:4], table["kind_b"][:4] = 0, 1
    known = cases.some_evidence(table, reference=cases.a_reference(table))
    # The reference pools so small a category; one that shows it matches the rows and is told from them by its count.
    shown = replace(known.reference, features=_unpooled(known.reference.features, table))

    verdict = anonymity.report_combinations(replace(known, reference=shown))

    assert verdict.outcome is Outcome.NOT_APPLICABLE
    assert verdict.sentence.startswith("Some training rows share their combination")
    assert verdict.estimate is None


def _unpooled(features: tuple[Any, ...], table: cases.Columns) -> tuple[Any, ...]:
    counts = tuple(int(table[name].sum()) for name in ("kind_a", "kind_b"))
    kind = references.CategorySketch("kind", (("kind_a",), ("kind_b",)), counts)
    return tuple(kind if feature.name == "kind" else feature for feature in features)


def test_combinations_of_other_rows_than_the_trained_are_not_looked_up(honest: Evidence) -> None:
    other = replace(honest, reference=replace(honest.reference, rows=honest.reference.rows + 1))

    assert "not the training rows" in anonymity.report_combinations(other).sentence
    assert "shared by at least 5" in anonymity.report_combinations(honest).sentence


def test_no_sentence_uses_words_of_the_trade(memoriser: Evidence) -> None:
    gates = (membership, memorisation, anonymity, fallbackcells)
    text = " ".join(verdict.sentence for gate in gates for verdict in gate.decide(memoriser)).lower()

    assert not [word for word in ("auc", "inference", "membership", "p-value", "overfit", "drift") if word in text]


@pytest.mark.parametrize(
    ("limit", "pupils", "said"),
    [
        (0.1, 100, "at most 10 are allowed"),
        (0.55, 100, "at most 55 are allowed"),
        (0.125, 100, "at most 12.5 are allowed"),
        (0.01, 100, "at most 1 is allowed"),
        (0.004, 100, "at most 0.4 are allowed"),
        (0.01, 1000, "at most 10 are allowed"),
    ],
)
def test_limit_is_said_as_it_was_written(limit: float, pupils: int, said: str) -> None:
    """Rounded, 12.5 was 12 and 0.4 "at most fewer than 1": nobody could hold the number against it."""
    assert words.allowed(limit, pupils) == said


@pytest.mark.parametrize(
    ("share", "limit", "said"),
    [
        (0.12, 0.10, "12"),
        (0.104, 0.10, "10.4"),
        (0.096, 0.10, "9.6"),
        (0.1001, 0.10, "just over 10"),
        (0.0999, 0.10, "just under 10"),
        (0.10, 0.10, "10"),
        (0.5504, 0.55, "just over 55"),
        (0.13, 0.125, "13"),
    ],
)
def test_number_on_one_side_of_a_limit_is_not_said_to_be_at_it(share: float, limit: float, said: str) -> None:
    """A sentence that says 10 more, at most 10 are allowed, and yet fails, is believed by nobody."""
    assert words.against(share, limit) == said


def test_hardware_does_not_matter_here(honest: Evidence) -> None:
    """Rule: the privacy gate reads rows, reference and stages, never what this machine measured."""
    other = replace(honest, given=replace(honest.given, hardware=(inputs.Hardware("pi5", 1, 1),)), measured={})

    assert membership.decide(other) == membership.decide(honest)


def test_handful_of_pupils_tells_nothing_about_who_was_in_training() -> None:
    """Rule: no number about fewer pupils than the minimum cell, not even about all there are."""
    rows = np.arange(0, 6 * cases.PER_SCHOOL, cases.PER_SCHOOL)
    table = {name: values[rows] for name, values in cases.columns().items()}
    table["outcome"] = np.arange(len(rows)) % 2

    found = [v for v in membership.decide(cases.some_evidence(table)) if v.subject.endswith("who was in training")]

    assert len(found) == 3
    assert {(v.outcome, v.estimate, v.low, v.high) for v in found} == {(Outcome.NOT_ENOUGH_EVIDENCE, None, None, None)}
