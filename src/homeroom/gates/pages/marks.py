"""A state in a word: what every page of ours marks things with, the console's too."""

import enum
from dataclasses import dataclass


class Tone(enum.StrEnum):
    """How something is marked; every tone also has a shape and a word, so that colour is never needed."""

    GOOD = "good"
    CARE = "care"
    BAD = "bad"
    QUIET = "quiet"


@dataclass(frozen=True, slots=True)
class Mark:
    """A state in a word.

    Attributes:
        word: what it says.
        tone: how it is marked besides.
    """

    word: str
    tone: Tone
