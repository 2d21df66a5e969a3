"""What codes are called on a screen: plain words, about a twelve-year-old's reading age, no jargon of ours.

A code that is not known here is shown as it is, so that a newer operator never breaks a page.
"""

from datetime import UTC, datetime, timedelta

from homeroom.gates.pages import marks
from homeroom.gates.pages import words as said

Tone = marks.Tone
BANDS, count, listed = said.BANDS, said.count, said.listed
"""What every page of ours says alike."""

LEVELS = {
    "full": "full model",
    "core": "small model",
    "previous": "release before",
    "fallback": "the school's own rates",
    "none": "no suggestion, staff use their usual way",
}

PURPOSES = {
    "support-offer": "Whom to offer extra support",
    "risk-label": "Whom to mark as at risk",
    "selection": "Whom to choose",
    "content-level": "How hard a text is",
}

GATES = {
    "fairness": "Fair to every group",
    "drift": "Same kind of pupils",
    "privacy": "Pupils' data is kept safe",
    "quality": "Better than what is used now",
    "footprint": "Fits the school's box",
}

OUTCOMES = {
    "Pass": ("Holds", Tone.GOOD),
    "NotApplicable": ("Does not apply", Tone.QUIET),
    "NotEnoughEvidence": ("We cannot tell yet", Tone.CARE),
    "Fail": ("Does not hold", Tone.BAD),
}

STEPS = {
    "Imported": "Files checked",
    "Packaged": "Packed",
    "GatesPassed": "Checks hold",
    "Approved": "Approved",
    "Ready": "Schools may get it",
}

WAVE_COUNTS = {
    "done": ("done", Tone.GOOD),
    "soaking": ("being watched", Tone.CARE),
    "assigned": ("installing", Tone.CARE),
    "pending": ("not started", Tone.QUIET),
    "missed": ("not reached in time", Tone.QUIET),
    "failed": ("did not work", Tone.BAD),
    "rolledBack": ("sent back", Tone.QUIET),
}
"""In the order in which they are shown."""

SCHOOL_STATES = {
    "NeverHeard": ("Never heard from", Tone.QUIET),
    "Offline": ("Not heard from", Tone.CARE),
    "Refused": ("Refused what it was sent", Tone.BAD),
    "Waiting": ("Nothing to run yet", Tone.QUIET),
    "Installing": ("Installing", Tone.CARE),
    "Reduced": ("Works with less", Tone.CARE),
    "NoSuggestion": ("Gives no suggestion", Tone.BAD),
    "Serving": ("Works as planned", Tone.GOOD),
}

GLOSSARY = (
    ("Release", "One version of a model, packed once, checked, and approved by people who did not make it."),
    ("Wave", "A group of schools that get a release together. The next group waits until this one has proved itself."),
    ("Works as planned", "The school answers with the full model of the release that it was given."),
    ("Works with less", "The school answers, but with a smaller model, the release before, or its own rates."),
    ("Not heard from", "No report has come for a while. The school goes on answering by itself; nothing is lost."),
    ("Being watched", "The release runs there, and must go on running well before the school counts as done."),
    ("We cannot tell yet", "There are too few pupils to say so. A person must accept that, with a reason and an end."),
)


def moment(when: datetime) -> str:
    """``7 Sep 2026, 11:58 UTC``."""
    local = when.astimezone(UTC)
    return f"{local.day} {local:%b %Y, %H:%M} UTC"


def ago(when: datetime, now: datetime) -> str:
    """``just now``, ``40 seconds ago``, ``3 minutes ago``, ``2 days ago``; of a moment to come: ``just now``."""
    passed = now - when
    for unit, span in (("day", timedelta(days=1)), ("hour", timedelta(hours=1)), ("minute", timedelta(minutes=1))):
        if passed >= span:
            return count(passed // span, unit, unit + "s") + " ago"
    seconds = int(passed.total_seconds())
    return f"{seconds} seconds ago" if seconds >= 10 else "just now"  # noqa: PLR2004 - nobody counts below ten
