"""Findings of a watch, made by hand."""

from dataclasses import replace
from typing import Any

from tests.unit.gates.pages import pagecases

from homeroom.domain import changes, digests
from homeroom.gates.monitoring.findings import Finding, Findings, Outcome, RegionAdvice


def a_finding(outcome: Outcome = Outcome.CHANGED, **overrides: Any) -> Finding:
    """One finding."""
    known = Finding(
        check="watch.input",
        level="region",
        unit="north",
        subject="read_z",
        outcome=outcome,
        sentence="Pupils of the same year group look different in region north: in year group 1 about 21 of 100 lie elsewhere.",
        estimate=0.21,
        detectable=0.06,
    )
    return replace(known, **overrides)


FOUND = (
    a_finding(),
    a_finding(Outcome.UNCHANGED, level="district", unit="district", sentence="read_z is in the district as before."),
    a_finding(Outcome.CANNOT_TELL, level="school", unit="heron-valley", sentence="There is no comparable period yet."),
    a_finding(Outcome.NOTE, check="watch.mix", sentence="About 3 of 100 pupils are in other year groups."),
    a_finding(level="school", unit="lark-hill", check="watch.school-input", low=-0.9, high=-0.3, detectable=None),
)
SEEN = {"north": changes.Seen(features=True), "south": changes.Seen(), "west": changes.Seen(loss=True, schools=4)}


def some_findings(found: tuple[Finding, ...] = FOUND, seen: dict[str, changes.Seen] = SEEN) -> Findings:
    """What a watch found in three regions."""
    return Findings(
        findings=found,
        advice=tuple(RegionAdvice(region, changes.decide(what)) for region, what in seen.items()),
        read={
            "windows": [digests.of_bytes(b"one"), digests.of_bytes(b"two")],
            "reference": digests.of_bytes(b"reference"),
            "limits": digests.of_bytes(b"limits"),
        },
        today="2026-11-02",
    )


def hostile_findings() -> Findings:
    """Hostile words wherever a person's words may stand."""
    names = [name.replace("\ud800", "") for name in pagecases.HOSTILE]
    return some_findings(
        tuple(a_finding(unit=name, subject=name, sentence=f"{name} changed.") for name in names),
        dict.fromkeys(names, changes.Seen(features=True)),
    )


def many_findings() -> Findings:
    """A district of 2,000 schools."""
    return some_findings(
        tuple(a_finding(list(Outcome)[i % 4], level="school", unit=f"school-{i:04}") for i in range(2000)),
        {f"region-{i}": changes.Seen() for i in range(40)},
    )
