"""Base, packs, the policy's own fields, bands and schools: the strictest line holds, and everybody can see which it was."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.gates import cases

from homeroom.domain import errors
from homeroom.gates import policies
from homeroom.gates.policies import columns, limits, packs, reference
from homeroom.resources import gatepolicies, objects

BANDS = ("K-2", "3-5")
ALL = packs.shipped()


def a_policy(**spec: Any) -> gatepolicies.Spec:
    """As the other gates have it; ``fairness__minimumCell=5`` changes one field of a part."""
    plain = cases.a_policy().to_json()
    for path, value in spec.items():
        section, _, name = path.partition("__")
        if name:
            plain.setdefault(section, {})[name] = value
        else:
            plain[section] = value
    return gatepolicies.Spec.model_validate(plain)


def resolved(**spec: Any) -> policies.Resolved:
    return policies.resolve(a_policy(**spec), bands=BANDS)


def a_band(**limits_of: Any) -> dict[str, Any]:
    return {"band": "K-2", **limits_of}


def a_school(**limits_of: Any) -> dict[str, Any]:
    return {"school": "heron-valley", **limits_of}


@pytest.mark.parametrize("name", ALL)
def test_shipped_pack_fits_its_model_and_names_a_source_for_each_line(name: str) -> None:
    pack = packs.load(name)
    assert pack.name == name
    assert {one.source for one in pack.lines()} == set(pack.sources)


@pytest.mark.parametrize("name", ALL[1:])
def test_pack_of_a_region_has_a_date_to_read_it_again_and_claims_no_reviewer_it_does_not_have(name: str) -> None:
    pack = packs.load(name)
    assert pack.review_by is not None
    assert pack.review_by > pack.reviewed_on
    assert pack.reviewer == "needs a local reviewer: none yet"


def test_four_fifths_is_shown_and_limits_nothing() -> None:
    """It is a guideline for hiring, and no law of education."""
    pack = packs.load("us-federal")
    assert "four-fifths" in {indicator.name for indicator in pack.indicators}
    assert 0.8 not in {one.value for one in pack.limits}


def test_every_number_of_a_policy_is_a_limit_or_a_setting() -> None:
    """A limit that the overlay does not know would be loosened in silence."""
    parts: dict[str, type[objects.Part]] = {"fairness": gatepolicies.Fairness, "drift": gatepolicies.Drift}
    parts |= {"privacy": gatepolicies.Privacy}
    parts |= {"quality": gatepolicies.Quality, "footprint": gatepolicies.Footprint}
    numbers = {
        f"{section}.{info.alias}"
        for section, part in parts.items()
        for info in part.model_fields.values()
        if not str(info.annotation).startswith("tuple")
    }
    assert numbers == set(limits.BY_PATH) | set(limits.SETTINGS)


@pytest.mark.parametrize(
    ("path", "value", "than", "expected"),
    [
        pytest.param("fairness.excessLimit", 0.05, 0.10, True, id="lower"),
        pytest.param("fairness.excessLimit", 0.10, 0.10, False, id="equal"),
        pytest.param("fairness.minimumCell", 15, 10, True, id="higher"),
        pytest.param("fairness.minimumCell", 5, 10, False, id="higher, looser"),
        pytest.param("fairness.oppositeLimit", 0.9, None, True, id="any limit against none"),
        pytest.param("fairness.oppositeLimit", None, 0.9, False, id="none against a limit"),
        pytest.param("quality.netBenefit", True, False, True, id="asked for"),
        pytest.param("quality.netBenefit", False, True, False, id="not asked for"),
    ],
)
def test_each_limit_has_a_stricter_side(path: str, value: Any, than: Any, expected: bool) -> None:  # noqa: FBT001 - a table
    assert limits.BY_PATH[path].is_stricter(value, than) is expected


LAYERS = [
    pytest.param({}, None, "fairness.minimumCell", 10, "pack base", id="base"),
    pytest.param({}, None, "fairness.excessLimit", 0.10, "default", id="nobody says anything"),
    pytest.param({"fairness__minimumCell": 20}, None, "fairness.minimumCell", 20, "policy", id="policy stricter than pack"),
    pytest.param({"fairness__minimumCell": 5}, None, "fairness.minimumCell", 10, "pack base", id="policy looser than pack"),
    pytest.param({"fairness__excessLimit": 0.3}, None, "fairness.excessLimit", 0.3, "policy", id="no pack says anything"),
    pytest.param(
        {"harm": "WronglyFlagged", "fairness__excessLimit": 0.3}, None, "fairness.excessLimit", 0.10, "pack base", id="by harm"
    ),
    pytest.param({"harm": "WronglyFlagged"}, "K-2", "fairness.excessLimit", 0.05, "pack base", id="by harm and band"),
    pytest.param({"harm": "WronglyFlagged"}, "3-5", "fairness.excessLimit", 0.08, "pack base", id="by harm and other band"),
    pytest.param({"bands": [a_band(excessLimit=0.02)]}, "K-2", "fairness.excessLimit", 0.02, "band K-2", id="band"),
    pytest.param({"bands": [a_band(excessLimit=0.02)]}, None, "fairness.excessLimit", 0.10, "default", id="not its band"),
    pytest.param({"bands": [a_band(minimumCell=30)]}, None, "fairness.minimumCell", 30, "band K-2", id="undivided"),
    pytest.param({"bands": [a_band(latencyMs=9)]}, None, "footprint.latencyMs", 9, "band K-2", id="one model, one box"),
    pytest.param(
        {"schools": [a_school(ksLimit=0.05)]}, None, "drift.ksLimit", 0.05, "school heron-valley", id="school"
    ),
    pytest.param({"schools": [a_school(ksLimit=0.5)]}, None, "drift.ksLimit", 0.10, "default", id="school looser"),
    pytest.param({"bands": [a_band(minimumCell=30)]}, None, "drift.minimumWindow", 30, "fairness.minimumCell", id="window"),
]  # fmt: skip


@pytest.mark.parametrize(("spec", "band", "limit", "value", "layer"), LAYERS)
def test_strictest_line_holds_and_is_named(
    spec: dict[str, Any], band: str | None, limit: str, value: float, layer: str
) -> None:
    found = resolved(**spec)
    effective = found.spec if band is None else found.of_band(band)
    assert limits.BY_PATH[limit].read(effective.to_json()) == value
    named = [one for one in found.lines if one.limit == limit and one.band in (None, band)][-1]
    assert (named.value, named.layer) == (value, layer)


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        pytest.param({"fairness__minimumCell": 5}, "spec.fairness.minimumCell: 5 is looser than 10 of pack base", id="policy"),
        pytest.param({"bands": [a_band(minimumCell=9)]}, "spec.bands[K-2].minimumCell: 9 is looser than 10", id="band"),
        pytest.param({"schools": [a_school(excessLimit=0.4)]}, "spec.schools[heron-valley].excessLimit: 0.4 is loo", id="school"),
        pytest.param({"bands": [{"band": "9-12", "ksLimit": 0.01}]}, "limits for 9-12, which is not among K-2, 3-5", id="other band"),
        pytest.param({"packs": ["uk"]}, "pack uk: needs a local reviewer: none yet; have somebody", id="no reviewer"),
        pytest.param({"fairness__oppositeLimit": 0.1}, "no honest model meets both directions", id="both directions"),
    ],
)  # fmt: skip
def test_line_that_does_not_hold_is_a_warning(spec: dict[str, Any], said: str) -> None:
    """It is ignored aloud: nobody should believe that it applies."""
    assert [text for text in resolved(**spec).warnings if said in text]


def test_policy_without_packs_or_loose_lines_has_no_warning() -> None:
    assert resolved().warnings == ()


@pytest.mark.parametrize(
    ("named", "applying"),
    [
        pytest.param([], ["base"], id="none"),
        pytest.param(["fr"], ["base", "eu", "fr"], id="a country brings its union"),
        pytest.param(["fr", "eu"], ["base", "eu", "fr"], id="each once, whatever the order"),
        pytest.param(["ny-2d"], ["base", "us-federal", "ny-2d"], id="a state brings its country"),
    ],
)
def test_pack_brings_those_that_it_stands_on(named: list[str], applying: list[str]) -> None:
    """Whoever names New York alone is not spared the law of the United States."""
    assert [pack.name for pack in resolved(packs=named, fairness__protect=groups()[:2]).packs] == applying


@pytest.mark.parametrize("name", ALL)
def test_pack_stands_on_packs_that_stand_on_none(name: str) -> None:
    assert [packs.load(under).on_top_of for under in packs.load(name).on_top_of] == [()] * len(
        packs.load(name).on_top_of
    )


PURPOSE = {"columns": ["z"], "bands": ["K-2"], "basis": "public task", "owner": "data office", "retentionDays": 30,
           "expires": "2028-07-31"}  # fmt: skip
BOYS = {"name": "lads", "column": "sex", "group": "M", "words": "boys", "againstWords": "girls"}


def groups(*more: dict[str, Any]) -> list[dict[str, Any]]:
    return [*cases.a_policy().to_json()["fairness"]["protect"], *more]


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        pytest.param({"packs": ["mars"]}, ["no policy pack 'mars'", "base, au, eu, fr, in, ny-2d, uk, us-federal"], id="no pack"),
        pytest.param({"packs": ["fr", "us-federal"]}, ["pack fr", "pack us-federal", "only one of these packs"], id="two packs"),
        pytest.param(
            {"packs": ["fr"]}, ["pack fr, protectedAttributes race-ethnicity", "spec.fairness.protect[asian]"], id="not collected"
        ),
        pytest.param(
            {"privacy": {"purposes": [{"purpose": "risk-label", **PURPOSE}]}},
            ["spec.harm is Missed", "pack base, harms[1]", "spec.privacy.purposes[risk-label] is WronglyFlagged"], id="harm",
        ),
        pytest.param({"drift__ksLimit": 0}, ["spec.drift.ksLimit is 0", "such as 0.10"], id="no distance at all"),
        *(
            pytest.param({f"{path[0]}__{path[1]}": 0}, [f"spec.{'.'.join(path)} is 0", "nothing would ever pass"], id=path[1])
            for path in (("fairness", "falseAlarmLimit"), ("quality", "agreementLimit"), ("quality", "calibrationLimit"),
                         ("quality", "stageAgreementLimit"))
        ),
        pytest.param({"privacy__membershipLimit": 0.5}, ["spec.privacy.membershipLimit is 0.5, which is chance"], id="chance"),
        pytest.param({"bands": [a_band(ksLimit=0)]}, ["spec.bands[K-2].ksLimit is 0"], id="in a band"),
        pytest.param({"fairness__protect": groups({**BOYS, "name": "boys", "group": "F"})},
                     ["spec.fairness.protect has boys 2 times"], id="name twice"),
        pytest.param({"privacy": {"purposes": [{"purpose": "support-offer", **PURPOSE}] * 2}},
                     ["spec.privacy.purposes has support-offer 2 times: leave one"], id="purpose twice"),
        pytest.param({"bands": [a_band(ksLimit=0.05), a_band(ksLimit=0.01)]}, ["spec.bands has K-2 2 times"], id="band twice"),
        pytest.param({"fairness__protect": groups(BOYS)}, ["protect[boys] and [lads] are the same group"], id="group twice"),
        pytest.param(
            {"fairness__intersections": [{"name": "poor-boys", "of": ["boys", "poor"], "words": "poor boys"}]},
            ["intersections[poor-boys].of names 'poor'", "asian, boys, free-lunch"], id="unknown group",
        ),
    ],
)  # fmt: skip
def test_contradiction_is_refused_with_both_lines_and_what_to_change(spec: dict[str, Any], words: list[str]) -> None:
    with pytest.raises(errors.SpecError) as refusal:
        policies.resolve(a_policy(**spec), bands=BANDS)
    assert [word for word in words if word not in str(refusal.value)] == []


def test_purpose_of_the_release_has_to_have_the_harm_of_the_policy() -> None:
    with pytest.raises(errors.SpecError, match="the release's purpose selection is WronglyFlagged"):
        policies.resolve(a_policy(), bands=BANDS, purpose="selection")


def test_unknown_band_is_refused() -> None:
    with pytest.raises(errors.SpecError, match=r"no band 'K-3': write one of K-2"):
        policies.resolve(a_policy(), bands=("K-3",))


def test_packs_that_name_different_harms_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """No shipped pair does; a district's own might."""
    other = packs.load("au").model_copy(
        update={"harms": (packs.load("base").harms[1].model_copy(update={"harm": gatepolicies.Harm.MISSED}),)}
    )
    monkeypatch.setattr(packs, "chosen", lambda _spec: (packs.load("base"), other))
    with pytest.raises(
        errors.SpecError, match=r"pack au, harms\[0\] says .* pack base, harms\[1\] says WronglyFlagged"
    ):
        resolved()


