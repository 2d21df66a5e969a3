"""Reports published one after the other: nothing about a few pupils follows from all of them together."""

import dataclasses
import fractions
import itertools
import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st
from tests.unit.gates import cases

from homeroom.domain import digests, errors
from homeroom.gates import bundles, documents, fairness, quality, verification
from homeroom.gates.groups import earlierreports, places, publications
from homeroom.gates.groups.places import Counted, Place

MINIMUM = 10
COLUMN = "ethnicity"
BANDS = ("K-2", "3-5")

PHASES = (hypothesis.Phase.explicit, hypothesis.Phase.generate)
"""Without making a failing case smaller, which takes minutes here."""

Pupils = dict[tuple[str, str], int]
"""Pupils at risk by band and value."""


def _group(value: str, *bands: str) -> Place:
    return Place(frozenset(bands or BANDS), frozenset({(COLUMN, value)}))


def _count(pupils: Pupils, place: Place) -> int:
    wanted = dict(place.members).get(COLUMN)
    return sum(rows for (band, value), rows in pupils.items() if band in place.bands and wanted in (None, value))


def _draft(pupils: Pupils, named: Iterable[str], digest: str = "table") -> places.Draft:
    scopes = (frozenset(BANDS), *(frozenset({band}) for band in BANDS))
    groups = [Place(scope, frozenset({(COLUMN, value)})) for scope in scopes for value in sorted(named)]
    everybody = [Place(scope) for scope in scopes]
    counts = {(kind, place): float(_count(pupils, place)) for kind in Counted for place in (*groups, *everybody)}
    return places.Draft(
        population=digests.of_bytes(digest.encode()),
        scopes=scopes,
        counts=counts,
        at_risk=Counted.NEED,
        recorded={(scope, COLUMN): float(_count(pupils, Place(scope))) for scope in scopes},
        shown=frozenset(place for place in groups if _count(pupils, place) >= MINIMUM),
        unfit=frozenset(),
        minima=dict.fromkeys(scopes, MINIMUM),
    )


def _publish(draft: places.Draft, earlier: Sequence[places.Publication]) -> places.Publication:
    """What remains once the guard has withheld what it must."""
    withheld = publications.withhold(draft, earlier)
    return _as_published(draft, draft.shown - withheld.by_itself - withheld.by_earlier)


def _as_published(draft: places.Draft, shown: Iterable[Place]) -> places.Publication:
    told = {*shown, *(Place(scope) for scope in draft.scopes)}
    return places.Publication(
        report=digests.of_bytes(b"report"),
        population=draft.population,
        told={(kind, place): draft.counts[kind, place] for kind in Counted for place in told},
        hidden=frozenset(draft.places) - told,
    )


# The attacker knows nothing of the guard's code: exact fractions, one cell for each band and value.


def _worked_out(told: Iterable[Place], wanted: Place, values: Sequence[str]) -> bool:
    """Whether a place is a sum of told ones."""
    cells = list(itertools.product(BANDS, values))
    rows = [_incidence(place, cells) for place in told]
    return _rank([*rows, _incidence(wanted, cells)]) == _rank(rows)


def _incidence(place: Place, cells: list[tuple[str, str]]) -> list[fractions.Fraction]:
    wanted = dict(place.members).get(COLUMN)
    return [fractions.Fraction(band in place.bands and wanted in (None, value)) for band, value in cells]


