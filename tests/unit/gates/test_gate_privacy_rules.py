"""Purpose register, forbidden columns, required groups, laws and privacy budgets: what each rule says, and what it says when a fact is missing."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from tests.unit.gates import cases

from homeroom.domain import errors, releases, verdicts
from homeroom.gates.policies import packs
from homeroom.gates.privacy import duties, facts, membership, registers
from homeroom.resources import gatepolicies

PASS, FAIL = verdicts.Outcome.PASS, verdicts.Outcome.FAIL
NOTHING, UNKNOWN = verdicts.Outcome.NOT_APPLICABLE, verdicts.Outcome.NOT_ENOUGH_EVIDENCE
KIND, OTHERS = gatepolicies.Kind, gatepolicies.TrainedBy.PROCESSOR_OWN
DAY = date(2026, 11, 25)
LOW, MIDDLE, HIGH = ("K-2",), ("6-8",), ("9-12",)
LEDGER = releases.LedgerRecord("support-offer", "student-year", "gaussian-sgd", 1e-6, 0.5, 1.5)
STATEMENT = releases.PrivacyStatement("student-year", 1.0, 1e-6, "gaussian-sgd", LEDGER)


def an_entry(**overrides: Any) -> gatepolicies.PurposeEntry:
    """Everything written down."""
    return gatepolicies.PurposeEntry.model_validate(
        {
            "purpose": "support-offer",
            "columns": ["z", "kind"],
            "bands": ["K-2", "6-8"],
            "basis": "public task",
            "owner": "the data office",
            "retentionDays": 300,
            "expires": "2027-07-31",
            "trainedBy": "District",
            "dpia": "DPIA-7",
            "agreement": "A-12",
            "overseer": "the class teacher",
            "rights": "the data office, room 3",
            "bestInterests": "N-4",
            "rightsAssessment": "FRIA-2",
            "logDays": 200,
            "flagDays": 90,
            **overrides,
        }
    )


def without(*fields: str) -> gatepolicies.PurposeEntry:
    return an_entry().model_copy(update=dict.fromkeys(fields))


def some_facts(**overrides: Any) -> facts.Facts:
    """A release that keeps to everything, on an ordinary day."""
    known = facts.Facts(
        purpose="support-offer",
        bands=LOW,
        offer_days=90,
        features=(facts.Column("z", frozenset()), facts.Column("kind", frozenset())),
        table=(facts.Column("site_id", frozenset()),),
        on=DAY,
        register=True,
        entry=an_entry(),
        policy=cases.a_policy(),
        packs=(packs.load("base"),),
        statement=None,
        trained_on=5000,
        membership=PASS,
    )
    return replace(known, **overrides)


def of_kind(kind: gatepolicies.Kind, name: str = "q17") -> tuple[facts.Column, ...]:
    return (facts.Column(name, frozenset({kind})),)


def asked(rule: str, pack: str | None = None) -> facts.Parameters:
    """What the shipped packs say beside the rule's name."""
    lines = [
        line for name in packs.shipped() for line in packs.load(name).rules if line.rule == rule if pack in (None, name)
    ]
    return lines[0].parameters if lines else {}