def test_school_that_the_release_does_not_go_to_limits_nothing() -> None:
    spec = a_policy(schools=[a_school(ksLimit=0.05)])
    assert policies.resolve(spec, bands=BANDS, schools=()).spec.drift.ks_limit == 0.10


def test_resolving_what_was_resolved_changes_nothing() -> None:
    first = resolved(fairness__minimumCell=5, schools=[a_school(ksLimit=0.05)], packs=["uk"])
    again = policies.resolve(first.spec, bands=BANDS)
    assert again.spec == first.spec


def test_local_review_of_this_very_pack_moves_its_date_and_changes_no_limit() -> None:
    review = {"pack": "uk", "reviewer": "legal counsel", "reviewedOn": "2027-10-01", "reviewBy": "2029-10-01"}
    seen = {digest: resolved(packs=["uk"], packReviews=[{**review, "digest": digest}]) for digest in (
        packs.load("uk").digest, packs.load("eu").digest)}  # fmt: skip
    mine, others = seen.values()
    assert (mine.packs[1].reviewer, mine.packs[1].review_by) == ("legal counsel", date(2029, 10, 1))
    assert others.packs[1].review_by == packs.load("uk").review_by
    assert "spec.packReviews[uk] is of another version" in " ".join(others.warnings)
    assert mine.spec == others.spec == resolved(packs=["uk"]).spec


