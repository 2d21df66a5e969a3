"""Each form says what the report says, and takes no text from outside for markup."""

import html
import json
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from tests import builders

from homeroom.domain import digests
from homeroom.domain.verdicts import Outcome, Verdict
from homeroom.gates import documents, formats

HOSTILE = (
    'boys\x00\x1b[31m]]> <script>alert(1)</script> & "q" | `code` @team #1 !7 %v1 ~bug ![x](https://evil.example) \u202e {0} '
    "www.evil.example :tada:\n| Pass | new row |\u2028\x85 ${{ env }}"
)


def _verdict(outcome: Outcome, subject: str, **fields: Any) -> Verdict:
    made = builders.a_verdict()
    return replace(made, outcome=outcome, subject=subject, check="fairness.excess", **fields)


def _report(*found: Verdict) -> documents.GateReport:
    document = {
        "release": digests.of_bytes(b"release"),
        "on": "2026-11-02",
        "verdicts": [verdict.to_json() for verdict in found],
    }
    return documents.GateReport(digests.of_json(document), found, document, {}, {})


@pytest.fixture
def report() -> documents.GateReport:
    return _report(
        _verdict(Outcome.PASS, "full: boys", estimate=0.01, low=0.0, high=0.02, limit=0.1, rows=120),
        _verdict(
            Outcome.FAIL, "core: boys", estimate=0.2, low=0.15, high=0.25, limit=0.1, rows=120, action="Train anew."
        ),
        _verdict(Outcome.NOT_ENOUGH_EVIDENCE, "full: few", estimate=None, low=None, high=None, rows=0, band="K-2"),
        _verdict(Outcome.NOT_APPLICABLE, "full: reported"),
    )


@pytest.fixture
def hostile() -> documents.GateReport:
    return _report(_verdict(Outcome.FAIL, HOSTILE, sentence=HOSTILE, action=HOSTILE))


def test_junit_is_green_only_for_what_has_passed(report: documents.GateReport) -> None:
    root = ET.fromstring(formats.to_junit(report))  # noqa: S314 - our own
    cases = {case.get("name"): case for case in root.iter("testcase")}
    assert {name: [child.tag for child in case if child.tag != "system-out"] for name, case in cases.items()} == {
        "full: boys": [],
        "core: boys": ["failure"],
        "full: few [K-2]": ["failure"],
        "full: reported": ["skipped"],
    }
    assert [failure.get("type") for failure in root.iter("failure")] == ["Fail", "NotEnoughEvidence"]
    assert (root.get("tests"), root.get("failures"), root.get("skipped")) == ("4", "2", "1")
    text = cases["core: boys"].findtext("failure") or ""
    assert "0.2000 (0.1500 to 0.2500), limit 0.1000, 120 rows" in text
    assert text.endswith("Train anew.")


def test_junit_holds_hostile_text_as_text(hostile: documents.GateReport) -> None:
    root = ET.fromstring(formats.to_junit(hostile))  # noqa: S314 - our own

    (failure,) = root.iter("failure")
    assert "<script>alert(1)</script>" in (failure.get("message") or "")
    assert not list(root.iter("script"))
    assert "\x1b" not in (failure.text or "")


def test_sarif_has_a_rule_for_each_check_and_a_result_for_each_finding(report: documents.GateReport) -> None:
    value = json.loads(formats.to_sarif(report))
    (run,) = value["runs"]

    assert (value["version"], [rule["id"] for rule in run["tool"]["driver"]["rules"]]) == ("2.1.0", ["fairness.excess"])
    assert [(result["kind"], result["level"]) for result in run["results"]] == [
        ("pass", "none"),
        ("fail", "error"),
        ("fail", "warning"),
        ("informational", "none"),
    ]
    failed = run["results"][1]
    assert (failed["ruleId"], failed["ruleIndex"], failed["properties"]["low"]) == ("fairness.excess", 0, 0.15)
    assert all(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for result in run["results"])
    assert len({result["partialFingerprints"]["homeroomFinding/v1"] for result in run["results"]}) == 4


def test_sarif_keeps_what_kind_and_level_may_be_together(report: documents.GateReport) -> None:
    """SARIF 3.27.10: whatever is no "fail" has the level "none"."""
    for result in json.loads(formats.to_sarif(report))["runs"][0]["results"]:
        assert (result["kind"] == "fail") is (result["level"] != "none")


def test_sarif_message_has_no_placeholder_and_no_link(hostile: documents.GateReport) -> None:
    text = json.loads(formats.to_sarif(hostile))["runs"][0]["results"][0]["message"]["text"]

    assert "{{0}}" in text
    assert "!\\[x\\](" in text
    assert "\x1b" not in text


def test_markdown_says_first_what_stands_in_the_way(report: documents.GateReport) -> None:
    text = formats.to_markdown(report).decode()

    assert text.startswith("## Failed: this release goes nowhere\n")
    assert "| fairness | 1 | 1 | 1 | 1 |" in text
    assert text.index("core: boys") < text.index("full: few")
    assert "full: reported" not in text
    assert report.digest in text


def test_markdown_marks_up_nothing_that_came_from_outside(hostile: documents.GateReport) -> None:
    text = formats.to_markdown(hostile).decode()
    (row,) = [line for line in text.splitlines() if line.startswith("| Fail")]

    assert row.count("|") == 5
    for mark in ("<script", "`", "@", "![", "](", "https://", "www.", "\x1b", "\x00", "\u202e"):
        assert mark not in row, mark


def test_markdown_names_nobody_in_the_finished_text(hostile: documents.GateReport) -> None:
    """GitHub and GitLab look for @team, #1, !7, %v1, ~bug and :tada: after entities have become characters."""
    (row,) = [line for line in formats.to_markdown(hostile).decode().splitlines() if line.startswith("| Fail")]
    finished = html.unescape(row)

    for named in ("@team", "#1", "!7", "%v1", "~bug", ":tada", "://"):
        assert f"{named[0]}\u200b{named[1:]}" in finished, named
        assert named not in finished, named


def test_markdown_of_long_names_stays_a_comment() -> None:
    found = [_verdict(Outcome.FAIL, f"s{n}", sentence="_" * 2000) for n in range(40)]
    text = formats.to_markdown(_report(*found)).decode()

    assert 0 < text.count("| Fail |") < 40
    assert len(text) < 65_536
    assert f"{40 - text.count('| Fail |')} more are in the report." in text


def test_markdown_of_many_findings_stays_a_comment() -> None:
    text = formats.to_markdown(_report(*(_verdict(Outcome.FAIL, f"s{n}") for n in range(60)))).decode()

    assert "10 more are in the report" in text


def test_json_holds_everything(report: documents.GateReport) -> None:
    value = json.loads(formats.to_json(report))

    assert (value["digest"], value["outcome"], value["report"]) == (report.digest, "Fail", report.document)
