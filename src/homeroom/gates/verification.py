"""Years later: do report, evidence and policy belong together, and does what the report says follow from its numbers?

Whoever can write all three files can write three that fit. So the last word has a digest from elsewhere: the one that the
approval names, or that of the artifact beside the release.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import ValidationError

import homeroom
from homeroom.domain import digests, errors, verdicts
from homeroom.domain.verdicts import Outcome, Verdict
from homeroom.gates import checks, documents, evidence
from homeroom.gates.policies import packs
from homeroom.resources import gatepolicies

ROUNDING = 0.00005
"""Numbers of a report have four decimals: what lies within half of the last one could be on either side of a limit."""

_REPORT = {"schemaVersion", "release", "on", "seed", "outcome", "evidence", "policy", "verdicts"}
_EVIDENCE = {
    "schemaVersion", "engine", "release", "inputs", "thresholds", "notRecorded", "tables", "verdicts",
}  # fmt: skip
_POLICY = {"schemaVersion", "written", "policy", "bands", "packs", "lines"}
_MISSHAPEN = (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, RecursionError, errors.SpecError)


@dataclass(frozen=True, slots=True)
class Files:
    """The three documents byte for byte."""

    report: bytes
    evidence: bytes
    policy: bytes


@dataclass(frozen=True, slots=True)
class Verified:
    """What came out.

    Attributes:
        digest: of the report.
        problems: what does not belong or follow, one sentence each; empty when all does.
        notes: what to know and does not count against it.
        anchored: whether the digest of the report was compared with one from elsewhere.
        report: parsed; None when it cannot be.
    """

    digest: digests.Digest
    problems: tuple[str, ...]
    notes: tuple[str, ...]
    anchored: bool
    report: documents.GateReport | None


def verify(files: Files, *, expected: digests.Digest | None = None, release: digests.Digest | None = None) -> Verified:
    """Looks at everything that can be told from the three documents.

    Args:
        files: the documents.
        expected: digest of the report from an approval or an artifact; None when there is none to compare with.
        release: digest of the release that it should be about.
    """
    digest = digests.of_bytes(files.report)
    problems = [] if expected in (None, digest) else [f"the report has digest {digest}, and {expected} was asked for"]
    report, unreadable = _parsed(files)
    if report is None:
        return Verified(digest, (*problems, unreadable), (), expected is not None, None)
    if release not in (None, report.document["release"]):
        problems.append(f"the report is about release {report.document['release']}, not {release}")
    notes: list[str] = []
    try:
        problems += [*_belonging(files, report), *_following(report)]
        notes += [*_packs(report.policy), *_version(report.evidence)]
    except _MISSHAPEN as exc:
        # Whatever has another shape than a run gives it also has another digest, which is what is told first.
        problems += [*_digests_differ(files, report), f"a part of them has another form than it should: {exc!r:.120}"]
    return Verified(digest, tuple(problems), tuple(notes), expected is not None, report)


def outcomes_of(verdict: Verdict) -> frozenset[Outcome]:
    """Outcomes that the numbers of a verdict allow; a gate may be more cautious than its numbers, never less.

    Example: bounds [0.02, 0.12] and limit 0.10 allow NotEnoughEvidence only; [-0.05, 0.08] allow Pass, and NotEnoughEvidence
    where something else is missing. A number beside a limit is never for information only.
    """
    if verdict.limit is None or (verdict.estimate is None and verdict.high is None):
        return frozenset(Outcome)
    said = {outcome for moved in (-ROUNDING, 0.0, ROUNDING) for outcome in _said(verdict, moved)}
    return frozenset(said | ({Outcome.NOT_ENOUGH_EVIDENCE} if Outcome.PASS in said else set()))


def _said(verdict: Verdict, moved: float) -> Iterator[Outcome]:
    check = checks.of(verdict.check)
    limit, above = verdict.limit or 0.0, check.more_is_better
    if verdict.low is None or verdict.high is None:
        number = (verdict.high if verdict.estimate is None else verdict.estimate) or 0.0
        good = number + moved >= limit if above else number + moved <= limit
        yield Outcome.PASS if good else Outcome.FAIL
    elif check.stands_unless_refuted:
        yield Outcome.FAIL if verdict.low + moved > limit else Outcome.PASS
    elif above:
        yield evidence.three_valued(-verdict.high + moved, -verdict.low + moved, -limit)
    else:
        yield evidence.three_valued(verdict.low + moved, verdict.high + moved, limit)


def _parsed(files: Files) -> tuple[documents.GateReport | None, str]:
    try:
        report, behind, policy = (_read(content) for content in (files.report, files.evidence, files.policy))
        for name, value, keys in (
            ("report", report, _REPORT),
            ("evidence", behind, _EVIDENCE),
            ("policy", policy, _POLICY),
        ):
            _refuse_other_shape(name, value, keys)
        date.fromisoformat(report["on"])
        return documents.parse(report, behind, policy), ""
    except _MISSHAPEN as exc:
        return None, f"these are not the documents of a gate run: {exc!s:.200}"


def _read(content: bytes) -> Any:
    return json.loads(content)


def _refuse_other_shape(name: str, value: Any, keys: set[str]) -> None:
    if not isinstance(value, dict):
        raise TypeError(f"the {name} is no JSON object")
    # First, because another schema has other fields too.
    if value.get("schemaVersion") != documents.SCHEMA_VERSION:
        raise ValueError(
            f"the {name} is of schema {value.get('schemaVersion')!r:.20}, and this version reads {documents.SCHEMA_VERSION}: "
            "verify it with the version of Homeroom that wrote it"
        )
    if set(value) != keys:
        raise ValueError(f"the {name} has other fields than it should: {sorted(set(value) ^ keys)!s:.120}")


def _belonging(files: Files, report: documents.GateReport) -> Iterator[str]:
    document, behind = report.document, report.evidence
    yield from _digests_differ(files, report)
    if digests.canonical_json(document) != files.report:
        yield "the report is not in canonical form"
    if behind["release"].get("digest") != document["release"]:
        yield "report and evidence are about different releases"
    if behind["inputs"].get("on") != document["on"]:
        yield "report and evidence are of different days"
    if behind["verdicts"] != digests.of_json(document["verdicts"]):
        yield "the verdicts are not those that the evidence was kept for"
    yield from _seeded(report)


def _digests_differ(files: Files, report: documents.GateReport) -> Iterator[str]:
    for name, content in (("evidence", files.evidence), ("policy", files.policy)):
        if digests.of_bytes(content) != report.document[name]:
            yield f"the {name} is not the one that the report names"


def _seeded(report: documents.GateReport) -> Iterator[str]:
    try:
        policy = gatepolicies.Spec.model_validate(report.policy["policy"])
        gatepolicies.Spec.model_validate(report.policy["written"])
        seed = evidence.seed(digests.parse(report.evidence["inputs"]["evaluation"]), policy)
    except (ValidationError, KeyError, TypeError, errors.SpecError):
        yield "the policy, or the digest of the evaluation table, is not readable"
        return
    if report.document["seed"] != f"{seed:016x}":
        yield "the seed does not follow from evaluation table and policy"


def _following(report: documents.GateReport) -> Iterator[str]:
    named = [(verdict.gate, verdict.check, verdict.subject, verdict.band) for verdict in report.verdicts]
    if len(set(named)) != len(named):
        yield "two verdicts are about the same"
    for verdict in report.verdicts:
        if verdict.outcome not in outcomes_of(verdict):
            yield f"{verdict.subject}: {verdict.outcome.value} does not follow from its numbers and limit"
    if report.document["outcome"] != verdicts.worst(report.verdicts).value:
        yield f"the outcome is {report.document['outcome']!r:.40}, and the worst verdict {report.outcome.value}"


def _packs(policy: dict[str, Any]) -> Iterator[str]:
    for pack in policy["packs"]:
        try:
            shipped = packs.load(str(pack["name"]))
        except (errors.SpecError, KeyError, TypeError):
            yield f"policy pack {pack!s:.80} is not shipped with this version"
            continue
        if shipped.digest != pack["digest"]:
            yield f"policy pack {shipped.name} was version {pack['version']} then and is another one now ({shipped.version})"


def _version(behind: dict[str, Any]) -> Iterator[str]:
    engine = behind["engine"].get("version")
    if engine != homeroom.__version__:
        yield f"judged by Homeroom {engine!s:.40}; this is {homeroom.__version__}"