def test_local_review_counts_for_two_years_at_most_and_says_so() -> None:
    """A slip in a year must not keep a pack of law current for ever."""
    review = {"pack": "uk", "digest": packs.load("uk").digest, "reviewer": "legal counsel", "reviewedOn": "2027-10-01"}
    found = resolved(packs=["uk"], packReviews=[{**review, "reviewBy": "2209-10-01"}])
    assert found.packs[1].review_by == date(2029, 10, 1)
    assert "reviewBy: a review counts for two years, so until 2029-10-01" in " ".join(found.warnings)


@pytest.mark.parametrize(
    ("name", "kinds"),
    [
        pytest.param("Ethnicity", {"Ethnicity"}, id="case"),
        pytest.param("FreeLunch", {"Income"}, id="words run together"),
        pytest.param("date-of birth", {"BirthDate"}, id="hyphens and blanks"),
        pytest.param("race_seconds", set(), id="part of a name decides nothing"),
        pytest.param("address_changes", set(), id="nor here"),
        pytest.param("read_z", set(), id="a score"),
        pytest.param("q17", {"Health"}, id="declared"),
    ],
)
def test_column_is_what_its_whole_name_says_or_what_is_declared(name: str, kinds: set[str]) -> None:
    spec = a_policy(privacy={"columns": [{"column": "q17", "kind": "Health"}]})
    assert {kind.value for kind in columns.kinds_of((name,), spec)} == kinds


