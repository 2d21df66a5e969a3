"""What the codes of a watch are called on its page."""

from typing import Final

from homeroom.domain.changes import Action
from homeroom.gates.monitoring.findings import Outcome
from homeroom.gates.pages.marks import Tone

OUTCOMES: Final = {
    Outcome.CHANGED: ("Changed", Tone.BAD),
    Outcome.CANNOT_TELL: ("We cannot tell yet", Tone.CARE),
    Outcome.UNCHANGED: ("As before", Tone.GOOD),
    Outcome.NOTE: ("For information", Tone.QUIET),
}
"""In the order in which findings are shown."""

HEADLINES: Final = {
    Outcome.CHANGED: "Something has changed.",
    Outcome.CANNOT_TELL: "We cannot tell yet whether anything has changed.",
    Outcome.UNCHANGED: "Nothing that we could notice has changed.",
    Outcome.NOTE: "We cannot tell yet whether anything has changed.",
}

LEVELS: Final = {
    "district": ("In the whole district", "All schools together notice the smallest changes."),
    "region": ("In regions", "Schools of one region together."),
    "cluster": ("In groups of neighbouring schools", "Schools that are too small to be looked at alone."),
    "school": ("In single schools", "A change here may be chance more often than one in many schools."),
}
"""Question and lead, in the order of the page."""

STEPS: Final = {
    Action.NOTHING: "Do nothing.",
    Action.OTHER_PUPILS: "Leave the model as it is.",
    Action.CHECK_CASES: "Have people check some cases.",
    Action.IT_TASK: "Ask IT to look at the boxes.",
    Action.REVIEW_LOCALLY: "Let the school look at its cases.",
    Action.RETRAIN_SEGMENT: "Train the model again for the year groups that are affected.",
}

CONSEQUENCES: Final = {
    Action.NOTHING: "Schools go on as they are.",
    Action.OTHER_PUPILS: "Schools go on as they are; the change stays on record.",
    Action.CHECK_CASES: "Until then nobody knows whether the model is wrong more often.",
    Action.IT_TASK: "Training again would not help, and would hide the fault.",
    Action.REVIEW_LOCALLY: "The school may pause the model or change whom it offers support; both can be undone.",
    Action.RETRAIN_SEGMENT: "The new model is checked like any other and goes to trial schools first.",
}

GLOSSARY: Final = (
    ("Changed", "Something is different by more than chance and the time of the school year explain."),
    ("As before", "We looked and saw no change. A change smaller than what we can notice may still be there."),
    ("We cannot tell yet", "There are too few pupils, or no earlier time to compare with. That is never counted as good."),
    ("This time of earlier years", "Weeks are compared only with the same weeks of the school year, never with holidays or exams."),
    ("Outcomes", "What really came of a suggestion, such as whether a pupil turned out to need support."),
    ("Region", "Schools that one place looks after."),
    ("Fingerprint", "A short code made from a file. If one letter of the file changes, the code changes."),
)  # fmt: skip
