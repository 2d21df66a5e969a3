"""A summary in Markdown, for the comment on a pull request: the outcome, what stands in the way, and the counts."""

import html
import re
from collections import Counter
from collections.abc import Iterable

from homeroom.domain import digests
from homeroom.domain.verdicts import Outcome, Verdict
from homeroom.gates import documents
from homeroom.gates.formats import wording

MOST_SHOWN = 50
"""A comment has room for so many findings; the JUnit and SARIF files have all."""

_HEADING = {
    Outcome.PASS: "Passed: now people decide",
    Outcome.FAIL: "Failed: this release goes nowhere",
    Outcome.NOT_ENOUGH_EVIDENCE: "Not enough evidence: nothing passes silently",
}
_ORDER = (Outcome.FAIL, Outcome.NOT_ENOUGH_EVIDENCE, Outcome.PASS, Outcome.NOT_APPLICABLE)
_MARKUP = re.compile(r"[\\`*_\[\]|~#@$]|:(?=//)|(?<=www)\.", re.IGNORECASE)
"""What marks up, mentions or links in GitHub's and GitLab's Markdown, bare addresses among it."""


def to_markdown(report: documents.GateReport) -> bytes:
    """The summary, UTF-8; every text of the report is escaped, so that a name cannot link, mention or mark up anything."""
    standing = [v for outcome in _ORDER[:2] for v in report.verdicts if v.outcome is outcome]
    lines = [f"## {_HEADING[report.outcome]}", "", *_counted(report.verdicts), ""]
    if standing:
        lines += ["| outcome | check | finding | numbers |", "|---|---|---|---|"]
        lines += [_row(verdict) for verdict in standing[:MOST_SHOWN]]
        if len(standing) > MOST_SHOWN:
            lines.append(f"\n{len(standing) - MOST_SHOWN} more are in the report.")
        lines.append("")
    release, on = digests.short(report.document["release"]), report.document["on"]
    lines += [f"Release `{release}`, as of {on}. Report `{report.digest}`.", ""]
    return "\n".join(lines).encode()


def _counted(found: Iterable[Verdict]) -> list[str]:
    by_gate: dict[str, Counter[Outcome]] = {}
    for verdict in found:
        by_gate.setdefault(verdict.gate, Counter())[verdict.outcome] += 1
    rows = ["| gate | fail | not enough evidence | pass | only reported |", "|---|---|---|---|---|"]
    for gate, counts in by_gate.items():
        rows.append(f"| {_text(gate)} | " + " | ".join(str(counts[outcome]) for outcome in _ORDER) + " |")
    return rows


def _row(verdict: Verdict) -> str:
    said = " ".join(part for part in (verdict.sentence, verdict.action) if part)
    about = f"{verdict.subject}: {said}"
    cells = (verdict.outcome.value, wording.check(verdict), about, wording.numbers(verdict))
    return "| " + " | ".join(_text(cell) for cell in cells) + " |"


def _text(text: str) -> str:
    """``text`` as one line that Markdown shows as it stands; entities, because some renderers undo a backslash in a table."""
    one_line = html.escape(" ".join(wording.plain(text).split()), quote=False)
    return _MARKUP.sub(lambda found: "".join(f"&#{ord(mark)};" for mark in found[0]), one_line)