def _rank(rows: list[list[fractions.Fraction]]) -> int:
    rows, rank = [row.copy() for row in rows], 0
    for column in range(len(rows[0]) if rows else 0):
        pivot = next((index for index in range(rank, len(rows)) if rows[index][column]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        for index in range(rank + 1, len(rows)):
            factor = rows[index][column] / rows[rank][column]
            rows[index] = [one - factor * other for one, other in zip(rows[index], rows[rank], strict=True)]
        rank += 1
    return rank


def _given_away(pupils: Pupils, reports: Sequence[places.Publication], values: Sequence[str]) -> list[Place]:
    """Small groups that the attacker works out from reports about the same pupils and the totals."""
    totals = [Place(frozenset(BANDS)), *(Place(frozenset({band})) for band in BANDS)]
    told = [*totals, *(place for each in reports for place in each.shown)]
    possible = [value for value in values if any(pupils[band, value] for band in BANDS)]
    small = [
        place
        for value in values
        for place in (_group(value), *(_group(value, band) for band in BANDS))
        if 0 < _count(pupils, place) < MINIMUM
    ]
    return [place for place in small if _worked_out(told, place, possible) and not _worked_out(totals, place, possible)]


VALUES = ("A", "B", "H", "W")
PUPILS: Pupils = {("K-2", "A"): 2, ("3-5", "A"): 2, ("K-2", "B"): 40, ("3-5", "B"): 50, ("K-2", "H"): 60} | {
    ("3-5", "H"): 70, ("K-2", "W"): 80, ("3-5", "W"): 90,
}  # fmt: skip


def test_other_groups_of_the_same_pupils_are_withheld_where_they_would_leave_a_small_one() -> None:
    """Rule: B and W earlier, H and A now; A, of four pupils, is everybody less the three."""
    first = _publish(_draft(PUPILS, "BW"), ())
    draft = _draft(PUPILS, "AH")

    withheld = publications.withhold(draft, [first])

    assert not publications.withhold(draft, ()).by_itself, "by itself the new report is fine"
    assert _given_away(PUPILS, [first, _as_published(draft, draft.shown)], VALUES), "the attack works without the guard"
    assert _group("H") in withheld.by_earlier
    assert not _given_away(PUPILS, [first, _publish(draft, [first])], VALUES)
    assert not withheld.told_before


def test_small_band_of_a_group_does_not_follow_from_all_bands_less_the_others() -> None:
    """Rule: within one report too: 46 pupils in all and 40 in one of two bands would give 6 away."""
    pupils = {**PUPILS, ("3-5", "B"): 6}
    draft = _draft(pupils, "B")

    assert _given_away(pupils, [_as_published(draft, draft.shown)], VALUES), "the attack works without the guard"
    assert publications.withhold(draft, ()).by_itself == {_group("B", "K-2")}
    assert not _given_away(pupils, [_publish(draft, ())], VALUES)


def test_small_groups_that_are_too_few_together_do_not_follow_as_one() -> None:
    """Rule: everybody less B, H and W would tell of the eight pupils of A and C, though of neither alone."""
    pupils = {**PUPILS, ("K-2", "C"): 2, ("3-5", "C"): 2}

    draft = _draft(pupils, "ABCHW")

    totals, together = [Place(bands) for bands in _scopes()], _group("A")  # whoever is neither B, H nor W is one value
    assert _worked_out([*totals, *draft.shown], together, VALUES), "the attack works without the guard"
    assert not _worked_out([*totals, *_publish(draft, ()).shown], together, VALUES)


def test_large_group_that_must_not_be_told_does_not_follow_either() -> None:
    """Rule: a group of few schools is no secret of few pupils, and still nobody is to work its numbers out."""
    pupils = {**PUPILS, ("K-2", "A"): 0, ("3-5", "A"): 0}
    draft = _draft(pupils, "BHW")
    few_schools = {place for place in draft.places if dict(place.members)[COLUMN] == "B"}
    draft = dataclasses.replace(draft, unfit=frozenset({_group("B")}), shown=draft.shown - few_schools)

    totals = [Place(bands) for bands in _scopes()]
    assert _worked_out([*totals, *draft.shown], _group("B"), "BHW"), "the attack works without the guard"
    assert not _worked_out([*totals, *_publish(draft, ()).shown], _group("B"), "BHW")


def test_group_that_an_earlier_report_hid_does_not_follow_though_this_one_does_not_know_it() -> None:
    """Rule: what was hidden once stays hidden, also where the new policy no longer looks at that group."""
    pupils = {**PUPILS, ("K-2", "C"): 6, ("3-5", "C"): 6}
    first = _publish(_draft(pupils, "CB"), ())
    hidden = dataclasses.replace(first, hidden=first.hidden | {_group("C")}, told={
        key: rows for key, rows in first.told.items() if key[1] not in (_group("C"), _group("C", "K-2"), _group("C", "3-5"))
    })  # fmt: skip
    draft = _draft({**pupils, ("K-2", "A"): 0, ("3-5", "A"): 0}, "HW")

    together = [hidden, _publish(draft, [hidden])]

    told = [place for each in together for place in each.shown] + [Place(frozenset(BANDS))]
    assert not _worked_out(told, _group("C"), ("B", "C", "H", "W"))


def test_the_same_report_again_withholds_nothing_more() -> None:
    """Rule: a run that is repeated says what it said; another digest with the same numbers is the same pupils."""
    first = _publish(_draft(PUPILS, "BHW"), ())
    for digest in ("table", "table with the scores of another version"):
        again = _draft(PUPILS, "BHW", digest)

        withheld = publications.withhold(again, [first])

        assert withheld == publications.Withheld(
            publications.withhold(again, ()).by_itself, frozenset(), told_before=False
        )


def test_what_earlier_reports_give_away_by_themselves_is_said_and_hides_nothing() -> None:
    pupils = {**PUPILS, ("K-2", "A"): 5, ("3-5", "A"): 3}
    lax = _as_published(_draft(pupils, "A"), [_group("A")])

    withheld = publications.withhold(_draft(pupils, "AB"), [lax])

    assert withheld == publications.Withheld(frozenset(), frozenset(), told_before=True)


_NOBODY: Pupils = dict.fromkeys(itertools.product(BANDS, VALUES), 0)


@st.composite
def _reports(draw: st.DrawFn) -> tuple[Pupils, list[str]]:
    sizes = st.sampled_from([0, 1, 3, 6, 9, 10, 15, 40])
    pupils = {(band, value): draw(sizes) for band in BANDS for value in VALUES}
    names = st.sets(st.sampled_from(VALUES), min_size=1)
    return pupils, ["".join(sorted(draw(names))) for _ in range(3)]


@hypothesis.settings(max_examples=60, deadline=None, derandomize=True, phases=PHASES)
@hypothesis.example(({**_NOBODY, ("K-2", "A"): 10, ("K-2", "W"): 10, ("3-5", "A"): 1}, ["A"]))
@hypothesis.example(({**_NOBODY, ("K-2", "A"): 10, ("3-5", "B"): 1}, ["A", "A", "AB"]))
@hypothesis.given(_reports())
def test_no_small_group_follows_from_any_series_of_reports_on_the_same_pupils(case: tuple[Pupils, list[str]]) -> None:
    pupils, series = case
    published: list[places.Publication] = []
    for named in series:
        published.append(_publish(_draft(pupils, named), published))

    named_somewhere = sorted(set().union(*series))
    found = _given_away(pupils, published, VALUES)
    assert [place for place in found if dict(place.members)[COLUMN] in named_somewhere] == []


def test_the_same_series_without_the_guard_do_give_small_groups_away() -> None:
    """The property above can fail: it does where earlier reports are not looked at."""
    broken = 0
    for seed in range(40):
        rng = np.random.default_rng(seed)
        pupils = {(band, value): int(rng.choice([0, 3, 6, 15, 40])) for band in BANDS for value in VALUES}
        series = ["".join(v for v in VALUES if rng.random() < 0.5) or "A" for _ in range(3)]
        broken += bool(_given_away(pupils, [_publish(_draft(pupils, named), ()) for named in series], VALUES))
    assert broken > 3


def _grown(pupils: Pupils, more: Pupils) -> Pupils:
    return {cell: rows + more.get(cell, 0) for cell, rows in pupils.items()}


def test_group_that_grew_by_a_few_pupils_is_withheld() -> None:
    """Rule: forty came, three of them of group B: the numbers of B would tell about these three."""
    first = _publish(_draft(PUPILS, "BH"), ())
    draft = _draft(_grown(PUPILS, {("K-2", "B"): 3, ("K-2", "H"): 17, ("K-2", "W"): 20}), "BH", "grown")

    withheld = publications.withhold(draft, [first])

    assert {_group("B"), _group("B", "K-2")} <= withheld.by_earlier
    assert _group("H") not in withheld.by_earlier


def test_few_are_counted_by_the_minimum_of_their_own_band() -> None:
    """Rule: fifteen are few in a band that tells of no fewer than twenty, in a group and among all pupils of the band."""
    first = _publish(_draft(PUPILS, "BH"), ())

    def of(more: Pupils) -> places.Draft:
        draft = _draft(_grown(PUPILS, more), "BH", "grown")
        return dataclasses.replace(draft, minima={**draft.minima, frozenset({"K-2"}): 20})

    withheld = publications.withhold(of({("K-2", "B"): 15, ("K-2", "W"): 20, ("3-5", "B"): 20}), [first])
    assert _group("B", "K-2") in withheld.by_earlier
    with pytest.raises(errors.SpecError, match="of K-2 of an earlier report but for fewer than 20"):
        publications.withhold(of({("K-2", "W"): 15, ("3-5", "W"): 15}), [first])


@pytest.mark.parametrize("few", [1, MINIMUM - 1])
def test_table_with_a_few_pupils_more_is_refused(few: int) -> None:
    """Rule: how many pupils there are is told in any case, so nothing that is withheld would help."""
    first = _publish(_draft(PUPILS, "BH"), ())
    for grown, known in ((PUPILS, few), (_grown(PUPILS, {("K-2", "B"): 2 * few}), -few)):
        draft = _draft(_grown(grown, {("K-2", "B"): known}), "BH", "grown")

        with pytest.raises(errors.SpecError, match="evaluate on exactly the pupils of the earlier report") as caught:
            publications.withhold(draft, [first])
        assert str(few) not in str(caught.value).replace(str(MINIMUM), "")


@pytest.mark.parametrize("many", [0, MINIMUM], ids=["the same", "at least the minimum"])
def test_table_of_the_same_pupils_or_of_many_more_is_judged(many: int) -> None:
    first = _publish(_draft(PUPILS, "BH"), ())
    more = {("K-2", "B"): many, ("3-5", "B"): many}

    withheld = publications.withhold(_draft(_grown(PUPILS, more), "BH", "grown"), [first])

    assert withheld.by_earlier == frozenset()


def test_group_that_one_report_names_and_the_other_leaves_over_is_withheld() -> None:
    """Rule: the first names A, B and H, so who knows that only W is left knows W, which the second names."""
    first = _publish(_draft(PUPILS | {("K-2", "A"): 20, ("3-5", "A"): 20}, "ABH"), ())
    draft = _draft(PUPILS | {("K-2", "A"): 50, ("3-5", "A"): 50, ("K-2", "W"): 84}, "W", "grown")

    withheld = publications.withhold(draft, [first])

    assert {_group("W"), _group("W", "K-2")} <= withheld.by_earlier
    assert _group("W", "3-5") not in withheld.by_earlier


def test_need_that_rose_and_fell_by_many_tells_about_nobody_where_not_all_pupils_are_told() -> None:
    """Rule: bands tell those in need only; many of them came and many left."""
    first = _publish(_draft(PUPILS, "BH"), ())
    seldom = {key: rows for key, rows in first.told.items() if key[0] is Counted.NEED or not key[1].members}
    more = {("K-2", "B"): 34, ("3-5", "B"): -31, ("K-2", "H"): 3, ("3-5", "W"): 60}

    withheld = publications.withhold(
        _draft(_grown(PUPILS, more), "BH", "next"), [dataclasses.replace(first, told=seldom)]
    )

    assert withheld.by_earlier == frozenset()


def test_tables_of_other_pupils_with_about_as_many_of_them_withhold_nothing() -> None:
    """Rule: where many came and many left, a few more or fewer are nobody that one could know."""
    first = _publish(_draft(PUPILS, "BH"), ())
    more = {("K-2", "B"): 33, ("3-5", "H"): -27, ("K-2", "H"): -33, ("3-5", "B"): 30}

    withheld = publications.withhold(_draft(_grown(PUPILS, more), "BH", "next year"), [first])

    assert withheld.by_earlier == frozenset()


@hypothesis.settings(max_examples=60, deadline=None, derandomize=True, phases=PHASES)
@hypothesis.given(
    st.fixed_dictionaries({(band, value): st.sampled_from([0, 0, 1, 4, 12, 30]) for band in BANDS for value in VALUES}),
    st.sets(st.sampled_from(VALUES), min_size=1),
    st.sets(st.sampled_from(VALUES), min_size=1),
)
def test_no_number_of_two_reports_differs_by_a_few_pupils_that_came(more: Pupils, one: set[str], two: set[str]) -> None:
    """Rule: of the pupils that came no group of a few can be told, by any sum or difference of numbers in both reports."""
    grown = _grown(PUPILS, more)
    first = _publish(_draft(PUPILS, one), ())
    try:
        second = _publish(_draft(grown, two, "grown"), [first])
    except errors.SpecError:
        new = [_count(grown, Place(bands)) - _count(PUPILS, Place(bands)) for bands in _scopes()]
        assert any(0 < rows < MINIMUM for rows in new)
        return
    for value in VALUES:
        for bands in _scopes():
            place = _group(value, *bands)
            known = [_worked_out([*each.shown, *map(Place, _scopes())], place, VALUES) for each in (first, second)]
            if all(known):
                came = _count(grown, place) - _count(PUPILS, place)
                rest = _count(grown, Place(bands)) - _count(PUPILS, Place(bands)) - came
                assert not 0 < came < MINIMUM
                assert not 0 < rest < MINIMUM


def _scopes() -> tuple[frozenset[str], ...]:
    return (frozenset(BANDS), *(frozenset({band}) for band in BANDS))


# From tables to documents, as a run does it.


def _table() -> cases.Columns:
    """Four Asian pupils, and about as many of each of three other groups."""
    table = cases.columns(asian=4)
    others = np.flatnonzero(table["ethnicity"] == "W")
    table["ethnicity"][others[::3]] = "B"
    table["ethnicity"][others[1::3]] = "H"
    return table


def _policy(values: str, **fairness: Any) -> Any:
    spec = cases.a_policy().to_json()
    group = {"column": "ethnicity", "againstWords": "all other pupils"}
    protect = [{**group, "name": f"group-{v.lower()}", "group": v, "words": f"pupils of {v}"} for v in values]
    return cases.a_policy(
        fairness=spec["fairness"] | {"protect": protect, "resamples": 100, "permutations": 99} | fairness
    )


def _report(policy: Any, table: cases.Columns | None = None, **inputs: Any) -> documents.GateReport:
    known = cases.some_evidence(_table() if table is None else table, policy, **inputs)
    found = (*fairness.decide(known), *quality.decide(known))
    return documents.build(known, found, fairness.tabulate(known))


def _bundle(*reports: documents.GateReport) -> dict[str, bytes]:
    return {
        name: content
        for report in reports
        for name, content in bundles.build(report.document, report.evidence, report.policy).items()
    }


@pytest.fixture(scope="module")
def first() -> documents.GateReport:
    return _report(_policy("BW"))


def test_report_is_read_as_it_was_published(first: documents.GateReport) -> None:
    """Rule: every number of pupils in it is known, from its verdicts and policy alone."""
    (content,) = _bundle(first).values()
    table = _table()

    found = earlierreports.parse(content)

    band = frozenset({"K-2"})
    group = Place(band, frozenset({("ethnicity", "B")}))
    members = table["ethnicity"] == "B"
    assert found.told[Counted.ALL, Place(band)] == len(members)
    assert found.told[Counted.ALL, group] == members.sum()
    assert found.told[Counted.NEED, group] == (members & (table["outcome"] == 1)).sum()
    assert found.hidden == frozenset()
    assert found.report == first.digest


def test_number_of_all_pupils_in_a_table_is_not_that_of_a_pool() -> None:
    """Rule: with sums of other districts the groups are of the pool, and the quality gate knows the table only."""
    table = _table()
    near = np.isin(table["site_id"], np.unique(table["site_id"])[:12])
    theirs = fairness.cells_of(cases.some_evidence({name: cell[~near] for name, cell in table.items()}, _policy("BW")))
    pooled = _report(_policy("BW"), {name: cell[near] for name, cell in table.items()}, cells=theirs)
    (content,) = _bundle(pooled).values()

    found = earlierreports.parse(content)

    band = frozenset({"K-2"})
    assert (Counted.ALL, Place(band)) not in found.told
    assert found.told[Counted.ALL, Place(band, frozenset({("ethnicity", "B")}))] == (table["ethnicity"] == "B").sum()


def test_numbers_that_an_earlier_report_completes_are_withheld_and_the_outcome_stays(
    first: documents.GateReport,
) -> None:
    alone = _report(_policy("AH"))
    told = _report(_policy("AH"), earlier=_bundle(first))

    before, after = (
        {v.subject: v for v in report.verdicts if v.subject.startswith("full: pupils of H")} for report in (alone, told)
    )
    assert {v.rows > 0 for v in before.values()} == {True}
    assert {subject: v.outcome for subject, v in before.items()} == {subject: v.outcome for subject, v in after.items()}
    for verdict in after.values():
        assert (verdict.rows, verdict.estimate, verdict.low, verdict.high, verdict.detectable) == (0, *[None] * 4)
        assert "together with a report that was published earlier" in verdict.sentence
    assert "pupils of H" in json.dumps(alone.evidence["tables"])
    assert "pupils of H" not in json.dumps(told.evidence["tables"])
    assert told.outcome is alone.outcome
    (said,) = [v for v in told.verdicts if v.check == "fairness.earlier-reports"]
    assert said.sentence == "Compared with 1 earlier report: the numbers of some groups stay hidden."


def test_few_of_a_group_beside_an_intersection_do_not_follow() -> None:
    """Rule: all boys, and those with free lunch, would tell the few boys without."""
    table = cases.columns()
    boys = np.flatnonzero((table["sex"] == "M") & (table["outcome"] == 1))
    table["free_lunch"][boys] = np.where(np.arange(len(boys)) < 4, "N", "F")
    both = {"name": "boys-lunch", "of": ["free-lunch", "boys"], "words": "boys with free lunch"}
    fairness_spec = cases.a_policy().to_json()["fairness"] | {"resamples": 100, "permutations": 99}
    alone = _report(cases.a_policy(fairness=fairness_spec), table)
    crossed = cases.a_policy(fairness=fairness_spec | {"intersections": [both]})

    after = _report(crossed, table, earlier=_bundle(alone))

    rows = {
        v.subject: v.rows for v in after.verdicts if v.check == "fairness.excess" and v.subject.startswith("full: ")
    }
    assert rows["full: boys with free lunch against all other pupils"] == 0
    assert {v.rows for v in alone.verdicts if "boys against girls" in v.subject} != {0}


def test_which_earlier_reports_were_read_is_part_of_the_evidence(first: documents.GateReport) -> None:
    """Rule: the same input gives the same report, and verification takes it."""
    one, two = (_report(_policy("AH"), earlier=_bundle(first), unread=3) for _ in range(2))

    assert one.digest == two.digest
    read = one.evidence["inputs"]
    assert [f"sha256:{name.removesuffix('.json')}" for name in read["earlier"]] == [first.digest]
    assert read["unread"] == 3
    assert any("3 older ones were not read." in verdict.sentence for verdict in one.verdicts)
    files = (digests.canonical_json(value) for value in (one.document, one.evidence, one.policy))
    assert verification.verify(verification.Files(*files), expected=one.digest).problems == ()


def test_report_hidden_by_earlier_ones_is_itself_read_as_hidden(first: documents.GateReport) -> None:
    """Rule: a third report on the same pupils keeps what the second one hid."""
    second = _report(_policy("AH"), earlier=_bundle(first))
    third = _report(_policy("H"), earlier=_bundle(first, second))

    assert {v.rows for v in third.verdicts if "pupils of H" in v.subject} == {0}


def test_another_version_on_the_same_pupils_withholds_nothing() -> None:
    table = _table()
    earlier = _report(_policy("BHW"), table)
    other = {**table, "score_full": np.round(table["score_full"] * 0.99, 6)}

    again = _report(_policy("BHW"), other, earlier=_bundle(earlier))

    assert again.digest != earlier.digest
    alone = _report(_policy("BHW"), other)
    compared = [v for v in again.verdicts if v.check != "fairness.earlier-reports"]
    assert compared == list(alone.verdicts)


def test_few_more_pupils_are_refused_and_few_more_of_a_group_withheld(first: documents.GateReport) -> None:
    table = _table()
    few = {name: cells[3:] for name, cells in table.items()}
    with pytest.raises(errors.SpecError, match="but for fewer than 10"):
        _report(_policy("BW"), few, earlier=_bundle(first))

    left = np.concatenate(
        [np.flatnonzero(table["ethnicity"] == "B")[:3], np.flatnonzero(table["ethnicity"] == "H")[:30]]
    )
    thinner = {name: np.delete(cells, left) for name, cells in table.items()}
    found = _report(_policy("BW"), thinner, earlier=_bundle(first))
    rows = {name: {v.rows for v in found.verdicts if f"pupils of {name}" in v.subject} for name in "BW"}
    assert rows["B"] == {0}
    assert 0 not in rows["W"]


def test_number_of_pupils_of_whom_few_are_at_risk_is_no_way_around(first: documents.GateReport) -> None:
    """Rule: the same number of pupils, and three more of them in need: these three would be told."""
    table = _table()
    changed = np.flatnonzero((table["ethnicity"] == "B") & (table["outcome"] == 0))[:3]
    other = {**table, "outcome": np.where(np.isin(np.arange(len(table["outcome"])), changed), 1, table["outcome"])}

    found = _report(_policy("BW"), other, earlier=_bundle(first))

    assert {v.rows for v in found.verdicts if "pupils of B" in v.subject} == {0}


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda _: b"{", "is not what a gate run"),
        (lambda _: b"[]", "is not what a gate run"),
        (lambda part: json.dumps(part | {"policy": {}}).encode(), "do not belong together"),
        (lambda part: json.dumps(part | {"report": part["report"] | {"verdicts": []}}).encode(), "do not belong together"),
        (lambda part: json.dumps({name: {} for name in part}).encode(), "is not what a gate run"),
        (lambda part: _rebuilt(part, "policy", {"policy": {}}), "is not what a gate run"),
        (lambda part: _rebuilt(part, "evidence", {"verdicts": part["evidence"]["verdicts"]}), "is not what a gate run"),
        (lambda _: b"[" * 100_000, "is not what a gate run"),
    ],
    ids=["no json", "a list", "another policy", "other verdicts", "empty", "no limits", "no inputs", "nested"],
)  # fmt: skip
def test_what_is_no_earlier_report_is_refused_by_name(
    first: documents.GateReport, spoil: Callable[[dict[str, Any]], bytes], message: str
) -> None:
    ((name, content),) = _bundle(first).items()

    with pytest.raises(errors.SpecError, match=f"^{name}: .*{message}"):
        earlierreports.read({name: spoil(json.loads(content))})


def _rebuilt(parts: dict[str, Any], name: str, value: dict[str, Any]) -> bytes:
    """With another document whose digest fits."""
    report = parts["report"] | {name: digests.of_json(value)}
    return digests.canonical_json(parts | {"report": report, name: value})
