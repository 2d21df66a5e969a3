"""What the cells of an evaluation table may hold: numbers in a range, and names that are safe to print anywhere.

A name is made of letters of any language, digits, spaces and a few marks between them. Whatever could be read as markup,
as a formula or as an instruction to the text around it (control and direction characters) is refused: group names end in
HTML, in spreadsheets and in terminals.
"""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt

from homeroom.stats import clusters

MOST_CHARACTERS = 63
MARKS = " -'’/_+."  # noqa: RUF001 - the typographic apostrophe is meant
"""Allowed inside a name, beside letters, their combining marks and decimal digits."""

_SITE = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TOKEN = re.compile(r"[0-9a-f]{16,64}")
_NUMBER = re.compile(r" *[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)? *")


@dataclass(frozen=True, slots=True)
class Numbers:
    """A column of numbers.

    Attributes:
        low: smallest that is taken.
        high: largest.
        expected: what a number that is not taken should have been, as in "must be 0 or 1".
        whole: whether only whole numbers are taken.
    """

    low: float
    high: float
    expected: str
    whole: bool = False

    def wrong(self, values: clusters.FloatArray) -> clusters.BoolArray:
        """Which of the values are not taken; shape (n,)."""
        # Written so that a NaN is wrong.
        taken = (values >= self.low) & (values <= self.high)
        return np.asarray(~taken | (self.whole & (values != np.floor(values))))


@dataclass(frozen=True, slots=True)
class Words:
    """A column of words.

    Attributes:
        fits: whether a word is taken.
        expected: as of ``Numbers``.
    """

    fits: Callable[[str], bool]
    expected: str = "not of the expected form"


Form = Numbers | Words


def parse_number(cell: str) -> float | None:
    """The number that the cell writes in decimal; None for anything else, as ``nan``, ``0x1f`` and ``1_000``."""
    return float(cell) if _NUMBER.fullmatch(cell) else None


def is_name(text: str) -> bool:
    """Whether the text is an ordinary name of a group.

    Example: ``Māori``, ``हिन्दी``, ``Two or more`` and ``FSM/PP+`` are; ``=1+1``, ``<b>`` and anything with a control
    character or a direction mark are not.
    """
    if not 0 < len(text) <= MOST_CHARACTERS or text[-1] == " ":
        return False
    return _is_letter_or_digit(text[0]) and all(
        character in MARKS or _is_letter_or_digit(character) or unicodedata.category(character) in {"Mn", "Mc"}
        for character in text
    )


def _is_letter_or_digit(character: str) -> bool:
    category = unicodedata.category(character)
    return category[0] == "L" or category == "Nd"


def _is_name_or_empty(text: str) -> bool:
    return not text or is_name(text)


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


OUTCOME = Numbers(0.0, 1.0, "must be 0 or 1", whole=True)
SCORE = Numbers(0.0, 1.0, "must be between 0 and 1")
FEATURE = Numbers(-float(np.finfo(np.float32).max), float(np.finfo(np.float32).max), "not a finite number")
SITE = Words(lambda text: _SITE.fullmatch(text) is not None)
TOKEN = Words(lambda text: _TOKEN.fullmatch(text) is not None)
PERIOD = Words(_is_date)
NAME = Words(is_name)
GROUP = Words(_is_name_or_empty)
"""Empty where it was not recorded."""

Codes = npt.NDArray[np.int32]
