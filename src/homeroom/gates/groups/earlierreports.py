"""Reports that were published earlier, read as anybody can read them: from their documents, never from rows."""

from collections.abc import Iterable, Mapping
from typing import Any

from homeroom.domain import digests, errors
from homeroom.gates import bundles
from homeroom.gates.groups import calibrations, comparisons, errorrates, judgements, places, rocareas
from homeroom.resources import gatepolicies

_ABOUT_ALL = frozenset({"quality.agreement", "quality.benefit", "quality.calibration"})
"""Checks of the quality gate whose number of rows is that of all pupils of a band, or of all."""


def read(contents: Mapping[str, bytes]) -> tuple[places.Publication, ...]:
    """What each of these reports tells about how many pupils, in the order of their names.

    Args:
        contents: files of ``bundles.build`` by name.

    Raises:
        SpecError: one of them is no earlier report; the text has its name.
    """
    return tuple(_named(name, contents[name]) for name in sorted(contents))


def _named(name: str, content: bytes) -> places.Publication:
    try:
        return parse(content)
    except errors.SpecError as exc:
        raise errors.SpecError(f"{name}: {exc}") from exc


def parse(content: bytes) -> places.Publication:
    """What an earlier report tells about how many pupils.

    Args:
        content: file of ``bundles.build``.

    Raises:
        SpecError: these are no documents of a gate run, or they do not belong together.
    """
    found = bundles.parse(content)
    try:
        return _publication(found.report, found.evidence, gatepolicies.Spec.model_validate(found.policy["policy"]))
    except (KeyError, TypeError, ValueError, AttributeError, errors.SpecError) as exc:
        raise bundles.refused(exc) from exc


def _publication(report: dict[str, Any], evidence: dict[str, Any], policy: gatepolicies.Spec) -> places.Publication:
    config, inputs = evidence["release"]["config"], evidence["inputs"]
    told: dict[tuple[places.Counted, places.Place], float] = {}
    named: set[places.Place] = set()
    compared = _by_words(policy.fairness)
    for verdict in report["verdicts"]:
        bands = frozenset(config["bands"] if verdict["band"] is None else [verdict["band"]])
        about = _about(verdict, compared, policy.harm)
        # Two groups with the same words cannot be told apart, so the number is taken for each of them.
        for counted, members in about:
            place = places.Place(bands, members)
            named.add(place)
            if verdict["rows"]:
                told[counted, place] = float(verdict["rows"])
    if inputs["cells"]:
        # The quality gate has the rows of the table only, and the groups are pooled with those of others.
        told = {(counted, place): rows for (counted, place), rows in told.items() if place.members}
    hidden = {place for place in named if place.members} - {place for _, place in told}
    return places.Publication(
        report=digests.of_json(report),
        population=population(inputs["evaluation"], inputs["cells"].values()),
        told=told,
        hidden=frozenset(hidden),
    )


def population(evaluation: str, cells: Iterable[str]) -> digests.Digest:
    """Digest of all rows that groups are counted in: those of the table, and those behind the sums of others."""
    return digests.of_json([evaluation, sorted(cells)])


def _by_words(fairness: gatepolicies.Fairness) -> dict[str, list[places.Members]]:
    found: dict[str, list[places.Members]] = {}
    for each in comparisons.of_policy(fairness):
        found.setdefault(f"{each.words} against {each.against}", []).append(frozenset(each.members))
    return found


def _about(
    verdict: dict[str, Any], compared: dict[str, list[places.Members]], harm: gatepolicies.Harm
) -> list[tuple[places.Counted, places.Members]]:
    """Which pupils the number of a verdict counts, and the values that they have; nothing where it counts no pupils."""
    check = verdict["check"]
    if check in _ABOUT_ALL:
        return [(places.Counted.ALL, frozenset())]
    if check == errorrates.FALSE_ALARMS:
        return [(places.Counted.NO_NEED, frozenset())]
    counted = _counted(check, harm)
    if counted is None:
        return []
    band = verdict["band"]
    subject = verdict["subject"] if band is None else verdict["subject"].removeprefix(f"{band}: ")
    words = subject.partition(": ")[2].removesuffix(judgements.ABOUT[check])
    return [(counted, members) for members in compared[words]]


def _counted(check: str, harm: gatepolicies.Harm) -> places.Counted | None:
    at_risk, other = places.Counted.NEED, places.Counted.NO_NEED
    if harm is gatepolicies.Harm.WRONGLY_FLAGGED:
        at_risk, other = other, at_risk
    return {
        errorrates.EXCESS: at_risk,
        errorrates.OPPOSITE: other,
        calibrations.CHECK: places.Counted.ALL,
        rocareas.CHECK: places.Counted.ALL,
    }.get(check)
