"""Releases of the status document as cards of the status page."""

from homeroom.console import pages, words
from homeroom.district.app import documents
from homeroom.domain import digests

_UNDER_WAY = frozenset(
    {
        "Waiting",
        "Running",
        "RegistryUnavailable",
        "JobFailed",
        "AwaitingApproval",
        "NotEnoughEvidence",
        "SelfApprovalIgnored",
        "DigestChanged",
    }
)
"""Reasons of a step that is not done because something is still to come; every other reason is a stop."""

_SEVERITY = {"Fail": 0, "NotEnoughEvidence": 1}


def build_card(release: documents.Release) -> pages.ReleaseCard:
    """One release."""
    steps = tuple(_step(condition) for condition in release.conditions)
    findings = sorted(release.verdicts, key=lambda verdict: _SEVERITY.get(verdict.outcome, 2))
    return pages.ReleaseCard(
        name=release.name,
        model=f"{release.model} version {release.version}",
        purpose=words.PURPOSES.get(release.purpose, release.purpose),
        bands=words.listed(tuple(words.BANDS.get(band, band) for band in release.bands)),
        state=_state(release, steps),
        blocked_by=_blocked_by(release),
        remarks=_remarks(release),
        steps=steps,
        concerns=tuple(_finding(verdict) for verdict in findings if verdict.outcome in _SEVERITY),
        others=tuple(_finding(verdict) for verdict in findings if verdict.outcome not in _SEVERITY),
        approved_by=words.listed(release.approved_by),
        authors=words.listed(release.authors),
        digest="" if release.release_digest is None else digests.short(digests.Digest(release.release_digest)),
        schools=words.count(release.schools, "school answers", "schools answer") + " with it",
    )


def _state(release: documents.Release, steps: tuple[pages.Step, ...]) -> pages.Mark:
    if release.ready:
        for_pilots = any(c.type == "Ready" and c.reason == "ReadyForPilots" for c in release.conditions)
        if for_pilots:
            return pages.Mark("Ready for a few schools to try", words.Tone.CARE)
        return pages.Mark("Ready for schools", words.Tone.GOOD)
    if any(step.state.tone is words.Tone.BAD for step in steps):
        return pages.Mark("Stopped", words.Tone.BAD)
    return pages.Mark("On its way", words.Tone.CARE)


def _step(condition: documents.Condition) -> pages.Step:
    return pages.Step(words.STEPS.get(condition.type, condition.type), _step_state(condition), condition.message)


def _step_state(condition: documents.Condition) -> pages.Mark:
    if condition.status == "True":
        return pages.Mark("yes", words.Tone.GOOD)
    # Ready only sums up the others: that it is not true yet is no news.
    if condition.type == "Ready" or condition.reason == "Waiting" or condition.status == "Unknown":
        return pages.Mark("not yet", words.Tone.QUIET)
    if condition.reason in _UNDER_WAY:
        return pages.Mark("waiting", words.Tone.CARE)
    return pages.Mark("no", words.Tone.BAD)


def _blocked_by(release: documents.Release) -> tuple[str, ...]:
    """Why it does not go on: the message of the first step that is not done and says why."""
    if release.ready:
        return ()
    told = (c.message for c in release.conditions if c.status != "True" and c.type != "Ready" and c.message)
    first = next(told, release.message)
    return (first,) if first else ()


def _remarks(release: documents.Release) -> tuple[str, ...]:
    """Messages of steps that hold and still have something to say."""
    said = {c.type: c.message for c in release.conditions if c.status == "True" and c.message != "ready for a wave"}
    return tuple(f"{text[0].upper()}{text[1:]}." for type_ in ("GatesPassed", "Ready") if (text := said.get(type_, "")))


def _finding(verdict: documents.Verdict) -> pages.Finding:
    word, tone = words.OUTCOMES.get(verdict.outcome, (verdict.outcome, words.Tone.QUIET))
    check = words.GATES.get(verdict.gate, verdict.gate)
    return pages.Finding(check, verdict.subject, pages.Mark(word, tone), verdict.sentence)
