"""A starting policy from a few answers: region, purpose, bands, and the groups that the evaluation table has.

Answers that are facts about the district are written down as given; what was not answered is left out, and the rules that need it fail
until somebody fills it in. Nothing is invented.
"""

import re
from dataclasses import dataclass
from typing import Any

import yaml

from homeroom.domain import errors
from homeroom.gates.policies import overlays, packs
from homeroom.resources import fields, gatepolicies, objects

REGIONS = {
    "us": ("us-federal",),
    "us-ny": ("us-federal", "ny-2d"),
    "uk": ("uk",),
    "eu": ("eu",),
    "fr": ("eu", "fr"),
    "in": ("in",),
    "au": ("au",),
    "other": (),
}
"""Packs of each region; base always applies."""


class _Dumper(yaml.SafeDumper):
    """Quotes ``Y`` and ``N``, which are plain text to PyYAML and booleans to kubectl."""


_Dumper.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^[yYnN]$"), list("yYnN"))


@dataclass(frozen=True, slots=True)
class Group:
    """One group that the evaluation table can tell.

    Attributes:
        attribute: of a pack, such as ``language``; or a name of your own.
        column: of the evaluation table.
        value: in that column, of the children in the group.
        words: who is in it; None for the pack's words.
        against_words: the others; None for the pack's words.
    """

    attribute: str
    column: str
    value: str
    words: str | None = None
    against_words: str | None = None


@dataclass(frozen=True, slots=True)
class Answers:
    """What the questions were answered with.

    Attributes:
        name: of the policy.
        region: one of ``REGIONS``.
        purpose: what releases are for.
        bands: year groups that they serve.
        groups: at least one.
        columns: that a model may read; none leaves the purpose register empty.
        basis: lawful basis, needed with columns.
        owner: office that answers, needed with columns.
        expires: last day of the permission as an ISO date, needed with columns.
        retention_days: after which data is deleted, needed with columns.
    """

    name: str
    region: str
    purpose: str
    bands: tuple[str, ...]
    groups: tuple[Group, ...]
    columns: tuple[str, ...] = ()
    basis: str | None = None
    owner: str | None = None
    expires: str | None = None
    retention_days: int | None = None


def parse_group(text: str) -> Group:
    """The group in ``ATTRIBUTE=COLUMN:VALUE``, with ``:WORDS:AGAINST`` after it where the pack's words do not fit.

    Raises:
        SpecError: it is not of that form.
    """
    attribute, _, rest = text.partition("=")
    parts = rest.split(":")
    if not attribute or len(parts) not in (2, 4) or not all(parts):
        raise errors.SpecError(
            f"a group is ATTRIBUTE=COLUMN:VALUE, or ATTRIBUTE=COLUMN:VALUE:WORDS:AGAINST, and not {text!r:.100}: write "
            "language=ell:Y"
        )
    return Group(attribute, *parts)


def attributes(region: str) -> tuple[packs.Attribute, ...]:
    """Attributes that the region's packs name and that may be recorded, those asked for first, each once.

    Raises:
        SpecError: there is no such region.
    """
    if region not in REGIONS:
        raise errors.SpecError(f"there is no region {region!r}: choose one of {', '.join(REGIONS)}")
    found: dict[str, packs.Attribute] = {}
    barred: set[str] = set()
    for attribute in (a for name in REGIONS[region] for a in packs.load(name).protected_attributes):
        if attribute.collect_allowed:
            found.setdefault(attribute.name, attribute)
        else:
            barred.add(attribute.name)
    kept = [a for name, a in found.items() if name not in barred]
    return tuple(sorted(kept, key=lambda a: not a.required))


def build(answers: Answers) -> gatepolicies.Spec:
    """The policy, which resolves without contradiction.

    Raises:
        SpecError: an answer does not fit; the text says which and what to answer instead.
    """
    known = {attribute.name: attribute for attribute in attributes(answers.region)}
    if not answers.groups:
        raise errors.SpecError(
            f"name at least one group to protect, such as --group {next(iter(known), 'income')}=COLUMN:VALUE"
        )
    plain: dict[str, Any] = {
        "harm": _harm(answers.purpose),
        "packs": list(REGIONS[answers.region]),
        "fairness": {"protect": [_protect(group, known, answers.groups) for group in answers.groups]},
        "drift": {},
        "quality": {},
        "footprint": {"artifactMiB": 32, "memoryMiB": 256, "latencyMs": 200},
        "requiredApprovals": 1,
    }
    if answers.columns:
        plain["privacy"] = {"purposes": [_entry(answers)]}
    body = {"metadata": {"name": answers.name}, "spec": plain}
    spec = gatepolicies.parse(body).spec
    overlays.resolve(spec, bands=answers.bands, purpose=answers.purpose)
    return spec


