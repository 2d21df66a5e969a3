"""What a watch found, as the view model of its page."""

from collections.abc import Sequence
from typing import Final

from homeroom.domain.changes import Action
from homeroom.gates.monitoring.findings import Finding, Findings, Outcome, RegionAdvice
from homeroom.gates.pages import marks, texts, views, watchwords, words
from homeroom.gates.words import capitalised

MOST_STEPS: Final = 3
MOST_SHOWN: Final = 250
"""Findings of one kind on the page; a district of thousands of schools has more, and its file has them all."""
FOLDED_FROM: Final = 6


def build(findings: Findings) -> views.WatchPage:
    """The page of ``findings``; a function of nothing else."""
    return views.WatchPage(
        title="Has anything changed?",
        question="Has anything changed?",
        headline=watchwords.HEADLINES[findings.outcome],
        mark=_mark(findings.outcome),
        about=_about(findings),
        steps=_steps(findings.advice),
        regions=tuple(
            views.Fact(
                texts.clean(one.region, texts.NAME),
                watchwords.STEPS[one.advice.action],
                texts.clean(one.advice.sentence),
            )
            for one in findings.advice
        ),
        sections=_sections(findings.findings),
        digests=_digests(findings),
        glossary=watchwords.GLOSSARY,
    )


def _about(findings: Findings) -> tuple[views.Fact, ...]:
    reports = findings.read.get("windows", ())
    return (
        views.Fact("Looked at on", texts.clean(findings.today, texts.NAME)),
        views.Fact("Read", words.count(len(reports), "report of a school", "reports of schools")),
        views.Fact("Regions", f"{len(findings.advice):,}"),
    )


def _steps(advice: Sequence[RegionAdvice]) -> tuple[views.Step, ...]:
    """The most pressing actions, each with the regions that it is for."""
    actions = list(Action)
    regions: dict[Action, list[str]] = {}
    for one in advice:
        regions.setdefault(one.advice.action, []).append(texts.clean(one.region, texts.NAME))
    pressing = sorted(regions, key=lambda action: -actions.index(action))
    return tuple(
        views.Step(
            f"{_where(regions[action])}: {watchwords.STEPS[action]}",
            watchwords.CONSEQUENCES[action],
        )
        for action in pressing[:MOST_STEPS]
    )


def _where(regions: list[str]) -> str:
    return words.listed(tuple(regions)) if len(regions) <= MOST_STEPS else f"{len(regions):,} regions"


def _sections(found: Sequence[Finding]) -> tuple[views.Section, ...]:
    levels = dict.fromkeys([*watchwords.LEVELS, *(finding.level for finding in found)])
    sections = (
        _section(index, level, [finding for finding in found if finding.level == level])
        for index, level in enumerate(levels)
    )
    return tuple(section for section in sections if section.groups)


def _section(index: int, level: str, found: list[Finding]) -> views.Section:
    question, lead = watchwords.LEVELS.get(level, (capitalised(texts.clean(level, texts.NAME)), ""))
    outcomes = [outcome for outcome in watchwords.OUTCOMES if any(finding.outcome is outcome for finding in found)]
    return views.Section(
        identity=f"part{index}",
        question=question,
        lead=lead,
        mark=_mark(outcomes[0] if outcomes else Outcome.NOTE),
        counts=words.listed(
            tuple(f"{sum(f.outcome is o for f in found):,} {watchwords.OUTCOMES[o][0].lower()}" for o in outcomes)
        ),
        groups=tuple(_group(outcome, found) for outcome in outcomes),
        plates=(),
    )


def _group(outcome: Outcome, found: list[Finding]) -> views.Group:
    chosen = [finding for finding in found if finding.outcome is outcome]
    left = len(chosen) - MOST_SHOWN
    return views.Group(
        mark=_mark(outcome),
        count=words.count(len(chosen), "finding", "findings"),
        findings=tuple(_finding(finding) for finding in chosen[:MOST_SHOWN]),
        folded=outcome is not Outcome.CHANGED and len(chosen) >= FOLDED_FROM,
        more=f"{words.count(left, 'more is', 'more are')} in the file of this look." if left > 0 else "",
    )


def _finding(finding: Finding) -> views.Finding:
    return views.Finding(
        subject=texts.clean(f"{finding.unit}: {finding.subject}", 2 * texts.NAME),
        sentence=texts.clean(finding.sentence),
        facts=_facts(finding),
        action="",
    )


def _facts(finding: Finding) -> tuple[views.Fact, ...]:
    facts = []
    if finding.low is not None and finding.high is not None:
        facts.append(views.Fact("Range", words.measure(finding.check, finding.low, finding.high)))
    if finding.detectable is not None:
        facts.append(views.Fact("We would notice from", words.measure(finding.check, finding.detectable)))
    return tuple(facts)


def _mark(outcome: Outcome) -> marks.Mark:
    word, tone = watchwords.OUTCOMES[outcome]
    return marks.Mark(word, tone)


def _digests(findings: Findings) -> tuple[views.Fact, ...]:
    named = [
        ("This look", findings.digest),
        ("The data that the model learned from", findings.read.get("reference")),
        ("The limits", findings.read.get("limits")),
    ]
    return tuple(views.Fact(label, texts.clean(value, texts.NAME)) for label, value in named if value)
