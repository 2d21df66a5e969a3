"""The page of a look at a whole district: has anything changed, where, and what to do."""

import dataclasses
from html.parser import HTMLParser

import pytest
from jinja2 import meta
from tests.unit.gates.pages import watchcases
from tests.unit.gates.pages.test_report_page import FORBIDDEN, MOST_BYTES, Reader

from homeroom.domain import changes
from homeroom.gates.monitoring.findings import Findings, Outcome
from homeroom.gates.pages import marks, rendering, views, watches, watchwords

WATCHES = {
    "usual": watchcases.some_findings(),
    "hostile": watchcases.hostile_findings(),
    "large": watchcases.many_findings(),
    "empty": watchcases.some_findings((), {}),
}
EVERY = pytest.mark.parametrize("findings", WATCHES.values(), ids=WATCHES)


def read(findings: Findings) -> Reader:
    reader = Reader()
    assert isinstance(reader, HTMLParser)
    reader.feed(rendering.render_watch(findings).decode())
    assert reader.open == []
    return reader


def test_template_of_a_watch_uses_its_view_model_and_all_of_it() -> None:
    environment = rendering.environment()
    assert environment.loader is not None
    used: set[str] = set()
    for name in (views.WatchPage.template, "base.html"):
        source, _, _ = environment.loader.get_source(environment, name)
        used |= meta.find_undeclared_variables(environment.parse(source))
    macros = {"contents", "facts", "fingerprints", "icon", "next_steps", "section", "word_list"}
    assert used - macros - {"style", "allowed"} == {field.name for field in dataclasses.fields(views.WatchPage)}


@EVERY
def test_page_of_a_watch_is_harmless_small_and_in_plain_words(findings: Findings) -> None:
    html = rendering.render_watch(findings)
    reader = read(findings)

    assert len(html) < MOST_BYTES
    assert not [tag for tag, _ in reader.elements if tag in {"script", "img", "iframe", "form", "object"}]
    assert FORBIDDEN.findall(reader.text) == []
    assert rendering.render_watch(findings) == html


@pytest.mark.parametrize(
    ("outcomes", "headline", "tone"),
    [
        ((Outcome.CHANGED, Outcome.UNCHANGED), "Something has changed.", marks.Tone.BAD),
        ((Outcome.UNCHANGED, Outcome.NOTE), "Nothing that we could notice has changed.", marks.Tone.GOOD),
        ((Outcome.CANNOT_TELL,), "We cannot tell yet whether anything has changed.", marks.Tone.CARE),
        ((), "We cannot tell yet whether anything has changed.", marks.Tone.CARE),
    ],
    ids=["changed", "as-before", "cannot-tell", "nothing"],
)
def test_headline_of_a_watch_never_takes_silence_for_good(
    outcomes: tuple[Outcome, ...], headline: str, tone: marks.Tone
) -> None:
    found = tuple(watchcases.a_finding(outcome, unit=str(index)) for index, outcome in enumerate(outcomes))
    page = watches.build(watchcases.some_findings(found, {}))

    assert (page.headline, page.mark.tone) == (headline, tone)


def test_most_pressing_action_comes_first_and_names_its_regions() -> None:
    assert [step.what for step in watches.build(watchcases.some_findings()).steps] == [
        "west: Train the model again for the year groups that are affected.",
        "north: Have people check some cases.",
        "south: Do nothing.",
    ]


def test_every_action_of_the_decision_table_has_its_words_and_its_consequence() -> None:
    assert set(watchwords.STEPS) == set(watchwords.CONSEQUENCES) == set(changes.Action)


def test_sections_go_from_the_whole_district_to_single_schools() -> None:
    assert [section.question for section in watches.build(watchcases.some_findings()).sections] == [
        "In the whole district",
        "In regions",
        "In single schools",
    ]


def test_of_very_many_findings_the_page_says_how_many_are_left_out() -> None:
    group = watches.build(watchcases.many_findings()).sections[0].groups[0]

    assert len(group.findings) == watches.MOST_SHOWN
    assert group.more == "250 more are in the file of this look."
