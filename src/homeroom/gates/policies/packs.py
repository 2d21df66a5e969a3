"""Policy packs: what law and practice of a region ask for, shipped as data, each line with its source."""

import functools
import importlib.resources
from collections.abc import Iterator
from datetime import date
from typing import Annotated, Any

import yaml
from pydantic import Field, ValidationError, model_validator

from homeroom.domain import digests, errors
from homeroom.gates.policies import limits
from homeroom.resources import fields, gatepolicies, objects

BASE = "base"
"""Applies everywhere, whether it is named or not."""

_PLACE = importlib.resources.files("homeroom.gates") / "packs"


class Source(objects.Part):
    """Where a line comes from."""

    title: fields.Sentence
    """Name and place, such as FERPA, 34 CFR 99.31(a)(1)(i)(B)."""
    looked_up: bool
    """Whether it was looked up for this version of the pack; False means general knowledge, to be checked before relying on it."""


class Line(objects.Part):
    """Base of every line: it names its source."""

    source: fields.Name
    """Name of an entry of ``sources``."""
    note: fields.Sentence = ""
    """What to know about the line."""


class LimitLine(Line):
    """A limit that a policy may tighten and never loosen."""

    limit: Annotated[str, Field(max_length=63)]
    """Section and field of GatePolicy, such as fairness.minimumCell."""
    value: float | int | bool
    """The limit."""
    harm: gatepolicies.Harm | None = None
    """Applies only to policies with this harm."""
    band: fields.Band | None = None
    """Applies only in this band."""


class HarmLine(Line):
    """Which harm a purpose has."""

    purpose: fields.Purpose
    """The purpose."""
    harm: gatepolicies.Harm
    """Its harm."""


class RuleLine(Line):
    """A check of the privacy gate that applies under this pack."""

    rule: Annotated[str, Field(max_length=63)]
    """Name of the check, such as ferpa.officialAgreement."""
    parameters: dict[str, Any] = Field(default_factory=dict)
    """What the check needs to know."""


class Attribute(Line):
    """A way in which children differ and must not be harmed for."""

    name: fields.Name
    """Short name, the same in all packs, such as disability."""
    words: fields.Text
    """Who is in the group, in plain words."""
    against_words: fields.Text
    """The others, in plain words."""
    values: tuple[fields.Text, ...]
    """Usual values."""
    columns: tuple[fields.Identifier, ...]
    """Names of columns that hold it."""
    collect_allowed: bool = True
    """Whether it may be recorded at all."""
    evaluation_only: bool = True
    """Whether it may only be compared, and never be an input of a model."""
    required: bool = False
    """Whether a policy must protect a group of it."""


class ForbiddenFeature(Line):
    """A kind of column that no model may read."""

    kind: gatepolicies.Kind
    """The kind."""
    under_age: Annotated[int, Field(ge=1, le=18)] | None = None
    """Applies only to bands with children younger than this."""


class BandLine(Line):
    """What is different for one band."""

    band: fields.Band
    """The band."""
    refused_purposes: tuple[fields.Purpose, ...] = ()
    """Purposes for which no release may serve it."""
    audience: fields.Text
    """Who should see what the model says. Advice for people: nothing checks it."""


class AgeGate(Line):
    """An age below which something else holds."""

    name: fields.Name
    """Short name, such as coppa."""
    under_age: Annotated[int, Field(ge=1, le=18)]
    """Children younger than this."""
    words: fields.Text
    """What holds for them."""


class Indicator(Line):
    """A number that some people ask for and that limits nothing."""

    name: fields.Name
    """Short name."""
    words: fields.Sentence
    """What it is, and why it is no limit."""


class NormReference(Line):
    """Which norm tables scores are standardised with."""

    words: fields.Text
    """The tables."""


class LanguageGroup(Line):
    """Speakers whose texts are evaluated apart."""

    name: fields.Text
    """The group."""


