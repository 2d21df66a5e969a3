"""Reports for tests of the page: what a run leaves behind, made by hand so that every kind of table is there."""

from dataclasses import replace
from typing import Any

from homeroom.domain import digests
from homeroom.domain.verdicts import Outcome, Verdict, worst
from homeroom.gates import documents, tabulations

EVALUATION = digests.of_bytes(b"evaluation")

HOSTILE = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'; DROP TABLE pupils; --",
    "{{ 7 * 7 }} {% include 'x' %}",
    "evil\u202etxt.exe\u2066 and more",
    "תלמידים עם ארוחת צהריים חינם",
    "الطلاب الذين يحصلون على وجبة مجانية",
    "👩🏽‍🏫 pupils 🏳️‍🌈 " * 4,
    "A" * 4000,
    "W" * 200,
    "</style></svg><svg onload=alert(1)>",
    "Z" + "\u0310" * 300 + "algo",
    "a\x00b\x1b[31m\ud800",
)
"""What somebody may call a group, by mistake or on purpose."""

Row = tuple[tabulations.Cell, ...]


def table(key: str, columns: tuple[str, ...], *rows: Row, caption: str = "") -> tabulations.Table:
    """A table of evidence."""
    return tabulations.Table(key=key, caption=caption or f"Numbers of {key}", columns=columns, rows=rows)


RANGE = ("Group", "Difference", "Low", "High", "Limit", "Pupils")
GAPS = table(
    "fairness.gaps",
    RANGE,
    ("Black pupils", 0.27, 0.21, 0.33, 0.1, 420),
    ("pupils with free lunch", 0.04, -0.02, 0.09, 0.1, 731),
    ("boys", 0.06, 0.01, 0.12, 0.1, 812),
    ("Asian pupils", None, None, None, 0.1, None),
    caption="How much more often each group is missed than the others",
)
RELIABILITY = table(
    "fairness.reliability",
    ("Group", "Scores", "Expected share", "Seen share", "Low", "High"),
    *(
        (group, f"{low} to {low + 20} of 100", low / 100 + 0.1, min(1.0, low / 100 * slope + 0.1), 0.05, 0.9)
        for group, slope in (("boys", 1.0), ("girls", 0.8), ("pupils with free lunch", 1.1))
        for low in (0, 20, 40, 60, 80)
    ),
    caption="Of pupils with about the same score, how many needed support",
)
RATES = table(
    "fairness.rates",
    ("Group", "Missed", "Flagged without need", "Offered"),
    ("Black pupils", 0.42, 0.31, 0.36),
    ("all other pupils", 0.15, 0.16, 0.2),
    ("Asian pupils", None, None, None),
    caption="How each group fares",
)
PARTS = table(
    "drift.decomposition",
    ("Part", "Change", "Low", "High"),
    ("other pupils", 0.01, 0.0, 0.02),
    ("the model does worse", -0.03, -0.05, -0.01),
    ("new kinds of pupils", 0.0, -0.01, 0.01),
    caption="What a change is made of",
)
PROGRESSION = table(
    "drift.progression",
    ("Year groups", "Expected", "Seen"),
    ("K to 1", 0.24, 0.25),
    ("1 to 2", 0.22, 0.2),
    caption="What was expected and what came",
)
UNKNOWN = table(
    "future.thing", ("What", "Told"), ("one", 1.5), ("two", None), caption="A table that this page has no picture for"
)
TABLES = (GAPS, RELIABILITY, RATES, PARTS, PROGRESSION, UNKNOWN)


def a_verdict(outcome: Outcome = Outcome.FAIL, **overrides: Any) -> Verdict:
    """One finding."""
    known = Verdict(
        gate="fairness",
        check="fairness.excess",
        subject="full: Black pupils against all other pupils",
        outcome=outcome,
        sentence="Black pupils who need support would be missed too often: of every 100 about 42 would not be offered it, against about 15 of all other pupils.",
        evidence=EVALUATION,
        estimate=0.27,
        low=0.21,
        high=0.33,
        limit=0.1,
        rows=420,
        detectable=0.06,
    )
    return replace(known, **overrides)


