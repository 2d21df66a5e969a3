"""A summary in Markdown, for the comment on a pull request: the outcome, what stands in the way, and the counts."""

import html
import itertools
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
MOST_BYTES = 60_000
"""GitHub refuses a comment of more than 65,536 characters, and names may be long."""

_MARKUP = re.compile(r"[\\`*_\[\]|~#@$]|(?<=www)\.", re.IGNORECASE)
"""What marks up or links in GitHub's and GitLab's Markdown."""
_NAMING = re.compile(r"[@#!%~$]|:(?=[\w/+-])")
"""What names a person, an issue, a label, a picture or an address there. These are looked for once more in the finished text, where an
entity is its character again; so a character without width follows, as in the comments of Dependabot and Renovate."""
_NO_WIDTH = "\u200b"


def to_markdown(report: documents.GateReport) -> bytes:
    """The summary, UTF-8; every text of the report is escaped, so that a name cannot link, mention or mark up anything."""
    standing = [v for outcome in _ORDER[:2] for v in report.verdicts if v.outcome is outcome]
    lines = [f"## {_HEADING[report.outcome]}", "", *_counted(report.verdicts), ""]
    if standing:
        lines += ["| outcome | check | finding | numbers |", "|---|---|---|---|"]
        rows = _fitting([_row(verdict) for verdict in standing[:MOST_SHOWN]])
        left = len(standing) - len(rows)
        lines += [*rows, *([f"\n{left} more {'is' if left == 1 else 'are'} in the report."] if left else []), ""]
    release, on = digests.short(report.document["release"]), report.document["on"]
    lines += [f"Release `{release}`, as of {on}. Report `{report.digest}`.", ""]
    return "\n".join(lines).encode()


def _fitting(rows: list[str]) -> list[str]:
    """The first rows that together have room in a comment."""
    ends = itertools.accumulate(len(row.encode()) for row in rows)
    return [row for row, end in zip(rows, ends, strict=True) if end <= MOST_BYTES]


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
    one_line = _NAMING.sub(lambda found: found[0] + _NO_WIDTH, " ".join(wording.plain(text).split()))
    return _MARKUP.sub(lambda found: f"&#{ord(found[0])};", html.escape(one_line, quote=False))