CASES: list[tuple[str, dict[str, Any], verdicts.Outcome | None]] = [
    ("purpose.registered", {}, PASS),
    ("purpose.registered", {"entry": None}, FAIL),
    ("purpose.registered", {"entry": None, "register": False}, NOTHING),
    ("purpose.columns", {}, PASS),
    ("purpose.columns", {"features": (facts.Column("Kind", frozenset()),)}, PASS),
    ("purpose.columns", {"features": (facts.Column("shoe_size", frozenset()),)}, FAIL),
    ("purpose.bands", {}, PASS),
    ("purpose.bands", {"bands": ("K-2", "9-12")}, FAIL),
    ("purpose.expiry", {"on": date(2027, 7, 31)}, PASS),
    ("purpose.expiry", {"on": date(2027, 8, 1)}, FAIL),
    ("purpose.flagDays", {}, PASS),
    ("purpose.flagDays", {"offer_days": 91}, FAIL),
    ("features.forbidden", {}, PASS),
    *(
        ("features.forbidden", {"features": of_kind(kind)}, FAIL)
        for kind in (KIND.ETHNICITY, KIND.INCOME, KIND.ADDRESS, KIND.BIRTH_DATE, KIND.NAME, KIND.FREE_TEXT)
    ),
    ("features.forbidden", {"features": of_kind(KIND.RESPONSE_TIME)}, FAIL),
    ("features.forbidden", {"features": of_kind(KIND.RESPONSE_TIME), "bands": MIDDLE}, PASS),
    ("features.forbidden", {"features": of_kind(KIND.HEALTH)}, PASS),
    ("features.forbidden", {"features": (facts.Column("migrant", frozenset()),)}, PASS),
    (
        "features.forbidden",
        {"features": (facts.Column("migrant", frozenset()),), "packs": (packs.load("us-federal"),)},
        FAIL,
    ),
    (
        "features.forbidden",
        {"features": (facts.Column("sex_m", frozenset(), "sex"),), "packs": (packs.load("us-federal"),)},
        FAIL,
    ),
    *(
        ("features.forbidden", {"features": of_kind(kind), "packs": (packs.load(pack),), "bands": HIGH}, FAIL)
        for kind in (KIND.RELIGION, KIND.HEALTH, KIND.BIOMETRIC)
        for pack in ("eu", "uk")
    ),
    ("features.forbidden", {"features": (facts.Column("rurality", frozenset()),), "packs": (packs.load("in"),)}, PASS),
    ("band.refusedPurpose", {}, PASS),
    ("band.refusedPurpose", {"purpose": "risk-label"}, FAIL),
    ("band.refusedPurpose", {"purpose": "risk-label", "bands": HIGH}, PASS),
    ("ferpa.officialAgreement", {}, PASS),
    ("ferpa.officialAgreement", {"entry": without("agreement")}, FAIL),
    ("ferpa.officialAgreement", {"entry": None}, FAIL),
    ("coppa.retention", {}, PASS),
    ("coppa.retention", {"entry": None}, FAIL),
    ("coppa.retention", {"entry": None, "bands": HIGH}, NOTHING),
    ("coppa.aiTraining", {}, PASS),
    ("coppa.aiTraining", {"entry": an_entry(trainedBy="ProcessorOwn", consent="parents")}, FAIL),
    ("coppa.aiTraining", {"entry": an_entry(trainedBy="ProcessorOwn"), "bands": HIGH}, NOTHING),
    ("coppa.aiTraining", {"entry": None, "bands": MIDDLE}, FAIL),
    ("coppa.aiTraining", {"entry": without("trained_by")}, FAIL),
    ("coppa.biometric", {}, PASS),
    ("coppa.biometric", {"features": of_kind(KIND.BIOMETRIC)}, FAIL),
    ("coppa.biometric", {"features": of_kind(KIND.BIOMETRIC), "bands": HIGH}, NOTHING),
    ("sopipa.noTracking", {}, PASS),
    ("sopipa.noTracking", {"features": of_kind(KIND.TRACKING)}, FAIL),
    ("sopipa.noTracking", {"entry": an_entry(trainedBy="ProcessorOwn")}, FAIL),
    ("sopipa.noTracking", {"entry": None}, FAIL),
    ("sopipa.noTracking", {"entry": without("trained_by")}, FAIL),
    ("ny2d.commercialPurpose", {}, PASS),
    ("ny2d.commercialPurpose", {"entry": without("trained_by")}, FAIL),
    ("ny2d.commercialPurpose", {"entry": an_entry(trainedBy="ProcessorOwn")}, FAIL),
    ("ny2d.commercialPurpose", {"entry": None}, FAIL),
    ("ny2d.agreement", {}, PASS),
    ("ny2d.agreement", {"entry": without("agreement")}, FAIL),
    ("gdpr.purpose", {}, PASS),
    ("gdpr.purpose", {"entry": None}, FAIL),
    ("gdpr.dpia", {}, PASS),
    ("gdpr.dpia", {"entry": without("dpia")}, FAIL),
    ("gdpr.dpia", {"entry": None}, FAIL),
    ("gdpr.soleAutomation", {}, PASS),
    ("gdpr.soleAutomation", {"entry": without("overseer")}, FAIL),
    ("gdpr.rights", {}, PASS),
    ("gdpr.rights", {"entry": without("rights")}, FAIL),
    ("gdpr.childConsent", {}, NOTHING),
    ("gdpr.childConsent", {"entry": None}, None),
    ("gdpr.childConsent", {"entry": an_entry(basis="Consent of parents")}, FAIL),
    ("gdpr.childConsent", {"entry": an_entry(basis="parental consent")}, FAIL),
    ("gdpr.childConsent", {"entry": an_entry(basis="GDPR Article 6(1)(a)")}, FAIL),
    ("gdpr.childConsent", {"entry": an_entry(basis="GDPR Article 6(1)(e)")}, NOTHING),
    ("gdpr.childConsent", {"entry": an_entry(basis="Consent", consent="parents, form C")}, PASS),
    ("gdpr.childConsent", {"entry": an_entry(basis="consent"), "bands": ("adult",)}, NOTHING),
    ("edpb.anonymity", {}, PASS),
    ("edpb.anonymity", {"membership": None}, UNKNOWN),
    ("edpb.anonymity", {"membership": UNKNOWN}, UNKNOWN),
    ("edpb.anonymity", {"membership": FAIL}, FAIL),
    ("aiact.emotion", {}, PASS),
    ("aiact.emotion", {"features": of_kind(KIND.EMOTION)}, FAIL),
    ("aiact.oversight", {"on": date(2027, 12, 2)}, PASS),
    ("aiact.oversight", {"entry": without("overseer"), "on": date(2027, 12, 1)}, NOTHING),
    ("aiact.oversight", {"entry": without("overseer"), "on": date(2027, 12, 2)}, FAIL),
    ("aiact.oversight", {"purpose": "content-level", "entry": None, "on": date(2027, 12, 2)}, NOTHING),
    ("aiact.logs", {"on": date(2027, 12, 2)}, PASS),
    ("aiact.logs", {"entry": an_entry(logDays=184), "on": date(2027, 12, 2)}, PASS),
    ("aiact.logs", {"entry": an_entry(logDays=183), "on": date(2027, 12, 2)}, FAIL),
    ("aiact.logs", {"entry": without("log_days"), "on": date(2027, 12, 1)}, NOTHING),
    ("aiact.logs", {"entry": None, "on": date(2027, 12, 2)}, FAIL),
    ("aiact.fria", {"on": date(2027, 12, 2)}, PASS),
    ("aiact.fria", {"entry": without("rights_assessment"), "on": date(2027, 12, 2)}, FAIL),
    ("uk.childrensCode", {}, PASS),
    ("uk.childrensCode", {"features": of_kind(KIND.GEOLOCATION)}, FAIL),
    ("uk.childrensCode", {"entry": without("best_interests")}, FAIL),
    ("uk.childrensCode", {"entry": without("dpia")}, FAIL),
    ("uk.childrensCode", {"entry": None}, FAIL),
    ("fr.ethnicityNotCollected", {}, PASS),
    ("fr.ethnicityNotCollected", {"table": of_kind(KIND.ETHNICITY, "ethnie")}, FAIL),
    ("fr.ethnicityNotCollected", {"features": of_kind(KIND.ETHNICITY)}, FAIL),
    ("dpdp.fiduciary", {}, PASS),
    ("dpdp.fiduciary", {"entry": None}, FAIL),
    ("dpdp.fiduciary", {"entry": without("trained_by")}, FAIL),
    ("dpdp.fiduciary", {"entry": an_entry(trainedBy="ProcessorOwn"), "bands": HIGH}, FAIL),
    ("dpdp.fiduciary", {"entry": an_entry(trainedBy="ProcessorOwn", consent="verified parents")}, PASS),
    ("dpdp.fiduciary", {"entry": None, "bands": ("adult",)}, NOTHING),
    ("dpdp.noTracking", {}, PASS),
    ("dpdp.noTracking", {"features": of_kind(KIND.TRACKING)}, FAIL),
    ("dpdp.noTracking", {"features": of_kind(KIND.GEOLOCATION), "bands": ("adult",)}, NOTHING),
    ("au.purposeAndRetention", {}, PASS),
    ("au.purposeAndRetention", {"entry": None}, FAIL),
    ("dp.statement", {}, NOTHING),
    ("dp.statement", {"policy": cases.a_policy(privacy={"epsilonLimit": 1.0})}, FAIL),
    ("dp.statement", {"statement": STATEMENT}, PASS),
    ("dp.statement", {"statement": STATEMENT, "policy": cases.a_policy(privacy={"epsilonLimit": 1.5})}, PASS),
    ("dp.statement", {"statement": STATEMENT, "policy": cases.a_policy(privacy={"epsilonLimit": 1.49})}, FAIL),
    *(
        (
            "dp.statement",
            {"statement": replace(STATEMENT, ledger=None), "policy": cases.a_policy(privacy=limits)},
            found,
        )
        for limits, found in (({"epsilonLimit": 1.0}, PASS), ({"epsilonLimit": 0.99}, FAIL))
    ),
    ("dp.statement", {"statement": replace(STATEMENT, unit="school")}, NOTHING),
    (
        "dp.statement",
        {"statement": replace(STATEMENT, unit="school"), "policy": cases.a_policy(privacy={"epsilonLimit": 3})},
        FAIL,
    ),
    ("dp.statement", {"statement": replace(STATEMENT, delta=2e-4, ledger=None)}, FAIL),
    ("dp.statement", {"statement": replace(STATEMENT, delta=1e-7)}, FAIL),
    ("dp.statement", {"statement": replace(STATEMENT, epsilon=0.9)}, FAIL),
    ("dp.statement", {"statement": replace(STATEMENT, epsilon=1.2)}, PASS),
    ("dp.statement", {"statement": replace(STATEMENT, mechanism="laplace")}, FAIL),
    ("dp.statement", {"statement": replace(STATEMENT, ledger=replace(LEDGER, purpose="selection"))}, FAIL),
    ("dp.statement", {"statement": replace(STATEMENT, ledger=replace(LEDGER, unit="row"))}, FAIL),
    ("dp.statement", {"statement": replace(STATEMENT, ledger=None)}, PASS),
    ("policy.requiredGroup", {}, None),
]


