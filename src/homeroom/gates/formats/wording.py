"""Numbers and text that all forms share."""

import re

from homeroom.domain.verdicts import Verdict

_CONTROL = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 cannot hold; other forms do without them too."""
_TURNED = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""Marks that turn the direction of text, and could make a line read as another one."""


def plain(text: str) -> str:
    """``text`` without control characters and marks of direction."""
    return _TURNED.sub("\ufffd", _CONTROL.sub("\ufffd", text))


def numbers(verdict: Verdict) -> str:
    """Estimate, range and limit. Example: ``0.1234 (0.1000 to 0.1500), limit 0.1000, 2880 rows``; empty without any."""
    parts = []
    if verdict.estimate is not None:
        parts.append(f"{verdict.estimate:.4f}")
    if verdict.low is not None and verdict.high is not None:
        parts.append(f"({verdict.low:.4f} to {verdict.high:.4f})")
    said = " ".join(parts)
    limit = "" if verdict.limit is None else f"limit {verdict.limit:.4f}"
    rows = f"{verdict.rows} rows" if verdict.rows else ""
    return ", ".join(part for part in (said, limit, rows) if part)


def check(verdict: Verdict) -> str:
    """Stable name of what was checked."""
    return plain(verdict.check or verdict.gate)
