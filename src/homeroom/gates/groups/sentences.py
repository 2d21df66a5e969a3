"""What the findings say to a principal: sentence first, number second, the range always."""

import enum
from dataclasses import dataclass

from homeroom.domain import releases, verdicts
from homeroom.gates import words
from homeroom.gates.groups import calibrations, errorrates, rocareas
from homeroom.gates.groups.findings import Judged
from homeroom.resources import gatepolicies

Outcome = verdicts.Outcome


@dataclass(frozen=True, slots=True)
class Harm:
    """Words of a harm.

    Attributes:
        whom: who can suffer it.
        what: what happens to them, after "would".
        too_often: verb of the harm, after "would be".
    """

    whom: str
    what: str
    too_often: str


HARMS = {
    gatepolicies.Harm.MISSED: Harm("who need support", "not be offered it", "missed"),
    gatepolicies.Harm.WRONGLY_FLAGGED: Harm("who do not need it", "be singled out all the same", "singled out"),
}
_OTHER = {
    gatepolicies.Harm.MISSED: Harm("who do not need support", "be offered it all the same", "offered it needlessly"),
    gatepolicies.Harm.WRONGLY_FLAGGED: Harm("who should be chosen", "be passed over", "passed over"),
}


class Withheld(enum.Enum):
    """Why numbers stay hidden, in a sentence."""

    BY_ITSELF = "The numbers stay hidden: together with others they would tell about a group of very few pupils."
    BY_EARLIER = "The numbers stay hidden: together with a report that was published earlier they would tell about very few pupils."


def sentence(judged: Judged, harm: gatepolicies.Harm, withheld: Withheld | None = None) -> str:
    """The sentence of a finding; without numbers where they would tell about a small group."""
    who = "" if judged.finding.comparison is None else judged.finding.comparison.words
    if withheld is not None:
        return f"{_PLAIN[judged.outcome].format(who=who)} {withheld.value}"
    found = judged.finding
    if found.check == errorrates.EXCESS:
        return _excess(judged, HARMS[harm])
    if found.check == errorrates.OPPOSITE:
        return _excess(judged, _OTHER[harm])
    return {
        errorrates.FALSE_ALARMS: _false_alarms,
        calibrations.CHECK: _calibration,
        rocareas.CHECK: _area,
    }[found.check](judged)


_PLAIN = {
    Outcome.FAIL: "The model treats {who} worse than is allowed.",
    Outcome.PASS: "The model does not treat {who} worse than is allowed.",
    Outcome.NOT_ENOUGH_EVIDENCE: "We cannot tell yet whether the model treats {who} worse than is allowed.",
    Outcome.NOT_APPLICABLE: "How the model treats {who} is reported, not limited.",
}


def _where(judged: Judged) -> str:
    threshold = judged.finding.threshold
    at = "" if threshold is None else f", at threshold {threshold:g}"
    return f"Answered by {words.STAGES[releases.Stage(judged.finding.stage)]}{at}."


def _excess(judged: Judged, harm: Harm) -> str:
    found = judged.finding
    group = found.comparison
    own_words, against = ("", "") if group is None else (group.words, group.against)
    numbers = (
        f"of every 100 about {words.of_hundred(found.own)} would {harm.what}, "
        f"against about {words.of_hundred(found.rest)} of {against}"
    )
    limit = found.limit or 0.0
    who = f"{own_words} {harm.whom}"
    if judged.outcome is Outcome.FAIL:
        return (
            f"{words.capitalised(who)} would be {harm.too_often} too often: {numbers}. "
            f"Even read cautiously that is {words.against(judged.low, limit)} more of every 100; {words.allowed(limit)}. "
            f"{_where(judged)}"
        )
    if judged.outcome is Outcome.PASS:
        return (
            f"{words.capitalised(who)} are not {harm.too_often} too often: {numbers}. "
            f"The difference stays under the limit of {words.limit_of(limit)} more of every 100. {_where(judged)}"
        )
    return (
        f"We cannot tell yet whether {who} would be {harm.too_often} too often: {numbers}. "
        f"It may be up to {words.against(judged.high, limit)} more of every 100, and {words.allowed(limit)}. {_where(judged)}"
    )


def _false_alarms(judged: Judged) -> str:
    found = judged.finding
    limit = found.limit or 0.0
    spread = f"between {words.against(max(judged.low, 0.0), limit)} and {words.against(judged.high, limit)}"
    start = {
        Outcome.FAIL: "Too many pupils who do not need support would be flagged",
        Outcome.PASS: "Few enough pupils who do not need support would be flagged",
    }.get(judged.outcome, "We cannot tell yet whether too many pupils who do not need support would be flagged")
    return (
        f"{start}: about {words.of_hundred(found.own)} of every 100 ({spread}), and {words.allowed(limit)}. "
        f"{_where(judged)}"
    )


def _calibration(judged: Judged) -> str:
    found = judged.finding
    who = "" if found.comparison is None else found.comparison.words
    numbers = (
        f"of 100 {who} it expects {words.of_hundred(found.own)} to need support, and {words.of_hundred(found.rest)} did"
    )
    if found.limit is None:
        return f"How well the expectation fits {who}: {numbers}. Reported, not limited. {_where(judged)}"
    start = {
        Outcome.FAIL: f"What is expected of {who} is not what happens",
        Outcome.PASS: f"What is expected of {who} is about what happens",
    }.get(judged.outcome, f"We cannot tell yet whether what is expected of {who} is what happens")
    size = words.against(max(judged.high, 0.0), found.limit)
    return (
        f"{start}: {numbers}. The difference may be up to {size} of 100; {words.allowed(found.limit)}. {_where(judged)}"
    )


def _area(judged: Judged) -> str:
    found = judged.finding
    who, against = ("", "") if found.comparison is None else (found.comparison.words, found.comparison.against)
    numbers = f"{found.estimate:.3f} beyond what chance shows in groups of this size, between {judged.low:.3f} and {judged.high:.3f}"
    subject = f"who of {who} needs support about as well as who of {against} does"
    if found.limit is None:
        return (
            f"Whether the model tells {subject}: the difference is {numbers}. Reported, not limited. {_where(judged)}"
        )
    allowed = f"at most {found.limit:g} is allowed"
    start = {
        Outcome.FAIL: f"The model does not tell {subject}",
        Outcome.PASS: f"The model tells {subject}",
    }.get(judged.outcome, f"We cannot tell yet whether the model tells {subject}")
    return f"{start}: the difference is {numbers}, and {allowed}. {_where(judged)}"


def action(judged: Judged) -> str:
    """What to do next; empty where there is nothing to do."""
    who = "pupils" if judged.finding.comparison is None else judged.finding.comparison.words
    if judged.outcome is Outcome.FAIL:
        return (
            f"Do not release it. Look at what the model knows about {who}, and at how their outcomes were recorded; train "
            "again, or narrow the range of thresholds that schools may choose."
        )
    if judged.outcome is Outcome.NOT_ENOUGH_EVIDENCE:
        return (
            f"Collect outcomes of more {who}, or pool them with other schools. A pilot needs a waiver with an end and a "
            "plan for the data."
        )
    return ""