@pytest.mark.parametrize(
    ("rule", "known", "outcome"),
    CASES,
    ids=[f"{number}-{rule}-{'-'.join(known)}" for number, (rule, known, _) in enumerate(CASES)],
)
def test_rule_says_what_the_law_has_it_say(rule: str, known: dict[str, Any], outcome: verdicts.Outcome | None) -> None:
    """Also where a fact is missing: the law's default, never a pass."""
    said = duties.RULES[rule].check(some_facts(**known), asked(rule))
    assert [finding.outcome for finding in said] == ([] if outcome is None else [outcome])
    for finding in said:
        assert finding.sentence[0].isupper()
        assert finding.sentence.endswith(".")
        assert bool(finding.action) or finding.outcome in (PASS, NOTHING)
        for jargon in ("epsilon", "delta", "inference", "drift", "p-value"):
            assert jargon not in finding.sentence.lower()


def test_every_rule_has_cases_and_a_source() -> None:
    """A rule that nobody tests or that names no law is not there."""
    assert {rule for rule, _, _ in CASES} == set(duties.RULES)
    for name, rule in duties.RULES.items():
        assert (rule.check.__doc__ or "").startswith(f"``{name}``")
        if name.split(".")[0] not in {"purpose", "features", "band", "policy"}:
            assert "Source:" in (rule.check.__doc__ or "")


