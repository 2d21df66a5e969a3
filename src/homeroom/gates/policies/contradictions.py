"""Lines of a policy that cannot both hold: refused with both lines and what to change."""

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import NoReturn

from homeroom.domain import errors
from homeroom.gates.policies import columns, limits, packs
from homeroom.resources import fields, gatepolicies

_NEVER = "under which no bound of a share can lie, so that nothing would ever pass"
_LEAST = {
    "drift.ksLimit": (0.0, "which no two sets of pupils meet", "the distance that you accept, such as 0.10"),
    "fairness.falseAlarmLimit": (0.0, _NEVER, "the share that you accept, such as 0.10"),
    "privacy.membershipLimit": (0.5, "which is chance, and no bound lies under it", "0.55 or so"),
    "quality.agreementLimit": (0.0, _NEVER, "the difference that you accept, such as 0.01"),
    "quality.calibrationLimit": (0.0, _NEVER, "the difference that you accept, such as 0.05"),
    "quality.stageAgreementLimit": (0.0, _NEVER, "the share that you accept, such as 0.05"),
}
"""Values at or under which a limit can be met by no release, why, and what to write."""


def refuse(spec: gatepolicies.Spec, chosen: Sequence[packs.Pack], bands: Sequence[str], purpose: str | None) -> None:
    """Refuses what cannot hold together.

    Raises:
        SpecError: the text names both lines and what to change.
    """
    _refuse_unknown_bands(bands)
    _refuse_repeated(spec)
    _refuse_harms(spec, chosen, purpose)
    _refuse_uncollectable(spec, chosen)
    _refuse_groups(spec)


def refuse_impossible(lines: Iterable[limits.Line]) -> None:
    """Refuses limits that no release can meet.

    Raises:
        SpecError: the text names the line.
    """
    for line in lines:
        least, why, instead = _LEAST.get(line.limit, (None, "", ""))
        if least is not None and line.value is not None and line.value <= least:
            _refuse(f"{line.place} is {line.value}, {why}: write {instead}")


def _refuse_unknown_bands(bands: Sequence[str]) -> None:
    known = [band.value for band in fields.Band]
    unknown = [band for band in bands if band not in known]
    if unknown:
        _refuse(f"there is no band {unknown[0]!r}: write one of {', '.join(known)}")


def _refuse_repeated(spec: gatepolicies.Spec) -> None:
    """What the API server refuses too; a file in a CI has not been there, and of two entries only the first would hold."""
    named = {
        "spec.fairness.protect": [group.name for group in spec.fairness.protect],
        "spec.fairness.intersections": [pair.name for pair in spec.fairness.intersections],
        "spec.privacy.purposes": [entry.purpose.value for entry in spec.privacy.purposes],
        "spec.privacy.columns": [entry.column for entry in spec.privacy.columns],
        "spec.bands": [entry.band.value for entry in spec.bands],
        "spec.schools": [entry.school for entry in spec.schools],
        "spec.packReviews": [review.pack for review in spec.pack_reviews],
    }
    for place, names in named.items():
        name, times = next(iter(Counter(names).most_common(1)), ("", 0))
        if times > 1:
            _refuse(f"{place} has {name} {times} times: leave one")


def _refuse_harms(spec: gatepolicies.Spec, chosen: Sequence[packs.Pack], purpose: str | None) -> None:
    named: dict[str, tuple[gatepolicies.Harm, str]] = {}
    for place, line in _harms(chosen):
        other = named.setdefault(line.purpose.value, (line.harm, place))
        if other[0] is not line.harm:
            _refuse(
                f"{place} says that the harm of {line.purpose.value} is {line.harm.value}, and {other[1]} says "
                f"{other[0].value}: name only one of these packs in spec.packs"
            )
    uses = {entry.purpose.value: f"spec.privacy.purposes[{entry.purpose.value}]" for entry in spec.privacy.purposes}
    if purpose is not None:
        uses.setdefault(purpose, f"the release's purpose {purpose}")
    for used, place in uses.items():
        harm = named.get(used)
        if harm is not None and harm[0] is not spec.harm:
            _refuse(
                f"spec.harm is {spec.harm.value}, and {harm[1]} says that the harm of {place} is {harm[0].value}: write a "
                "policy of its own for that purpose"
            )


def _harms(chosen: Sequence[packs.Pack]) -> Iterator[tuple[str, packs.HarmLine]]:
    for pack in chosen:
        for number, line in enumerate(pack.harms):
            yield f"pack {pack.name}, harms[{number}]", line


def _refuse_uncollectable(spec: gatepolicies.Spec, chosen: Sequence[packs.Pack]) -> None:
    forbidden = [(pack, a) for pack in chosen for a in pack.protected_attributes if not a.collect_allowed]
    for pack, attribute in forbidden:
        place = f"pack {pack.name}, protectedAttributes {attribute.name} (may not be collected)"
        for other in chosen:
            if any(a.name == attribute.name and a.required for a in other.protected_attributes):
                _refuse(
                    f"{place} contradicts pack {other.name}, protectedAttributes {attribute.name} (required): a policy is "
                    "for one region; name only one of these packs in spec.packs"
                )
        for group in spec.fairness.protect:
            if columns.holds(group, attribute) or gatepolicies.Kind.ETHNICITY in columns.kinds_of(
                (group.column,), spec
            ):
                _refuse(
                    f"{place} contradicts spec.fairness.protect[{group.name}], which compares the column {group.column}: "
                    "leave that group out, and the column out of the evaluation table"
                )


def _refuse_groups(spec: gatepolicies.Spec) -> None:
    names = {group.name for group in spec.fairness.protect}
    for pair in spec.fairness.intersections:
        unknown = sorted(set(pair.of) - names)
        if unknown:
            _refuse(
                f"spec.fairness.intersections[{pair.name}].of names {unknown[0]!r}, which is not in spec.fairness.protect: "
                f"write two of {', '.join(sorted(names))}"
            )
        if pair.name in names:
            _refuse(
                f"spec.fairness.intersections[{pair.name}] has the name of a group in spec.fairness.protect: rename it"
            )
    _refuse_twice(spec.fairness.protect)


def _refuse_twice(protect: Collection[gatepolicies.ProtectedGroup]) -> None:
    seen: dict[tuple[str, str], str] = {}
    for group in protect:
        first = seen.setdefault((group.column, group.group), group.name)
        if first != group.name:
            _refuse(
                f"spec.fairness.protect[{first}] and [{group.name}] are the same group, {group.group} in column "
                f"{group.column}: leave one out"
            )


def _refuse(text: str) -> NoReturn:
    raise errors.SpecError(text)
