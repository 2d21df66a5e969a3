"""What the headings, captions and codes of the evidence's tables are called on the page.

A heading or caption that is not here is shown as the evidence has it, so that a newer table never breaks a page.
"""

from typing import Final

from homeroom.domain.verdicts import Outcome
from homeroom.gates.pages import words
from homeroom.gates.words import capitalised

CAPTIONS: Final = {
    "fairness.gaps": "How much more often the harm happens to a group than to the others",
    "fairness.opposite": "Both mistakes: pupils who need support and are missed, and pupils who do not and are offered it",
    "fairness.rates": "How each group fares, and the pupils that it is held against",
    "fairness.reliability": "Of pupils with about the same score, how many were expected to need support and how many did",
    "fairness.calibration": "Average score of each group, and how many in it needed support",
    "fairness.abroca": "How differently the model sorts a group and the others, and what chance alone shows",
    "fairness.not-recorded": "Pupils about whom a group is not known; 1 of 100 means at most 1, and may be nobody",
    "drift.inputs": "How many pupils lie elsewhere than those that the model learned from",
    "drift.decomposition": "Why the model is wrong more or less often than before",
    "drift.progression": "How many schools moved how far from what pupils elsewhere did: expected and seen",
}

HEADINGS: Final = {
    "answered by": "Answered by",
    "stage": "Answered by",
    "rest": "Held against",
    "estimate": "Difference",
    "low": "Range from",
    "high": "Range to",
    "threshold": "Offered at a score of",
    "outcome": "Result",
    "missed": "Missed",
    "missed in the rest": "Missed, of the others",
    "needless": "Offered without need",
    "needless in the rest": "Offered without need, of the others",
    "wronglyflagged": "Offered without need",
    "bin": "Step of the score",
    "mean error": "Difference",
    "slope": "Steepness (1 is right)",
    "observed": "Seen",
    "p": "How often chance alone shows as much",
    "power": "How surely too much would be noticed",
    "name": "Comparison",
    "side": "Side",
    "column": "What",
    "at least": "Range from",
    "at most": "Range to",
    "among": "Among",
    "otherwise": "Decides otherwise, of 100",
    "costs": "Costs, of 100 pairs",
    "told apart": "Told apart, of 100 pairs",
    "remembered": "Remembered, of 1000",
}
"""By heading, lower case."""

_OUTCOMES: Final = {outcome.value: words.OUTCOMES[outcome][0] for outcome in Outcome}
_SIDES: Final = {"group": "the group", "rest": "the others"}

CELLS: Final = {
    "stage": words.STAGES,
    "answered by": words.STAGES,
    "side": _SIDES,
    "outcome": _OUTCOMES,
}
"""Codes in words, by heading."""


def heading(text: str) -> str:
    """A heading in words, first letter upper case."""
    return HEADINGS.get(text.lower(), capitalised(text))


def cell(column: str, text: str) -> str:
    """A code of that column in words; any other text as it is."""
    return CELLS.get(column.lower(), {}).get(text, text)