@pytest.mark.parametrize("name", packs.shipped())
def test_every_rule_that_a_pack_asks_for_exists_with_these_parameters(name: str) -> None:
    for line in packs.load(name).rules:
        assert duties.RULES[line.rule].parameters == line.parameters.keys()


def test_rule_that_does_not_exist_is_a_defect_of_the_pack() -> None:
    wrong = packs.load("au").model_copy(update={"rules": (packs.RuleLine(rule="au.nothing", source="app"),)})
    with pytest.raises(errors.Defect, match=r"au\.nothing"):
        list(duties.found(some_facts(packs=(wrong,))))


def test_worst_answer_counts_where_packs_ask_with_other_ages() -> None:
    """Consent is asked for below 16 under eu and below 13 under uk: nobody passes by the milder age."""
    entry = an_entry(basis="consent", bands=["9-12"])
    known = some_facts(entry=entry, bands=HIGH, packs=(packs.load("uk"), packs.load("eu")))
    assert dict(duties.found(known))["gdpr.childConsent"].outcome is FAIL
    assert dict(duties.found(replace(known, packs=(packs.load("uk"),))))["gdpr.childConsent"].outcome is NOTHING


def test_children_code_says_which_of_its_papers_is_missing() -> None:
    """A note that is there is not asked for again."""
    said = duties.RULES["uk.childrensCode"].check(some_facts(entry=without("dpia")), {})[0]
    assert (said.sentence, said.action[-7:]) == ("Nobody has assessed what this use may do to the children.", "(dpia).")


def test_column_that_the_policy_compares_as_an_attribute_is_kept_for_comparing() -> None:
    """A declaration that column q4 holds the home language is heard by every rule, whatever the column is called."""
    known = some_facts(
        policy=a_policy_with(language="q4"),
        packs=(packs.load("us-federal"),),
        features=(facts.Column("q4", frozenset()),),
    )
    (said,) = registers.reads_nothing_forbidden(known, {})
    assert said.outcome is FAIL
    assert "'q4'" in said.sentence


US = ("base", "us-federal")
GROUPS = {"disability": ("iep", "Y"), "language": ("ell", "Y")}


def a_policy_with(*attributes: str, **declared: str) -> gatepolicies.Spec:
    plain = cases.a_policy().to_json()
    for name in attributes:
        column, group = GROUPS[name]
        plain["fairness"]["protect"].append(_group(name=f"group-{name}", column=column, group=group))
    for attribute, column in declared.items():
        plain["fairness"]["protect"].append(_group(name="declared", column=column, group="1", attribute=attribute))
    return gatepolicies.Spec.model_validate(plain)


