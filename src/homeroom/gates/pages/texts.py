"""Text that somebody else wrote, made fit to stand in a page: no control characters, no reversed lines, no endless words."""

import unicodedata

NAME = 160
"""Characters of a name that are shown: a group in words takes about 40."""

SENTENCE = 1200
"""Characters of a sentence that are shown: the longest of ours takes about 500."""

MOST_MARKS = 3
"""Accents that may stand on one letter; more are only ever meant to run over the lines above."""

_BROAD = frozenset("MWmw@%—…")
"""Letters that are about twice as wide as an ``n`` in the fonts of a page."""

_BIDI = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of what follows them, past the end of the text that they stand in."""


def clean(value: object, most: int = SENTENCE) -> str:
    r"""``value`` as one line of harmless text, at most ``most`` characters and a mark that some are left out.

    It is not escaped: templates do that. Right-to-left letters stay; what forces a direction on others goes.

    Example: ``clean("a\u202eb\nc")`` gives ``ab c``.
    """
    # One character more than is shown tells whether something is left out; a megabyte is not looked at in vain.
    raw = str(value)[: 4 * most]
    line = " ".join("".join(_kept(raw)).split())
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def _kept(text: str) -> list[str]:
    kept: list[str] = []
    marks = 0
    for character in text:
        category = unicodedata.category(character)
        marks = marks + 1 if category in ("Mn", "Me") else 0
        if character in _BIDI or marks > MOST_MARKS:
            continue
        if category in ("Cs", "Co", "Cn"):
            kept.append("\ufffd")
        else:
            kept.append(" " if category in ("Cc", "Zl", "Zp") else character)
    return kept


def width(text: str) -> float:
    """Columns that ``text`` takes in a line: one for a small letter, more for capitals, two for wide ones and emoji.

    Example: ``width("ab日本")`` is 6.
    """
    return sum(_columns(character) for character in text)


def wrap(text: str, columns: int, lines: int) -> tuple[str, ...]:
    """``text`` in at most ``lines`` lines of ``columns`` columns; what does not fit ends in an ellipsis.

    Example: ``wrap("pupils with free lunch", 12, 2)`` gives ``("pupils with", "free lunch")``.
    """
    found: list[str] = []
    rest = text.strip()
    while rest and len(found) < lines:
        line = _line(rest, columns)
        rest = rest[len(line) :].strip()
        found.append(line.rstrip())
    if rest:
        found[-1] = f"{_head(found[-1], columns - 2).rstrip()}…"
    return tuple(found)


def _line(text: str, columns: int) -> str:
    head = _head(text, columns)
    if len(head) == len(text) or text[len(head)].isspace():
        return head
    space = head.rfind(" ")
    return head[:space] if space > 0 else head


def _head(text: str, columns: int) -> str:
    taken = 0.0
    for index, character in enumerate(text):
        taken += _columns(character)
        if taken > columns:
            return text[: max(index, 1)]
    return text


def _columns(character: str) -> float:
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    if character in _BROAD or unicodedata.east_asian_width(character) in ("W", "F"):
        return 2
    return 1.5 if character.isupper() else 1
