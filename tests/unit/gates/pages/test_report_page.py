"""The page of a gate run: verdict first, complete, harmless, and the same whenever it is drawn."""

import dataclasses
import functools
import json
import re
from html.parser import HTMLParser

import jinja2
import pytest
from jinja2 import meta
from tests.unit.gates import cases
from tests.unit.gates.pages import pagecases

from homeroom.domain.verdicts import Outcome
from homeroom.gates import (
    checks,
    documents,
    drift,
    fairness,
    footprint,
    measurements,
    quality,
    reported,
    tabulations,
    verification,
)
from homeroom.gates.pages import looks, marks, plates, policies, rendering, reports, views
from homeroom.gates.policies import limits
from homeroom.gates.privacy import anonymity, duties, fallbackcells, membership, memorisation
from homeroom.resources import gatepolicies

FORBIDDEN = re.compile(
    r"\b(drift\w*|epsilon|inference|AUC|bootstrap\w*|p-value|PSI|deploy\w*|epoch|node|outlier|gradient|at-risk)\b",
    re.IGNORECASE,
)
VOID = {"meta", "link", "br", "hr", "img", "input"}
MOST_BYTES = 1_000_000


class Reader(HTMLParser):
    """Collects what a page is made of, and checks that what opens also closes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text += f" {data}"


def read(report: documents.GateReport) -> Reader:
    reader = Reader()
    reader.feed(rendering.render(report).decode())
    assert reader.open == []
    reader.text = " ".join(reader.text.split())
    return reader


REPORTS = {
    "usual": pagecases.a_report(),
    "hostile": pagecases.a_hostile_report(),
    "large": pagecases.a_large_report(),
    "no-tables": pagecases.a_report(tables=()),
    "nothing-found": pagecases.a_report((), ()),
    "bare-documents": documents.parse({"verdicts": []}, {}, {}),
}
EVERY = pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)


def test_template_uses_its_view_model_and_all_of_it() -> None:
    """A field that no template shows is dead; one that a template asks for and is not there is a broken page."""
    environment = rendering.environment()
    assert environment.loader is not None
    used: set[str] = set()
    for name in (views.ReportPage.template, "base.html"):
        source, _, _ = environment.loader.get_source(environment, name)
        used |= meta.find_undeclared_variables(environment.parse(source))
    macros = {"contents", "facts", "fingerprints", "icon", "next_steps", "section", "word_list"}
    assert used - macros - {"style", "allowed"} == {field.name for field in dataclasses.fields(views.ReportPage)}


def test_template_that_asks_for_more_fails_loudly() -> None:
    with pytest.raises(jinja2.UndefinedError):
        rendering.environment().from_string("{{ nothing_of_the_kind }}").render()


@EVERY
def test_page_is_whole_and_names_each_id_once(report: documents.GateReport) -> None:
    elements = read(report).elements
    ids = [str(attributes["id"]) for _, attributes in elements if "id" in attributes]
    referred = {
        part
        for _, attributes in elements
        for key in ("aria-labelledby", "href")
        for part in (attributes.get(key) or "").removeprefix("#").split()
        if key == "aria-labelledby" or (attributes.get(key) or "").startswith("#")
    }

    assert len(ids) == len(set(ids))
    assert referred <= set(ids)


@EVERY
def test_page_loads_nothing_and_runs_nothing(report: documents.GateReport) -> None:
    """No script, no form, no address: the page works from a stick, in ten years, on a machine without network."""
    for tag, attributes in read(report).elements:
        assert tag not in {
            "script",
            "iframe",
            "object",
            "embed",
            "img",
            "form",
            "base",
            "image",
            "use",
            "foreignobject",
        }
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        for name in ("href", "src", "xlink:href"):
            assert (attributes.get(name) or "#").startswith(("#", "data:,"))


def test_policy_of_the_page_allows_its_own_style_and_nothing_else() -> None:
    html = rendering.render(pagecases.a_report()).decode()

    assert "default-src &#39;none&#39;; style-src &#39;sha256-" in html
    assert "unsafe" not in html
    assert html.count("<style>") == 1


@EVERY
def test_same_documents_give_the_same_bytes_also_after_they_were_stored(report: documents.GateReport) -> None:
    """The page is drawn again from what an auditor finds years later: there is no clock and nothing else in it."""
    stored = [json.loads(json.dumps(part)) for part in (report.document, report.evidence, report.policy)]

    assert rendering.render(documents.parse(*stored)) == rendering.render(report)


@EVERY
def test_page_stays_under_a_megabyte(report: documents.GateReport) -> None:
    assert len(rendering.render(report)) < MOST_BYTES


def test_page_of_a_failed_run_begins_with_what_is_wrong_and_for_whom() -> None:
    page = reports.build(pagecases.a_report())

    assert page.headline == (
        "This model may not go to schools yet: Black pupils who need support would be missed too often."
    )
    assert page.mark.tone is marks.Tone.BAD
    assert [(fact.label, fact.value) for fact in page.measured][:3] == [
        ("Number", "27 of 100"),
        ("Range", "21 to 33 of 100"),
        ("Limit", "10 of 100"),
    ]


@pytest.mark.parametrize(
    ("outcomes", "begins"),
    [
        ((Outcome.FAIL, Outcome.PASS), "This model may not go to schools yet"),
        ((Outcome.NOT_ENOUGH_EVIDENCE, Outcome.PASS), "We cannot tell yet whether this model may go to schools"),
        ((Outcome.PASS, Outcome.NOT_APPLICABLE), "This model keeps every limit that was checked"),
        ((Outcome.NOT_APPLICABLE,), "Nothing was judged"),
        ((), "Nothing was judged"),
    ],
    ids=["fails", "cannot-tell", "holds", "only-reported", "empty"],
)
def test_headline_says_the_outcome_and_never_that_silence_is_good(outcomes: tuple[Outcome, ...], begins: str) -> None:
    found = tuple(pagecases.a_verdict(outcome, subject=str(index)) for index, outcome in enumerate(outcomes))
    page = reports.build(pagecases.a_report(found, ()))

    assert page.headline.startswith(begins)
    assert (page.mark.tone is marks.Tone.GOOD) == (
        Outcome.PASS in outcomes and len(set(outcomes) - {Outcome.PASS, Outcome.NOT_APPLICABLE}) == 0
    )


def test_findings_stand_by_question_and_what_does_not_hold_comes_first() -> None:
    page = reports.build(pagecases.a_report())

    assert [section.question for section in page.sections] == [
        "Is it fair to every group?",
        "Has anything changed?",
        "Future",
    ]
    assert [group.mark.word for group in page.sections[0].groups] == [
        "Does not hold",
        "We cannot tell yet",
        "Holds",
        "For information",
    ]


def test_gate_that_this_page_does_not_know_still_has_its_section() -> None:
    page = reports.build(pagecases.a_report((pagecases.a_verdict(gate="weather"),), ()))

    assert [section.question for section in page.sections] == ["Weather"]


def test_worst_excess_over_the_limit_decides_among_failures_of_one_question() -> None:
    mild = pagecases.a_verdict(subject="mild", low=0.11, sentence="Boys are missed too often: a bit.")
    worse = pagecases.a_verdict(subject="worse", low=0.31, sentence="Girls are missed too often: a lot.")

    assert "Girls" in reports.build(pagecases.a_report((mild, worse), ())).headline


def test_there_are_at_most_three_next_steps_and_each_is_there_once() -> None:
    found = tuple(pagecases.a_verdict(subject=str(index), action=f"Do {index // 2}.") for index in range(9))
    steps = reports.build(pagecases.a_report(found, ())).steps

    assert [step.what for step in steps] == ["Do 0.", "Do 1.", "Do 2."]
    assert all("Nobody can wave" in step.consequence for step in steps)


def test_findings_that_hold_are_folded_when_many_and_others_never() -> None:
    page = reports.build(pagecases.a_large_report())

    assert [(group.mark.word, group.folded) for group in page.sections[0].groups] == [
        ("Does not hold", False),
        ("We cannot tell yet", False),
        ("Holds", True),
        ("For information", True),
    ]


def test_hidden_number_is_a_dash_with_its_reason() -> None:
    text = read(pagecases.a_report(tables=(pagecases.GAPS,))).text

    assert "\N{EN DASH} hidden: fewer than 10 pupils" in text
    assert "None" not in text
    assert "nan" not in text.lower().split()


def test_reason_for_a_hidden_number_names_the_minimum_of_the_policy() -> None:
    report = pagecases.a_report(tables=(pagecases.GAPS,))
    policy = {"policy": {"fairness": {"minimumCell": 15}}}

    assert "hidden: fewer than 15 pupils" in read(dataclasses.replace(report, policy=policy)).text


@EVERY
def test_page_has_no_word_that_people_do_not_use(report: documents.GateReport) -> None:
    assert FORBIDDEN.findall(read(report).text) == []


def test_page_of_real_verdicts_has_no_word_that_people_do_not_use() -> None:
    """The sentences come from the gates: their words are looked at here, where people will read them."""
    report = _real_report()

    assert {"fairness", "quality"} <= {verdict.gate for verdict in report.verdicts}
    assert FORBIDDEN.findall(read(report).text) == []


@functools.cache
def _real_report() -> documents.GateReport:
    entry = {"purpose": "support-offer", "columns": [name.lower() for name in cases.FEATURES], "bands": ["K-2"], "basis": "public task",
             "owner": "the data office", "retentionDays": 300, "expires": "2027-07-31"}  # fmt: skip
    written = cases.a_policy(packs=["us-federal", "uk", "au"], privacy={"purposes": [entry]}).to_json()
    written["fairness"] |= {"oppositeLimit": 0.1, "falseAlarmLimit": 0.3, "calibrationLimit": 0.1, "abrocaLimit": 0.1}
    written["quality"] |= {"stageAgreementLimit": 0.1, "calibrationLimit": 0.1}
    policy = gatepolicies.Spec.model_validate(written)
    known = cases.some_evidence(cases.columns(withheld=0.6), policy)
    known = dataclasses.replace(known, measured=dict.fromkeys(known.stages[:2], measurements.Measurement(2.0, 60.0)))
    gates = (fairness, drift, quality, footprint, reported, membership, memorisation, anonymity, fallbackcells, duties)
    found = tuple(verdict for gate in gates for verdict in gate.decide(known))
    return documents.build(
        known, found, tables=tuple(table for gate in (fairness, drift, quality) for table in gate.tabulate(known))
    )


def test_every_table_of_the_gates_that_has_numbers_has_its_picture() -> None:
    """The pictures know the headings of the gates; where a gate renames one, this finds it before a reader does."""
    tables = [tabulations.from_json(table) for table in _real_report().evidence["tables"]]
    drawn = {table.key: bool(plates.build(table, "x", 10).drawings) for table in tables if table.rows}

    assert {"fairness.gaps", "fairness.reliability", "drift.inputs", "quality.bands"} <= set(drawn)
    assert [key for key, picture in drawn.items() if key in looks.LOOKS and not picture] == []


def test_every_check_that_shows_a_number_has_its_unit_and_its_good_side() -> None:
    """A number of a check that nobody listed would stand on the page without a unit, and be verified the wrong way round."""
    numbered = [verdict for verdict in _real_report().verdicts if (verdict.estimate, verdict.limit) != (None, None)]

    assert {verdict.check for verdict in numbered} - checks.CHECKS.keys() == set()
    assert len({verdict.check for verdict in numbered}) > 20
    assert [verdict.subject for verdict in numbered if verdict.outcome not in verification.outcomes_of(verdict)] == []


def test_no_two_findings_of_a_run_are_about_the_same() -> None:
    """A waiver names what a finding is about: it must not cover a second one that nobody thought of."""
    subjects = [verdict.subject for verdict in _real_report().verdicts]

    assert len(set(subjects)) == len(subjects)


@pytest.mark.parametrize(
    ("heading", "said", "hidden"),
    [("limit", "no limit", ""), ("threshold", "any", ""), ("missed", "\N{EN DASH}", "hidden")],
)
def test_empty_cell_is_called_hidden_only_where_something_is(heading: str, said: str, hidden: str) -> None:
    plate = plates.build(pagecases.table("x", ("group", heading), ("boys", 0.1), ("girls", None)), "x", 10)
    assert plate.rows[1][1] == views.Cell(said, number=True, hidden=hidden)


def test_page_tells_how_to_check_it_by_the_digest_of_this_very_report() -> None:
    report = pagecases.a_report()
    assert f"homeroom gate verify --files DIRECTORY --digest {report.digest}" in read(report).text


def test_every_limit_of_a_policy_is_called_something_on_the_page() -> None:
    assert policies.LABELS.keys() == limits.BY_PATH.keys()


def test_limits_say_which_line_of_which_pack_set_them() -> None:
    lines = [
        {"limit": "fairness.minimumCell", "value": 15, "layer": "pack uk", "place": "limits[0]", "source": "DfE", "band": None},
        {"limit": "fairness.excessLimit", "value": 0.05, "layer": "band K-2", "place": "bands[0]", "source": "", "band": "K-2"},
        {"limit": "footprint.latencyMs", "value": 50, "layer": "default", "place": "", "source": "", "band": None},
        {"limit": "future.limit", "value": True, "layer": "policy", "place": "", "source": "", "band": None},
        {"limit": "fairness.abrocaLimit", "value": None, "layer": "default", "place": "", "source": "", "band": None},
    ]  # fmt: skip
    report = dataclasses.replace(pagecases.a_report(), policy={"policy": {"harm": "Missed"}, "lines": lines})
    shown = [(fact.label, fact.value, fact.origin) for fact in reports.build(report).limits]

    assert shown == [
        ("What counts as harm", "A pupil who needs support is not offered it", "the policy of this purpose"),
        ("Fewest pupils about whom a number is shown", "15", "pack uk: DfE"),
        (
            "How much more often the harm may happen to a group than to the others (share), kindergarten to grade 2",
            "0.05",
            "band K-2",
        ),
        ("Time to answer for a class (milliseconds)", "50", "Homeroom, as nobody else set it"),
        ("future.limit", "yes", "the policy of this purpose"),
    ]


def test_every_state_has_a_shape_beside_its_colour() -> None:
    html = rendering.render(pagecases.a_large_report()).decode()
    badges = re.findall(r'<span class="badge \w+">(.*?)</span>', html, flags=re.DOTALL)

    assert badges
    assert all("<svg" in badge and re.sub("<.*?>", "", badge, flags=re.DOTALL).strip() for badge in badges)


def test_every_picture_is_read_aloud_and_has_its_table() -> None:
    reader = read(pagecases.a_report())
    pictures = [attributes for tag, attributes in reader.elements if tag == "svg" and attributes.get("class") == "plot"]
    ids = {attributes.get("id") for _, attributes in reader.elements}
    figures = sum(tag == "figure" for tag, _ in reader.elements)

    assert len(pictures) == 4 + 3
    for attributes in pictures:
        assert attributes["role"] == "img"
        assert set(str(attributes["aria-labelledby"]).split()) <= ids
    assert figures == len(pagecases.TABLES) == sum(tag == "table" for tag, _ in reader.elements) - 1


def _palettes() -> list[dict[str, str]]:
    light, dark, paper = re.findall(r":root \{(.*?)\}", rendering.stylesheet(), flags=re.DOTALL)[:3]
    found = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", block)) for block in (light, dark, paper)]
    return [{**found[0], **palette} for palette in found]


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio; black on white is 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", _palettes(), ids=["light", "dark", "paper"])
def test_text_and_marks_have_the_contrast_that_wcag_asks_for(palette: dict[str, str]) -> None:
    """At least 4.5 to 1 for text (1.4.3); marks and bars carry meaning and are held to 3 to 1 (1.4.11)."""
    text = [(name, ground) for name in ("ink", "quiet", "accent") for ground in ("page", "surface")]
    text += [(tone, ground) for tone in ("good", "care", "bad") for ground in (f"{tone}-soft", "surface", "page")]
    text += [
        ("quiet", "quiet-soft"),
        ("on-bar", "bar"),
        ("surface", "accent"),
        ("ink", "bad-soft"),
        ("ink", "care-soft"),
    ]
    marks = [(name, "surface") for name in ("first", "second", "third", "fourth")]
    low = {pair: round(_contrast(palette[pair[0]], palette[pair[1]]), 2) for pair in (*text, *marks)}

    assert {pair: ratio for pair, ratio in low.items() if ratio < (3 if pair in marks else 4.5)} == {}
