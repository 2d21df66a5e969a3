"""The pages as people get them: in a real browser, on a phone, in the dark, on paper, by keyboard."""

from collections.abc import Callable
from typing import Any

import pytest

pytestmark = pytest.mark.browser

Visit = Callable[..., Any]

REPORTS = ("report", "hostile", "large", "bare", "watch", "watch-hostile")
PAGES = (*REPORTS, "status")
WIDTHS = (320, 1280)
PAPER_WIDTH = 688
"""Pixels between the margins of an A4 sheet: 210 mm less twice 14 mm, at 96 to the inch."""

LEAVES_ITS_BOX = """
() => [...document.querySelectorAll('main *, footer *')].filter(element => {
  const box = element.getBoundingClientRect();
  const hidden = element.closest('.hidden, thead, [aria-hidden]') || getComputedStyle(element).position === 'absolute';
  return !hidden && box.width > 0 && (box.right > document.documentElement.clientWidth + 1 || box.left < -1);
}).map(element => element.outerHTML.slice(0, 120))
"""

TEXT_CUT_OFF = """
() => [...document.querySelectorAll('svg.plot text')].filter(text => {
  const own = text.getBoundingClientRect(), picture = text.closest('svg.plot').getBoundingClientRect();
  return own.left < picture.left - 1 || own.right > picture.right + 1 || own.bottom > picture.bottom + 1 || own.top < picture.top - 1;
}).map(text => text.textContent)
"""

RING = """
() => {
  const style = getComputedStyle(document.activeElement), box = document.activeElement.getBoundingClientRect();
  return {tag: document.activeElement.tagName, ring: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
          seen: box.bottom > 0 && box.top < innerHeight, height: box.height};
}
"""


@pytest.mark.parametrize(
    ("name", "width", "scheme"),
    [
        *(
            (name, width, scheme)
            for name in ("report", "hostile", "watch")
            for width in WIDTHS
            for scheme in ("light", "dark")
        ),
        ("bare", 1280, "light"),
        ("large", 320, "light"),
        ("status", 1280, "light"),
        ("status", 320, "dark"),
    ],
)
def test_axe_finds_nothing(visit: Visit, name: str, width: int, scheme: str) -> None:
    """WCAG 2.2 AA as far as a program can see it."""
    from axe_playwright_python import sync_playwright  # noqa: PLC0415 - only this venv has it

    page = visit(name, width=width, scheme=scheme, bypass_csp=True)
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = sync_playwright.Axe().run(page, options={"runOnly": tags}).response

    assert [(rule["id"], rule["nodes"][0]["html"][:120]) for rule in found["violations"]] == []
    assert found["passes"]


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_nothing_scrolls_sideways_or_is_cut_off(visit: Visit, name: str, width: int) -> None:
    page = visit(name, width=width)

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(LEAVES_ITS_BOX) == []
    assert page.evaluate(TEXT_CUT_OFF) == []


@pytest.mark.parametrize("name", REPORTS)
def test_text_may_be_twice_as_large(visit: Visit, name: str) -> None:
    """Success criterion 1.4.4: as on a screen of 640 pixels with letters twice as large."""
    page = visit(name, width=640)
    page.evaluate("document.documentElement.style.fontSize = '200%'")

    assert page.evaluate("document.documentElement.scrollWidth") <= 640


@pytest.mark.parametrize("name", PAGES)
def test_keyboard_focus_is_seen_at_every_stop(visit: Visit, name: str) -> None:
    page = visit(name)
    stops = page.evaluate("document.querySelectorAll('a[href], button, summary, input').length")
    found = []
    for _ in range(min(stops, 30)):
        page.keyboard.press("Tab")
        found.append(page.evaluate(RING))

    assert found
    assert [stop for stop in found if not stop["ring"] or not stop["seen"]] == []


def test_first_stop_skips_to_the_content(visit: Visit) -> None:
    page = visit("report")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")

    assert page.evaluate("document.activeElement.id") == "main"


@pytest.mark.parametrize("name", REPORTS)
def test_page_asks_for_nothing_and_the_browser_has_no_complaint(visit: Visit, name: str) -> None:
    """Also not for an icon: a report that calls home tells who reads it."""
    page = visit(name)
    page.wait_for_load_state("networkidle")

    assert [address for address in page.asked if not address.startswith("data:")] == [page.url]
    assert page.said == []


def test_hostile_words_run_nothing_and_stay_words(visit: Visit) -> None:
    page = visit("hostile")

    assert page.evaluate("document.querySelectorAll('script, img, iframe, object, form').length") == 0
    assert page.evaluate("document.scripts.length") == 0
    assert page.evaluate("document.styleSheets.length") == 1
    assert "<script>alert(1)</script>" in page.inner_text("h1")
    assert page.said == []


def test_words_from_right_to_left_keep_to_their_place(visit: Visit) -> None:
    """An Arabic name must not pull the number beside it to its other side."""
    page = visit("hostile")
    row = page.locator("tr", has_text="الطلاب").first

    name, number = (row.locator(part).first.bounding_box() for part in ("th", "td"))
    assert name["x"] < number["x"]


def test_whole_page_may_run_from_right_to_left(visit: Visit) -> None:
    page = visit("report", width=320)
    page.evaluate("document.documentElement.dir = 'rtl'")

    assert page.evaluate("document.documentElement.scrollWidth") <= 320
    assert page.evaluate(TEXT_CUT_OFF) == []


@pytest.mark.parametrize("name", REPORTS)
def test_no_table_is_cut_off_on_paper_and_nothing_stays_folded(visit: Visit, name: str) -> None:
    page = visit(name, width=PAPER_WIDTH, scheme="dark")
    page.emulate_media(media="print")
    wide = page.evaluate(
        "() => [...document.querySelectorAll('table, svg.plot')].filter(e => e.scrollWidth > e.clientWidth + 1 || "
        f"e.getBoundingClientRect().right > {PAPER_WIDTH} + 1).length"
    )
    folded = page.evaluate(
        "() => [...document.querySelectorAll('details .finding')].filter(e => e.getBoundingClientRect().height < 10).length"
    )

    assert (wide, folded) == (0, 0)
    assert page.evaluate("document.documentElement.scrollWidth") <= PAPER_WIDTH
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"


def test_page_can_be_printed_to_a_file(visit: Visit) -> None:
    """A page with 256 findings too: they are all on paper."""
    page = visit("large")
    content = page.pdf(format="A4", prefer_css_page_size=True)

    assert content.startswith(b"%PDF")
    assert content.count(b"/Type /Page\n") + content.count(b"/Type /Page ") > 10
