"""The three documents of an earlier run as one file, the form in which a later run gets them."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from homeroom.domain import digests, errors

MOST = 32
"""Most earlier reports that a run compares itself with: the newest ones, where a model was judged more often."""
MOST_BYTES = 64 << 20

_PARTS = ("report", "evidence", "policy")


@dataclass(frozen=True, slots=True)
class Documents:
    """What a run left behind; the report names the digests of the other two."""

    report: dict[str, Any]
    evidence: dict[str, Any]
    policy: dict[str, Any]


def build(report: Mapping[str, Any], evidence: Mapping[str, Any], policy: Mapping[str, Any]) -> dict[str, bytes]:
    """The file of one run by its name, which is the digest of the report."""
    name = f"{digests.of_json(report).removeprefix('sha256:')}.json"
    return {name: digests.canonical_json(dict(zip(_PARTS, (report, evidence, policy), strict=True)))}


def parse(content: bytes) -> Documents:
    """The documents in a file.

    Raises:
        SpecError: these are none, or they are not of the same run.
    """
    if len(content) > MOST_BYTES:
        raise errors.SpecError(f"an earlier report has more than {MOST_BYTES} bytes: give what a gate run wrote")
    try:
        value = json.loads(content)
        found = Documents(*(dict(value[part]) for part in _PARTS))
        belongs = (
            found.report["evidence"] == digests.of_json(found.evidence)
            and found.report["policy"] == digests.of_json(found.policy)
            and found.evidence["verdicts"] == digests.of_json(found.report["verdicts"])
        )
    except (KeyError, TypeError, ValueError, RecursionError) as exc:
        raise refused(exc) from exc
    if not belongs:
        raise errors.SpecError(
            "the documents of an earlier report do not belong together: give report, evidence and policy of one run"
        )
    return found


def refused(exc: Exception) -> errors.SpecError:
    """What to say of documents that have another form than a run of this version gives them."""
    return errors.SpecError(
        f"an earlier report is not what a gate run of this version writes ({type(exc).__name__}): give the directory that "
        "`homeroom gate run --evidence` wrote"
    )
