"""The pages as a browser gets them: complete, plain words, nothing from elsewhere, readable contrast."""

import dataclasses
import re
from datetime import timedelta
from html.parser import HTMLParser

import jinja2
import pytest
from jinja2 import meta
from tests.unit.district.app import worlds

from homeroom.console import pages, rendering, words
from homeroom.district.app import views

FORBIDDEN = re.compile(r"\b(drift|epsilon|inference|deploy\w*|epoch|node|p-value|outlier|gradient)\b", re.IGNORECASE)
VOID = {"meta", "link", "input", "br", "hr", "img", "path", "rect", "circle"}


def status_page(**changes: object) -> pages.StatusPage:
    page = views.build_status_page(
        worlds.a_document(), user="vera", form_proof="proof", refresh_seconds=10, refreshing=False
    )
    return dataclasses.replace(page, **changes)  # type: ignore[arg-type]  # the test names real fields


LOGIN = pages.LoginPage("proof", "")
PROBLEM = pages.ProblemPage("We cannot tell at the moment", "Try again.")


class Reader(HTMLParser):
    """Collects what a page is made of, and checks that what opens also closes."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.attributes: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.attributes.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data + " "


def read(page: pages.Page) -> Reader:
    reader = Reader()
    reader.feed(rendering.render(page))
    assert reader.open == []
    return reader


@pytest.mark.parametrize("page", [status_page(), LOGIN, PROBLEM], ids=["status", "login", "problem"])
def test_a_template_uses_its_view_model_and_all_of_it(page: pages.Page) -> None:
    """A field that no template shows is dead; one that a template asks for and is not there is a broken page."""
    environment = rendering.environment()
    used: set[str] = set()
    assert environment.loader is not None
    for name in (page.template, "base.html"):
        source, _, _ = environment.loader.get_source(environment, name)
        used |= meta.find_undeclared_variables(environment.parse(source))
    macros = {"stylesheet", "icon", "badge", "time"}
    assert used - macros == {field.name for field in dataclasses.fields(page)}


def test_a_template_that_asks_for_more_fails_loudly() -> None:
    with pytest.raises(jinja2.UndefinedError):
        rendering.environment().from_string("{{ nothing_of_the_kind }}").render()


@pytest.mark.parametrize("page", [status_page(), LOGIN, PROBLEM], ids=["status", "login", "problem"])
def test_a_page_loads_nothing_from_elsewhere_and_runs_nothing(page: pages.Page) -> None:
    reader = read(page)
    assert not [tag for tag, _ in reader.attributes if tag in {"script", "iframe", "object", "style"}]
    for _, attributes in reader.attributes:
        assert not any(name.startswith("on") or name == "style" for name in attributes)
        for name in ("href", "src", "action"):
            assert (attributes.get(name) or "/").startswith(("/", "#"))


def test_the_status_page_has_no_word_of_ours_that_people_do_not_use() -> None:
    assert FORBIDDEN.findall(read(status_page()).text) == []


def test_every_school_is_in_the_table_with_its_state_in_words() -> None:
    reader = read(status_page())
    assert all(f"school-{number:02}" in reader.text for number in range(1, 80))
    for said in (
        "Works as planned",
        "Works with less",
        "Not heard from",
        "Refused what it was sent",
        "Never heard from",
    ):
        assert said in reader.text


def test_the_stopped_release_says_what_stops_it() -> None:
    text = " ".join(read(status_page()).text.split())
    assert "What stops it: Pupils with free lunch who need support are missed 24 in 100 times more often" in text
    assert "grace and dolores" in text
    assert "nobody yet" in text


def test_what_people_wrote_is_shown_and_never_run() -> None:
    school = dataclasses.replace(status_page().schools[0], display_name="<script>alert(1)</script>")
    html = rendering.render(status_page(schools=(school,)))
    assert "<script" not in html
    assert "&lt;script&gt;" in html


def test_the_page_reloads_only_for_who_asked() -> None:
    assert "http-equiv" not in rendering.render(status_page())
    html = rendering.render(status_page(refreshing=True))
    assert '<meta http-equiv="refresh" content="10">' in html
    assert "Pause updates" in html


def test_an_empty_district_says_so() -> None:
    html = rendering.render(status_page(schools=(), waves=(), releases=(), hubs=(), silent=()))
    for sentence in (
        "No release has been submitted yet.",
        "No wave has been started yet.",
        "No school has been added yet.",
    ):
        assert sentence in html


def test_every_state_has_a_shape_beside_its_colour() -> None:
    """Colour alone tells nothing: a badge without its icon would be a coloured word only."""
    html = rendering.render(status_page())
    badges = re.findall(r'<span class="badge \w+">(.*?)</span>', html, flags=re.DOTALL)
    assert len(badges) > 79
    assert all("<svg" in badge and re.sub("<.*?>", "", badge, flags=re.DOTALL).strip() for badge in badges)


def test_ids_are_unique_and_labels_point_at_something() -> None:
    for page in (status_page(), LOGIN):
        attributes = [found for _, found in read(page).attributes]
        ids = [found["id"] for found in attributes if "id" in found]
        assert len(ids) == len(set(ids))
        named = {found[key] for found in attributes for key in ("aria-labelledby", "for") if key in found}
        assert named <= set(ids)


def _palettes() -> list[dict[str, str]]:
    light, dark = re.findall(r":root \{(.*?)\}", rendering.stylesheet().decode(), flags=re.DOTALL)[:2]
    first = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light))
    return [first, {**first, **dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", dark))}]


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    """WCAG 2.2, contrast ratio; black on white is 21."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("palette", _palettes(), ids=["light", "dark"])
def test_text_has_the_contrast_that_wcag_asks_for(palette: dict[str, str]) -> None:
    """At least 4.5 to 1 for text (success criterion 1.4.3), 3 to 1 for the focus ring (1.4.11)."""
    pairs = [(text, ground) for text in ("ink", "quiet", "accent") for ground in ("page", "surface", "raised")]
    pairs += [(tone, ground) for tone in ("good", "care", "bad") for ground in (f"{tone}-soft", "surface", "page")]
    pairs += [
        ("quiet", "quiet-soft"),
        ("on-bar", "bar"),
        ("surface", "accent"),
        ("ink", "bad-soft"),
        ("ink", "care-soft"),
    ]
    low = {pair: round(_contrast(palette[pair[0]], palette[pair[1]]), 2) for pair in pairs}
    assert {pair: ratio for pair, ratio in low.items() if ratio < 4.5} == {}


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (-5, "just now"),
        (0, "just now"),
        (9, "just now"),
        (10, "10 seconds ago"),
        (59, "59 seconds ago"),
        (60, "1 minute ago"),
        (3_599, "59 minutes ago"),
        (3_600, "1 hour ago"),
        (86_400, "1 day ago"),
        (172_800, "2 days ago"),
    ],
)
def test_time_passed_is_said_in_the_largest_unit(seconds: int, said: str) -> None:
    assert words.ago(worlds.NOW - timedelta(seconds=seconds), worlds.NOW) == said
