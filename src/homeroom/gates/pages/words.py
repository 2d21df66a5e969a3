"""What codes are called on the page of a gate run: plain words, about a twelve-year-old's reading age.

A code that is not known here is shown as it is, so that the page of a newer engine never breaks.
"""

from typing import Final

from homeroom.domain.verdicts import Outcome
from homeroom.gates import checks
from homeroom.gates.pages.marks import Tone
from homeroom.gates.words import capitalised

OUTCOMES: Final = {
    Outcome.FAIL: ("Does not hold", Tone.BAD),
    Outcome.NOT_ENOUGH_EVIDENCE: ("We cannot tell yet", Tone.CARE),
    Outcome.PASS: ("Holds", Tone.GOOD),
    Outcome.NOT_APPLICABLE: ("For information", Tone.QUIET),
}
"""In the order in which findings are shown."""

QUESTIONS: Final = {
    "fairness": (
        "Is it fair to every group?",
        "Each group is held against the others. A limit says how much worse it may go for them.",
    ),
    "drift": (
        "Has anything changed?",
        "The pupils in the check are held against the pupils that the model learned from.",
    ),
    "quality": ("Does it help?", "The model is held against the simple way: the school's own rate."),
    "privacy": ("Is pupils' data kept safe?", "What the model may know, and whether it gives anything away."),
    "footprint": ("Does it fit the school's box?", "Size, memory and time to answer on the slowest box in use."),
}
"""Question and lead of each gate, in the order of the page."""

STAGES: Final = {
    "full": "the model",
    "core": "its small twin",
    "fallback": "the school's own rate",
    "every stage": "every way to answer",
    "all stages": "all of it",
}

PURPOSES: Final = {
    "support-offer": "whom to offer extra support",
    "risk-label": "whom to mark as at risk",
    "selection": "whom to choose",
    "content-level": "how hard a text is",
}

BANDS: Final = {
    "K-2": "kindergarten to grade 2",
    "3-5": "grades 3 to 5",
    "6-8": "grades 6 to 8",
    "9-12": "grades 9 to 12",
    "adult": "adults",
}

NEXT_STEPS: Final = {
    ("fairness", Outcome.FAIL): "Find out why these pupils fare worse, mend the model, and check it again.",
    ("drift", Outcome.FAIL): "Look at what changed in the data, and train the model again on pupils like these.",
    ("quality", Outcome.FAIL): "Go on with the simple way, and bring a model that does better.",
    ("privacy", Outcome.FAIL): "Ask the data protection officer what must go, and build the model without it.",
    ("footprint", Outcome.FAIL): "Make the model smaller, or leave out the boxes that it does not fit.",
    ("fairness", Outcome.NOT_ENOUGH_EVIDENCE): "Collect results of more pupils in these groups, and check again.",
    ("drift", Outcome.NOT_ENOUGH_EVIDENCE): "Collect results from more pupils or schools, and check again.",
    ("quality", Outcome.NOT_ENOUGH_EVIDENCE): "Collect results from more schools, and check again.",
    ("privacy", Outcome.NOT_ENOUGH_EVIDENCE): "Hand in what is missing, and check again.",
    ("footprint", Outcome.NOT_ENOUGH_EVIDENCE): "Measure the model on a box like those in schools.",
}
"""What to do where the verdict itself names nothing."""

CONSEQUENCES: Final = {
    Outcome.FAIL: "Until then schools keep what they use now. Nobody can wave this result through.",
    Outcome.NOT_ENOUGH_EVIDENCE: "Until then only trial schools may get it, and only if a named person says so, for a set time.",
    Outcome.PASS: "Nothing goes to a school before people have said yes.",
}

GLOSSARY: Final = (
    ("Holds", "The number is on the right side of its limit, even when we read it with care."),
    ("Does not hold", "The number is on the wrong side of its limit, even when we read it kindly."),
    ("We cannot tell yet", "There are too few pupils or schools to say. That is never counted as good."),
    ("For information", "No limit applies. The number is shown so that people can weigh it."),
    (
        "Range",
        "Another group of schools would give a slightly different number. The true one is most likely in this range.",
    ),
    ("Limit", "The most that is allowed. People set it before the check; the page says who."),
    (
        "Hidden",
        "So few pupils or schools are behind a number that somebody could be recognised, or it would give such a number away.",
    ),
    ("Fingerprint", "A short code made from a file. If one letter of the file changes, the code changes."),
    (
        "Full model, small twin, own rate",
        "Three ways to answer. A school falls back to the next when a box is short of memory.",
    ),
)

HEADINGS: Final = {
    Outcome.FAIL: "This model may not go to schools yet",
    Outcome.NOT_ENOUGH_EVIDENCE: "We cannot tell yet whether this model may go to schools",
    Outcome.PASS: "This model keeps every limit that was checked",
    Outcome.NOT_APPLICABLE: "Nothing was judged",
}


MINUS: Final = "\N{MINUS SIGN}"

DASH: Final = "\N{EN DASH}"
"""Stands for a number that is hidden."""


def count(number: int, one: str, many: str) -> str:
    """``1 check`` or ``2 checks``."""
    return f"{number:,} {one if number == 1 else many}"


def listed(items: tuple[str, ...]) -> str:
    """``a``, ``a and b``, ``a, b and c``; empty for none."""
    if len(items) < 2:  # noqa: PLR2004 - that is what a pair is
        return "".join(items)
    return f"{', '.join(items[:-1])} and {items[-1]}"


def number(value: float) -> str:
    """A number with as many digits as its size asks for, a true minus sign, and thousands set apart.

    Example: ``12000.0`` gives ``12,000``; ``66.0997`` gives ``66.1``; ``0.1302`` stays.
    """
    size = abs(value)
    decimals = 4 if size < 1 else 2 if size < 10 else 1  # noqa: PLR2004 - about three digits that count
    text = f"{value:,.{decimals}f}"
    text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "0") else text.replace("-", MINUS)


def measure(check: str, *numbers: float) -> str:
    """Numbers of that check with its unit, one digit behind the point where they are counted out of 100 or 1000.

    Example: ``measure("fairness.excess", 0.21, 0.333)`` gives ``21 to 33.3 of 100``.
    """
    kind = checks.of(check)
    scaled = (value if kind.scale == 1 else round(kind.scale * value, 1) for value in numbers)
    return " ".join(part for part in (" to ".join(map(number, scaled)), kind.unit) if part)


def subject(text: str) -> str:
    """What was judged, its band and stage in words.

    Example: ``K-2: full: boys against girls`` gives ``Kindergarten to grade 2: the model: boys against girls``.
    """
    first, colon, rest = text.partition(": ")
    if colon and first in BANDS:
        return f"{capitalised(BANDS[first])}: {_staged(rest)}"
    return capitalised(_staged(text))


def _staged(text: str) -> str:
    stage, colon, rest = text.partition(": ")
    return f"{STAGES[stage]}: {rest}" if colon and stage in STAGES else text
