"""Parts of a drawing. Positions across are shares of the width, so that text keeps its size on a narrow screen."""

import math
import xml.etree.ElementTree as ET
from dataclasses import dataclass
from typing import Final

from homeroom.gates.pages import marks, texts, words

LINE = 18
"""Height of a line of text, in pixels."""

LABEL_COLUMNS = 31
"""What fits into 250 pixels, the narrowest drawing."""

LABEL_LINES = 3
"""Room for who answers and for a group of about 60 letters. Two cut off what tells the groups of one policy apart."""

_EDGE: Final = 0.04
"""Share of the width that is kept free on both sides, so that a mark at the end is not cut off."""

_MARKS: Final = {
    marks.Tone.GOOD: "M-6 0a6 6 0 1 0 12 0a6 6 0 1 0-12 0z",
    marks.Tone.CARE: "M0-7 7 6H-7z",
    marks.Tone.BAD: "M-6-6H6V6H-6z",
    marks.Tone.QUIET: "M0-7 7 0 0 7-7 0z",
}
"""A disc, a triangle, a square, a diamond: told apart without colour."""


@dataclass(frozen=True, slots=True)
class Scale:
    """Where a number lies across the drawing.

    Attributes:
        low: number at the left.
        high: number at the right.
        ticks: numbers that are written below, rising.
    """

    low: float
    high: float
    ticks: tuple[float, ...]

    def share(self, value: float) -> float:
        """Place of ``value``, 0 at the left edge of the drawing and 1 at the right; what lies outside stands at the edge."""
        inside = min(max(value, self.low), self.high)
        return _EDGE + (1 - 2 * _EDGE) * (inside - self.low) / (self.high - self.low)

    def at(self, value: float) -> str:
        """The same as an attribute. Example: ``37.5%``."""
        return percent(self.share(value))


_FAR: Final = 0.3
"""Numbers that all lie together within this share of the largest lie far from 0."""


def scale(values: list[float], steps: int = 4, *, zero: bool = True) -> Scale:
    """A scale with round ticks that holds all of ``values``.

    Args:
        values: what is drawn.
        steps: about how many ticks.
        zero: whether 0 is on it even where all values lie far from it, as bars need.

    Example: values 0.02 and 0.27 give ticks 0, 0.1, 0.2, 0.3.
    """
    low, high = min(values, default=0.0), max(values, default=0.0)
    if zero or high - low > _FAR * max(abs(low), abs(high)) or low == high:
        low, high = min(0.0, low), max(0.0, high)
    if high == low:
        high = low + 1.0
    step = _round_step((high - low) / steps)
    first, last = math.floor(low / step + 1e-9), math.ceil(high / step - 1e-9)
    return Scale(first * step, last * step, tuple(round(index * step, 10) for index in range(first, last + 1)))


def _round_step(least: float) -> float:
    power = 10.0 ** math.floor(math.log10(least))
    return next(factor * power for factor in (1.0, 2.0, 2.5, 5.0, 10.0) if factor * power >= least * (1 - 1e-9))


def percent(share: float) -> str:
    """A share as an attribute. Example: 0.375 gives ``37.5%``."""
    return f"{100 * share:.2f}".rstrip("0").rstrip(".") + "%"


def picture(identity: str, title: str, description: str, height: float, width: str = "100%") -> ET.Element:
    """An empty drawing that is read aloud as its title and description."""
    root = ET.Element(
        "svg",
        {
            "class": "plot",
            "role": "img",
            "aria-labelledby": f"{identity}-title {identity}-text",
            "width": width,
            "height": f"{height:g}",
            "focusable": "false",
        },
    )
    ET.SubElement(root, "title", {"id": f"{identity}-title"}).text = texts.clean(title)
    ET.SubElement(root, "desc", {"id": f"{identity}-text"}).text = texts.clean(description, 4000)
    return root


def line(parent: ET.Element, name: str, start: tuple[str, float], end: tuple[str, float]) -> None:
    """A straight line; ``name`` is its class."""
    ends = {"x1": start[0], "y1": f"{start[1]:g}", "x2": end[0], "y2": f"{end[1]:g}"}
    ET.SubElement(parent, "line", {"class": name, **ends})


def bar(parent: ET.Element, name: str, start: float, end: float, top: float, height: float, fill: str = "") -> None:
    """A bar between two shares of the width; ``fill`` is a pattern's address, empty for the colour of the class."""
    left, right = min(start, end), max(start, end)
    place = {"x": percent(left), "y": f"{top:g}", "width": percent(right - left), "height": f"{height:g}"}
    ET.SubElement(parent, "rect", {"class": name, **place, **({"fill": fill} if fill else {})})


def write(parent: ET.Element, place: tuple[str, float], text: str, anchor: str = "start", name: str = "") -> None:
    """Text whose base line is at ``place``."""
    attributes = {"x": place[0], "y": f"{place[1]:g}", "text-anchor": anchor, **({"class": name} if name else {})}
    ET.SubElement(parent, "text", attributes).text = text


def write_lines(parent: ET.Element, top: float, lines: tuple[str, ...]) -> float:
    """Lines of a label from the left; returns where they end."""
    for index, text in enumerate(lines):
        write(parent, ("0", top + 14 + index * LINE), text, name="label")
    return top + len(lines) * LINE


def mark(parent: ET.Element, tone: marks.Tone, across: str, down: float) -> None:
    """A shape that says how the finding came out."""
    place = ET.SubElement(parent, "svg", {"x": across, "y": f"{down:g}", "overflow": "visible"})
    ET.SubElement(place, "path", {"class": f"mark {tone.value}", "d": _MARKS[tone]})


def axis(parent: ET.Element, ruler: Scale, top: float, bottom: float) -> None:
    """Thin lines at the ticks, and their numbers under ``bottom``."""
    for tick in ruler.ticks:
        line(parent, "zero" if tick == 0 else "grid", (ruler.at(tick), top), (ruler.at(tick), bottom))
        write(parent, (ruler.at(tick), bottom + 15), words.number(tick), _anchor(ruler.share(tick)), "tick")


def limit(parent: ET.Element, ruler: Scale, value: float, top: float, bottom: float) -> None:
    """The line that must not be crossed, with its number above."""
    share = ruler.share(value)
    line(parent, "limit", (ruler.at(value), top), (ruler.at(value), bottom))
    side = "end" if share > 0.5 else "start"  # noqa: PLR2004 - towards the larger half, where there is room
    write(parent, (ruler.at(value), top - 5), f"limit {words.number(value)}", side, "limit-text")


def _anchor(share: float) -> str:
    if share <= 2 * _EDGE:
        return "start"
    return "end" if share >= 1 - 2 * _EDGE else "middle"


def serialise(root: ET.Element) -> str:
    """The drawing as HTML; text and attributes are escaped."""
    return ET.tostring(root, encoding="unicode", method="html")