VERDICTS = (
    a_verdict(action="Find out why Black pupils are missed, and train the model again."),
    a_verdict(
        Outcome.NOT_ENOUGH_EVIDENCE,
        subject="every stage: Asian pupils against all other pupils",
        sentence="We cannot tell yet about Asian pupils: the data hold fewer than 10 of them.",
        estimate=None,
        low=None,
        high=None,
        rows=0,
        detectable=None,
    ),
    a_verdict(
        Outcome.PASS,
        subject="full: boys against girls",
        sentence="Boys who need support are not missed too often: of every 100 about 16 would not be offered it.",
        estimate=0.01,
        low=-0.03,
        high=0.05,
    ),
    a_verdict(
        Outcome.NOT_APPLICABLE,
        subject="full: offers that were not needed",
        sentence="Of 10 pupils offered support about 5 would have managed without it.",
        estimate=0.5,
        low=None,
        high=None,
        limit=None,
    ),
    a_verdict(
        Outcome.PASS,
        gate="drift",
        check="drift.input",
        subject="input read_z",
        sentence="read_z is as it was in training.",
        band="K-2",
    ),
)


def a_report(
    found: tuple[Verdict, ...] = VERDICTS, tables: tuple[tabulations.Table, ...] = TABLES, **evidence: Any
) -> documents.GateReport:
    """A report with these findings and tables, as it is read back from where it was stored."""
    behind: dict[str, Any] = {
        "engine": {"name": "homeroom", "version": "0.2.0"},
        "release": {"config": {"name": "reading-support", "purpose": "support-offer", "bands": ["K-2", "3-5"]}},
        "inputs": {"evaluation": EVALUATION, "reference": digests.of_bytes(b"reference")},
        "tables": [found_table.to_json() for found_table in tables],
        **evidence,
    }
    limits = {
        "policy": {
            "harm": "Missed",
            "fairness": {"excessLimit": 0.1, "minimumCell": 10},
            "quality": {"netBenefit": True},
        }
    }
    document = {
        "release": digests.of_bytes(b"manifest"),
        "on": "2026-11-02",
        "seed": "00ff00ff00ff00ff",
        "outcome": worst(found).value,
        "evidence": digests.of_json(behind),
        "policy": digests.of_json(limits),
        "verdicts": [verdict.to_json() for verdict in found],
    }
    return documents.parse(document, behind, limits)


def a_hostile_report() -> documents.GateReport:
    """Hostile words wherever a person's words may stand. Lone surrogates cannot be in a document, so they are left out."""
    names = [name.replace("\ud800", "") for name in HOSTILE]
    found = tuple(
        a_verdict(subject=name, sentence=f"{name} would be missed too often: of 100 about 3.", action=name)
        for name in names
    )
    rows = tuple((name, 0.2, 0.1, 0.3, 0.1, 50) for name in names)
    hostile = tuple(replace(known, caption=names[0], rows=rows) for known in (GAPS,))
    points = tuple((name, "0 to 20 of 100", 0.1, 0.2, 0.1, 0.3) for name in names)
    curves = replace(RELIABILITY, columns=(names[1], *RELIABILITY.columns[1:]), rows=points)
    bars = replace(RATES, rows=tuple((name, 0.1, 0.2, 0.3) for name in names))
    config = {"name": names[0], "purpose": names[1], "bands": names}
    return a_report(found, (*hostile, curves, bars), release={"config": config})


def a_large_report() -> documents.GateReport:
    """256 findings and 16 groups."""
    outcomes = list(Outcome)
    found = tuple(a_verdict(outcomes[i % 4], subject=f"full: group {i} against all others") for i in range(256))
    groups = [f"pupils of group number {index}" for index in range(16)]
    gaps = replace(
        GAPS, rows=tuple((name, 0.05 + i / 100, 0.0, 0.1 + i / 50, 0.1, 100) for i, name in enumerate(groups))
    )
    points = tuple(
        (name, f"{b} to {b + 10}", b / 100, b / 100, None, None) for name in groups for b in range(0, 100, 10)
    )
    return a_report(found, (gaps, replace(RELIABILITY, rows=points)))