def to_yaml(answers: Answers, spec: gatepolicies.Spec) -> str:
    """The manifest, with what is still to be filled in as comments on top."""
    manifest = objects.build(gatepolicies.KIND, answers.name, spec)
    plain = manifest["spec"]
    for section in ("drift", "quality"):
        plain[section] = {}
    plain["fairness"] = {
        "protect": plain["fairness"]["protect"],
        "excessLimit": plain["fairness"]["excessLimit"],
        "minimumCell": plain["fairness"]["minimumCell"],
    }
    plain["privacy"] = {"purposes": [_trimmed(entry) for entry in plain["privacy"]["purposes"]]}
    for empty in [name for name in ("packReviews", "bands", "schools") if not plain.get(name)]:
        plain.pop(empty, None)
    if not plain["privacy"]["purposes"]:
        del plain["privacy"]
    notes = "".join(f"# {note}\n" for note in _notes(answers, spec))
    return notes + yaml.dump(manifest, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=120)


def _trimmed(entry: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if key != "flagDays"}


def _harm(purpose: str) -> str:
    lines = packs.load(packs.BASE).harms
    found = next((line.harm for line in lines if line.purpose.value == purpose), None)
    if found is not None:
        return found.value
    if purpose not in [known.value for known in fields.Purpose]:
        raise errors.SpecError(
            f"there is no purpose {purpose!r}: choose one of {', '.join(p.value for p in fields.Purpose)}"
        )
    return gatepolicies.Harm.WRONGLY_FLAGGED.value


def _protect(group: Group, known: dict[str, packs.Attribute], every: tuple[Group, ...]) -> dict[str, Any]:
    attribute = known.get(group.attribute)
    if attribute is None and group.words is None:
        raise errors.SpecError(
            f"no pack of this region has an attribute {group.attribute!r}: choose one of {', '.join(known) or 'none'}, or say "
            f"who it is, as --group {group.attribute}={group.column}:{group.value}:WORDS:AGAINST"
        )
    several = sum(other.attribute == group.attribute for other in every) > 1
    words, against = group.words, group.against_words
    if words is None and attribute is not None:
        words = f"{attribute.words} ({group.value})" if several else attribute.words
        against = attribute.against_words
    made: dict[str, Any] = {
        "name": _name(f"{group.attribute}-{group.value}" if several else group.attribute),
        "column": group.column,
        "group": group.value,
        "words": words,
        "againstWords": against,
    }
    return made if attribute is None else {**made, "attribute": group.attribute}


def _name(text: str) -> str:
    return "-".join("".join(c if c.isalnum() and c.isascii() else " " for c in text.lower()).split())[:63].strip("-")


def _entry(answers: Answers) -> dict[str, Any]:
    given = {
        "basis": answers.basis,
        "owner": answers.owner,
        "expires": answers.expires,
        "retentionDays": answers.retention_days,
    }
    missing = [name for name, value in given.items() if value is None]
    if missing:
        raise errors.SpecError(
            f"the purpose register needs {', '.join(missing)} beside columns: answer these, or leave columns out"
        )
    return {"purpose": answers.purpose, "columns": list(answers.columns), "bands": list(answers.bands), **given}


def _notes(answers: Answers, spec: gatepolicies.Spec) -> list[str]:
    said = ["Started by `homeroom gate init`; `homeroom gate explain` prints what holds and which line set it."]
    if not answers.columns:
        said.append("privacy.purposes is empty: add what the data may be used for, or the rules that ask for it fail.")
    resolved = overlays.resolve(spec, bands=answers.bands, purpose=answers.purpose)
    covered = {group.attribute for group in answers.groups}
    missing = [a.name for a in attributes(answers.region) if a.required and a.name not in covered]
    if missing:
        said.append(f"Packs ask to compare {', '.join(missing)} too; without, a release lacks evidence.")
    return [*said, *(f"To do: {warning}" for warning in resolved.warnings)]
