"""A gate run's documents as the view model of its page."""

from collections.abc import Iterable, Sequence
from typing import Any, Final

from homeroom.domain.verdicts import Outcome, Verdict
from homeroom.gates import checks, documents, tabulations
from homeroom.gates.pages import marks, plates, policies, texts, views, words
from homeroom.gates.words import capitalised

MOST_STEPS = 3
FOLDED_FROM = 6
"""Findings that hold are folded away from this many on; those that do not hold never are."""
_MINIMUM_CELL: Final = 10
"""Said where the documents do not say how many are too few."""


def build(report: documents.GateReport) -> views.ReportPage:
    """The page of ``report``; a function of its three documents and of nothing else."""
    decisive = _by_weight(report.verdicts)
    first = decisive[0] if decisive else None
    release = _mapping(_mapping(report.evidence, "release"), "config")
    name = texts.clean(release.get("name", "this model"), texts.NAME)
    return views.ReportPage(
        title=f"{name}: may it go to schools?",
        question="May this model go to schools?",
        headline=_headline(report.outcome, first),
        mark=_mark(report.outcome),
        explanation="" if first is None else texts.clean(first.sentence),
        measured=() if first is None else _facts(first),
        others=_others(report.verdicts, first),
        about=_about(report, release, name),
        steps=_steps(decisive, report.outcome),
        sections=_sections(report),
        limits=policies.limits(report.policy),
        digests=_digests(report),
        verify=f"homeroom gate verify --files DIRECTORY --digest {report.digest}",
        glossary=words.GLOSSARY,
    )


def _by_weight(found: Sequence[Verdict]) -> list[Verdict]:
    """What was judged, the worst first: by outcome, then in the order of the questions, then by how far over the limit."""
    gates = list(words.QUESTIONS)

    def weight(verdict: Verdict) -> tuple[int, int, float]:
        place = gates.index(verdict.gate) if verdict.gate in gates else len(gates)
        return -verdict.outcome.severity, place, -_over(verdict)

    return sorted((verdict for verdict in found if verdict.outcome is not Outcome.NOT_APPLICABLE), key=weight)


def _over(verdict: Verdict) -> float:
    if verdict.low is None or verdict.high is None or verdict.limit is None:
        return 0.0
    return verdict.limit - verdict.high if checks.of(verdict.check).more_is_better else verdict.low - verdict.limit


def _headline(outcome: Outcome, first: Verdict | None) -> str:
    heading = words.HEADINGS[outcome]
    if first is None:
        return f"{words.HEADINGS[Outcome.NOT_APPLICABLE]}: the report has no finding with a limit."
    if outcome is Outcome.FAIL:
        return f"{heading}: {_first_clause(first.sentence)}."
    if outcome is Outcome.PASS:
        return f"{heading}. Now people decide."
    return f"{heading}."


def _first_clause(sentence: str) -> str:
    """What comes before the numbers. Example: ``Boys are missed too often: of 100 ...`` gives ``Boys are missed too often``."""
    ends = [place for mark in (": ", ". ") if (place := sentence.find(mark)) > 0]
    return texts.clean(sentence[: min(ends, default=len(sentence))].rstrip("."), 2 * texts.NAME)


def _others(found: Sequence[Verdict], first: Verdict | None) -> str:
    if first is None:
        return ""
    counts = _counts(verdict for verdict in found if verdict is not first)
    return f"Beside it: {counts}." if counts else ""


def _counts(found: Iterable[Verdict]) -> str:
    outcomes = [verdict.outcome for verdict in found]
    return words.listed(tuple(_counted(o, outcomes.count(o)) for o in words.OUTCOMES if o in outcomes))


def _counted(outcome: Outcome, number: int) -> str:
    return {
        Outcome.FAIL: f"{number} {'does' if number == 1 else 'do'} not hold",
        Outcome.NOT_ENOUGH_EVIDENCE: f"{number} we cannot tell yet",
        Outcome.PASS: f"{number} {'holds' if number == 1 else 'hold'}",
        Outcome.NOT_APPLICABLE: f"{number} for information",
    }[outcome]


def _about(report: documents.GateReport, release: dict[str, Any], name: str) -> tuple[views.Fact, ...]:
    purpose = str(release.get("purpose", ""))
    bands = tuple(words.BANDS.get(str(band), texts.clean(band, texts.NAME)) for band in release.get("bands", ()))
    facts = [
        views.Fact("Model", name),
        views.Fact("What for", words.PURPOSES.get(purpose, texts.clean(purpose, texts.NAME))),
        views.Fact("Year groups", words.listed(bands)),
        views.Fact("Checked as of", texts.clean(report.document.get("on", ""), texts.NAME)),
    ]
    return tuple(fact for fact in facts if fact.value)