ROOT = Path(__file__).parents[3]


def test_reference_page_is_what_the_packs_give() -> None:
    """`python -m homeroom.gates.policies.reference` writes it."""
    (path,) = reference.files()
    assert (ROOT / path).read_text(encoding="utf-8") == reference.files()[path]


@pytest.mark.parametrize("damage", ["gone", "changed", "none"])
def test_reference_check_says_what_differs_and_writes_nothing(tmp_path: Path, damage: str) -> None:
    (path,) = reference.files()
    page = tmp_path / path
    page.parent.mkdir(parents=True)
    if damage != "gone":
        page.write_text(reference.files()[path] + ("x" if damage == "changed" else ""), encoding="utf-8")
    before = page.read_bytes() if page.exists() else None
    assert reference.main(["--check", "--root", str(tmp_path)]) == int(damage != "none")
    assert (page.read_bytes() if page.exists() else None) == before
    assert reference.main(["--root", str(tmp_path)]) == 0
    assert reference.main(["--check", "--root", str(tmp_path)]) == 0


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("examples/*/*polic*.yaml")), ids=lambda path: f"{path.parent.name}-{path.name}"
)
def test_policy_of_every_example_holds_together(path: Path) -> None:
    """With nothing in it that does not hold."""
    spec = gatepolicies.parse(yaml.safe_load(path.read_text(encoding="utf-8"))).spec
    bands = [band.value for entry in spec.privacy.purposes for band in entry.bands] or ["K-2"]
    found = policies.resolve(spec, bands=bands)
    assert [warning for warning in found.warnings if "looser" in warning] == []