def _group(**given: str) -> dict[str, str]:
    return {"words": "these pupils", "againstWords": "all others", **given}


@pytest.mark.parametrize(
    ("policy", "missing"),
    [
        pytest.param(cases.a_policy(), ["disability", "language"], id="two are missing"),
        pytest.param(a_policy_with("disability"), ["language"], id="one is missing"),
        pytest.param(a_policy_with("disability", language="q4"), [], id="one is declared"),
        pytest.param(a_policy_with("disability", "language"), [], id="none is missing"),
    ],
)
def test_group_that_a_pack_asks_for_and_nobody_compares_lacks_evidence(
    policy: gatepolicies.Spec, missing: list[str]
) -> None:
    """Each by its own name, so that each can be waived with a plan of its own."""
    known = some_facts(policy=policy, packs=tuple(packs.load(name) for name in US))
    found = registers.compares_required_groups(known, {})
    assert [(f.about, f.outcome) for f in found] == ([(name, UNKNOWN) for name in missing] or [("", PASS)])


def verdicts_of(policy: gatepolicies.Spec, **overrides: Any) -> dict[str, verdicts.Verdict]:
    found = duties.decide(cases.some_evidence(policy=policy, **overrides))
    assert len({verdict.subject for verdict in found}) == len(found)
    return {verdict.subject: verdict for verdict in found}


def test_evaluation_table_and_model_are_read_as_they_are() -> None:
    """French law, on the test district's own table, which has a column ethnicity that the policy does not compare."""
    plain = cases.a_policy(packs=["fr"]).to_json()
    plain["fairness"]["protect"] = plain["fairness"]["protect"][:2]
    found = verdicts_of(gatepolicies.Spec.model_validate(plain))["French law: no ethnicity"]
    assert (found.check, found.outcome) == ("fr.ethnicityNotCollected", FAIL)
    assert found.sentence == "The data holds what may not be recorded in France: 'ethnicity'."


def test_choice_that_columns_spread_is_known_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that reads race as 0/1 columns reads race, whatever these are called."""
    monkeypatch.setitem(cases.CATEGORIES, "race", cases.CATEGORIES.pop("kind"))
    try:
        found = verdicts_of(cases.a_policy())["what no model may read"]
    finally:
        cases.CATEGORIES["kind"] = ("kind_a", "kind_b")
    assert found.outcome is FAIL
    assert "'kind_a', 'kind_b'" in found.sentence


def test_honest_release_without_packs_has_nothing_against_it() -> None:
    found = verdicts_of(cases.a_policy())
    assert {v.outcome for v in found.values()} == {PASS, NOTHING}


def test_release_outside_its_register_fails_and_names_the_columns() -> None:
    entry = an_entry(columns=["z", "kind_a", "kind_b"]).to_json()
    found = verdicts_of(cases.a_policy(privacy={"purposes": [entry]}))["purpose register: columns"]
    assert (found.outcome, found.limit) == (FAIL, 0.0)
    assert found.sentence.endswith("does not allow for this purpose: 'year_K', 'year_1'.")


def test_statement_of_the_release_reaches_the_gate() -> None:
    release = cases.a_release(privacy=replace(STATEMENT, epsilon=5.0))
    found = verdicts_of(cases.a_policy(privacy={"epsilonLimit": 3}), release=release)["privacy budget"]
    assert (found.outcome, found.estimate, found.limit) == (FAIL, 5.0, 3.0)


@pytest.mark.parametrize("tried", [PASS, FAIL, UNKNOWN, NOTHING], ids=lambda outcome: outcome.value)
def test_anonymity_rests_on_the_worst_of_the_membership_check(
    monkeypatch: pytest.MonkeyPatch, tried: verdicts.Outcome
) -> None:
    """Where nothing could be tried, nobody has tried."""
    known = cases.some_evidence(policy=cases.a_policy(packs=["eu"]))
    made = [
        verdicts.Verdict("privacy", f"s{n}", outcome, "", known.table.digest)
        for n, outcome in enumerate((tried, NOTHING))
    ]
    monkeypatch.setattr(membership, "decide", lambda _evidence: tuple(made))
    found = {verdict.check: verdict for verdict in duties.decide(known)}["edpb.anonymity"]
    assert found.outcome is (UNKNOWN if tried is NOTHING else tried)


def test_membership_check_is_not_run_for_packs_that_do_not_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(membership, "decide", lambda _evidence: pytest.fail("it was run"))
    assert duties.decide(cases.some_evidence(policy=cases.a_policy(packs=["us-federal"])))