def _steps(decisive: Sequence[Verdict], outcome: Outcome) -> tuple[views.Step, ...]:
    """What to do about what does not hold, then about what nobody can tell: each thing once."""
    steps: dict[str, views.Step] = {}
    for verdict in decisive:
        if verdict.outcome is Outcome.PASS:
            continue
        what = texts.clean(verdict.action) or words.NEXT_STEPS.get((verdict.gate, verdict.outcome), "")
        if what:
            steps.setdefault(what, views.Step(what, words.CONSEQUENCES[verdict.outcome]))
    if outcome is Outcome.PASS:
        what = "Read what is only for information, then approve or reject the model."
        steps[what] = views.Step(what, words.CONSEQUENCES[Outcome.PASS])
    return tuple(steps.values())[:MOST_STEPS]


def _sections(report: documents.GateReport) -> tuple[views.Section, ...]:
    tables = [tabulations.from_json(table) for table in report.evidence.get("tables", ())]
    minimum = policies.minimum_cell(report.policy) or _MINIMUM_CELL
    gates = dict.fromkeys([*words.QUESTIONS, *(v.gate for v in report.verdicts), *(_gate(t) for t in tables)])
    found = (
        _section(
            index,
            gate,
            [verdict for verdict in report.verdicts if verdict.gate == gate],
            [table for table in tables if _gate(table) == gate],
            minimum,
        )
        for index, gate in enumerate(gates)
    )
    return tuple(section for section in found if section.groups or section.plates)


def _gate(table: tabulations.Table) -> str:
    return table.key.partition(".")[0]


def _section(
    index: int, gate: str, found: list[Verdict], tables: list[tabulations.Table], minimum_cell: int
) -> views.Section:
    question, lead = words.QUESTIONS.get(gate, (capitalised(texts.clean(gate, texts.NAME)), ""))
    judged = _by_weight(found)
    return views.Section(
        identity=f"part{index}",
        question=question,
        lead=lead,
        mark=_mark(judged[0].outcome if judged else Outcome.NOT_APPLICABLE),
        counts=capitalised(_counts(found)),
        groups=tuple(_group(outcome, found) for outcome in words.OUTCOMES if any(v.outcome is outcome for v in found)),
        plates=tuple(plates.build(table, f"plate{index}x{place}", minimum_cell) for place, table in enumerate(tables)),
    )


def _group(outcome: Outcome, found: list[Verdict]) -> views.Group:
    chosen = [verdict for verdict in found if verdict.outcome is outcome]
    quiet = outcome in (Outcome.PASS, Outcome.NOT_APPLICABLE)
    return views.Group(
        mark=_mark(outcome),
        count=words.count(len(chosen), "finding", "findings"),
        findings=tuple(
            views.Finding(
                subject=words.subject(texts.clean(verdict.subject, texts.NAME)),
                sentence=texts.clean(verdict.sentence),
                facts=_facts(verdict),
                action=texts.clean(verdict.action),
            )
            for verdict in chosen
        ),
        folded=quiet and len(chosen) >= FOLDED_FROM,
    )


def _facts(verdict: Verdict) -> tuple[views.Fact, ...]:
    facts: list[views.Fact] = []
    if verdict.estimate is not None:
        facts.append(views.Fact("Number", words.measure(verdict.check, verdict.estimate)))
    if verdict.low is not None and verdict.high is not None:
        facts.append(views.Fact("Range", words.measure(verdict.check, verdict.low, verdict.high)))
    if verdict.limit is not None:
        facts.append(views.Fact("Limit", words.measure(verdict.check, verdict.limit)))
    if verdict.rows:
        facts.append(views.Fact("Pupils behind it", f"{verdict.rows:,}"))
    if verdict.detectable is not None and verdict.outcome is not Outcome.FAIL:
        facts.append(views.Fact("We would notice from", words.measure(verdict.check, verdict.detectable)))
    if verdict.band is not None:
        facts.append(views.Fact("Year groups", words.BANDS.get(verdict.band, texts.clean(verdict.band, texts.NAME))))
    return tuple(facts)


def _mark(outcome: Outcome) -> marks.Mark:
    word, tone = words.OUTCOMES[outcome]
    return marks.Mark(word, tone)


def _digests(report: documents.GateReport) -> tuple[views.Fact, ...]:
    inputs = _mapping(report.evidence, "inputs")
    engine = _mapping(report.evidence, "engine")
    named = [
        ("This report", report.digest),
        ("The packed model", report.document.get("release")),
        ("The numbers behind it", report.document.get("evidence")),
        ("The limits", report.document.get("policy")),
        ("The table of pupils that was read", inputs.get("evaluation")),
        ("The data that the model learned from", inputs.get("reference")),
        ("Seed of the random draws", report.document.get("seed")),
        ("Checked by", " ".join(str(engine[key]) for key in ("name", "version") if key in engine)),
    ]
    return tuple(views.Fact(label, texts.clean(value, texts.NAME)) for label, value in named if value)


def _mapping(value: dict[str, Any], key: str) -> dict[str, Any]:
    inner = value.get(key)
    return inner if isinstance(inner, dict) else {}
