"""What a policy allows, in words, and which line of which pack set it."""

from collections.abc import Iterator
from typing import Any, Final

from homeroom.gates.pages import texts, views, words

LABELS: Final = {
    "fairness.excessLimit": "How much more often the harm may happen to a group than to the others (share)",
    "fairness.oppositeLimit": "The same for the opposite mistake (share)",
    "fairness.falseAlarmLimit": "Pupils without need who may be flagged (share)",
    "fairness.calibrationLimit": "How far the average score may be from what came (share)",
    "fairness.abrocaLimit": "How much worse the model may sort one group than another",
    "fairness.notRecordedLimit": "Pupils about whom a group may be unknown (share)",
    "fairness.minimumCell": "Fewest pupils about whom a number is shown",
    "fairness.resamples": "How often schools are drawn again to find a range",
    "fairness.permutations": "How often groups are shuffled to see what chance alone shows",
    "drift.ksLimit": "How far pupils may differ from those that the model learned from (share)",
    "drift.lossLimit": "How much the model's error may rise",
    "drift.progressionLimit": "How far a school may move from what pupils elsewhere do (in steps of a usual difference)",
    "drift.detectableTarget": "Smallest change that must be noticed (share)",
    "drift.minimumWindow": "Fewest pupils that are looked at alone during the year",
    "privacy.membershipLimit": "How well one may guess who was in the training data (0.5 is chance)",
    "privacy.memorisedLimit": "Pupils whose own row may change the answer about them (share)",
    "privacy.anonymity": "Fewest pupils behind any count that travels with the model",
    "privacy.epsilonLimit": "Privacy budget that one pupil's data may use in a year",
    "quality.agreementLimit": "How far the shipped model may be from the checked one",
    "quality.stageAgreementLimit": "Pupils for whom a smaller model may decide otherwise (share)",
    "quality.netBenefit": "Whether the model must help more than the simple way",
    "quality.calibrationLimit": "How far the average score may be from what came, over all (share)",
    "footprint.artifactMiB": "Size of the whole model (MiB)",
    "footprint.memoryMiB": "Memory while it answers (MiB)",
    "footprint.latencyMs": "Time to answer for a class (milliseconds)",
}
"""Limits in words; one that is not here is shown by its name in the policy."""

HARMS: Final = {
    "Missed": "A pupil who needs support is not offered it",
    "WronglyFlagged": "A pupil is singled out without need",
}


LAYERS: Final = {"policy": "the policy of this purpose", "default": "Homeroom, as nobody else set it"}


def limits(policy: dict[str, Any]) -> tuple[views.Fact, ...]:
    """The limits that applied, each with the line that set it; where no line is named, the policy did."""
    spec = _mapping(policy.get("policy"))
    harm = HARMS.get(str(spec.get("harm")), texts.clean(spec.get("harm", "")))
    lines = [line for line in map(_mapping, policy.get("lines", ())) if line.get("value") is not None]
    found = [_line(line) for line in lines] or list(_unnamed(spec))
    return (*((views.Fact("What counts as harm", harm, LAYERS["policy"]),) if harm else ()), *found)


def _line(line: dict[str, Any]) -> views.Fact:
    path, layer = str(line.get("limit", "")), str(line.get("layer", ""))
    band = line.get("band")
    where = "" if band is None else f", {words.BANDS.get(str(band), str(band))}"
    origin = ": ".join(part for part in (LAYERS.get(layer, layer), str(line.get("source") or "")) if part)
    return views.Fact(
        texts.clean(f"{LABELS.get(path, path)}{where}"), _value(line["value"]), texts.clean(origin, 2 * texts.NAME)
    )


def _unnamed(spec: dict[str, Any]) -> Iterator[views.Fact]:
    for path, label in LABELS.items():
        room, _, name = path.partition(".")
        value = _mapping(spec.get(room)).get(name)
        if value is not None:
            yield views.Fact(label, _value(value), LAYERS["policy"])


def minimum_cell(policy: dict[str, Any]) -> int | None:
    """Fewest pupils about whom a number is shown; None when the document does not say."""
    found = _mapping(_mapping(policy.get("policy")).get("fairness")).get("minimumCell")
    return found if isinstance(found, int) else None


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return words.number(float(value)) if isinstance(value, int | float) else texts.clean(value, texts.NAME)


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