class Pack(objects.Part):
    """One policy pack."""

    name: fields.Name
    """As policies name it; also the name of the file."""
    version: Annotated[int, Field(ge=1)]
    """Rises with every change."""
    title: fields.Text
    """For people."""
    region: fields.Text
    """Where it applies."""
    locale: fields.Text
    """Language and country."""
    summary: fields.Sentence
    """What it is and is not."""
    reviewer: fields.Text
    """Who has reviewed it: an office, or that nobody has yet."""
    reviewed_on: date
    """When it was last compared with its sources."""
    review_by: date | None
    """When that has to be done again; None for a pack that holds no law."""
    on_top_of: tuple[fields.Name, ...] = ()
    """Packs whose law holds in that region too: they apply with it, whether a policy names them or not."""
    sources: dict[fields.Name, Source]
    """Sources by the name that lines use."""
    protected_attributes: tuple[Attribute, ...] = ()
    """Ways in which children differ."""
    harms: tuple[HarmLine, ...] = ()
    """Which harm a purpose has."""
    limits: tuple[LimitLine, ...] = ()
    """Limits."""
    forbidden_features: tuple[ForbiddenFeature, ...] = ()
    """What no model may read."""
    bands: tuple[BandLine, ...] = ()
    """What is different for some bands."""
    rules: tuple[RuleLine, ...] = ()
    """Checks of the privacy gate."""
    age_gates: tuple[AgeGate, ...] = ()
    """Ages below which something else holds."""
    norm_reference: NormReference | None = None
    """Norm tables."""
    language_groups: tuple[LanguageGroup, ...] = ()
    """Speakers whose texts are evaluated apart."""
    indicators: tuple[Indicator, ...] = ()
    """Numbers that are shown and limit nothing."""

    @property
    def digest(self) -> digests.Digest:
        """Of everything in it; a local review names it."""
        return digests.of_json(self.to_json())

    def lines(self) -> Iterator[Line]:
        """Every line."""
        yield from self.protected_attributes
        yield from self.harms
        yield from self.limits
        yield from self.forbidden_features
        yield from self.bands
        yield from self.rules
        yield from self.age_gates
        yield from self.language_groups
        yield from self.indicators
        if self.norm_reference is not None:
            yield self.norm_reference

    @model_validator(mode="after")
    def _lines_fit(self) -> "Pack":
        unknown = sorted({line.source for line in self.lines()} - self.sources.keys())
        if unknown:
            raise ValueError(f"lines name sources that the pack does not list: {', '.join(unknown)}")
        wrong = sorted({line.limit for line in self.limits} - limits.BY_PATH.keys())
        if wrong:
            raise ValueError(f"no pack can set {', '.join(wrong)}")
        return self


def shipped() -> tuple[str, ...]:
    """Names of all packs, base first."""
    names = sorted(file.name.removesuffix(".yaml") for file in _PLACE.iterdir() if file.name.endswith(".yaml"))
    return (BASE, *(name for name in names if name != BASE))


@functools.cache
def load(name: str) -> Pack:
    """That pack.

    Raises:
        SpecError: none of that name is shipped.
        Defect: the shipped file is wrong.
    """
    if name not in shipped():
        raise errors.SpecError(f"there is no policy pack {name!r}: write one of {', '.join(shipped())} in spec.packs")
    return parse((_PLACE / f"{name}.yaml").read_text(encoding="utf-8"))


def parse(text: str) -> Pack:
    """The pack in that YAML.

    Raises:
        Defect: it is none.
    """
    try:
        return Pack.model_validate(yaml.safe_load(text))
    except (ValidationError, yaml.YAMLError) as exc:
        raise errors.Defect(f"a policy pack does not fit its model: {exc}") from exc


def chosen(spec: gatepolicies.Spec) -> tuple[Pack, ...]:
    """Packs that apply under a policy, base first, each once and after those that it stands on.

    Example: a policy that names fr alone has base, eu and fr.

    Raises:
        SpecError: one that it names does not exist.
    """
    named = [other for name in spec.packs for other in (*load(name).on_top_of, name)]
    return tuple(load(name) for name in dict.fromkeys((BASE, *named)))
