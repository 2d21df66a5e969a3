"""GatePolicy: the limits that a release must meet before anybody may approve it."""

import enum
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from homeroom.resources import definitions, fields, kinds, objects, rules

PLURAL = "gatepolicies"
KIND = kinds.homeroom("GatePolicy", PLURAL)


class Harm(enum.StrEnum):
    """What goes wrong for a child when the model errs."""

    MISSED = "Missed"
    WRONGLY_FLAGGED = "WronglyFlagged"


class ProtectedGroup(objects.Part):
    """One group that must not be harmed more often than the rest."""

    name: fields.Name
    """Short name of the comparison, such as free-lunch."""
    column: fields.Identifier
    """Column of the evaluation table that holds the group."""
    group: Annotated[str, Field(min_length=1, max_length=63)]
    """Value of that column for the protected group; all other known values together are the rest."""
    words: fields.Text
    """The group in plain words, as in "children who get free lunch"; used in sentences for principals."""
    against_words: fields.Text
    """The rest in plain words, as in "children who pay for lunch"."""


class Fairness(objects.Part):
    """Who must not be harmed more often, and by how much at most."""

    protect: Annotated[
        tuple[ProtectedGroup, ...], Field(min_length=1, max_length=16, json_schema_extra=rules.as_map("name"))
    ]
    """Groups to protect, each judged against the rest, in one direction: more harm to the group than to the rest."""
    excess_limit: Annotated[float, Field(ge=0, le=1)] = 0.10
    """Largest excess of the harm's rate in the group over the rest, 0 to 1. The school-clustered bound must stay under it."""
    minimum_cell: Annotated[int, Field(ge=5, le=1000)] = 10
    """Groups with fewer children than this are not judged, and no number about them is shown anywhere."""
    resamples: Annotated[int, Field(ge=100, le=10_000)] = 1000
    """How many times schools are drawn again to find the bound. More is steadier and slower."""


class Drift(objects.Part):
    """How far the evaluation data may lie from the data that the model was trained on."""

    ks_limit: Annotated[float, Field(ge=0, le=1)] = 0.10
    """Largest Kolmogorov-Smirnov distance of any input column, 0 to 1: an effect size, not a significance level."""


class Quality(objects.Part):
    """How good a release must be to be worth using."""

    agreement_limit: Annotated[float, Field(ge=0, le=1)] = 0.10
    """Largest average difference, 0 to 1, between the scores of a shipped stage and those in the evaluation table: the
    table must be of this very model."""
    net_benefit: bool = True
    """Whether each model stage must be worth more right offers than the fallback, and the fallback more than none."""


class Footprint(objects.Part):
    """What a release may cost the boxes that serve it."""

    artifact_mib: Annotated[float, Field(ge=0.001, le=65_536, alias="artifactMiB")]
    """Largest size of all stages together, in MiB."""
    memory_mib: Annotated[int, Field(ge=1, le=65_536, alias="memoryMiB")]
    """Largest memory that one stage may need to serve, in MiB."""
    latency_ms: Annotated[float, Field(ge=0.1, le=60_000)]
    """Longest time that an answer for one class of children may take, in milliseconds, 95th percentile."""


class Spec(objects.Part):
    """The limits. Changing them gives a new gate report digest, so approvals of the old report no longer count."""

    harm: Harm
    """The harm of the purpose: Missed when a child who needs support is not offered it, WronglyFlagged when a child is
    singled out without need. It decides which errors fairness compares."""
    fairness: Fairness
    """Limits of the fairness gate."""
    drift: Drift
    """Limits of the drift gate."""
    quality: Quality
    """Limits of the quality gate."""
    footprint: Footprint
    """Limits of the footprint gate."""
    required_approvals: Annotated[int, Field(ge=1, le=5)] = 1
    """How many different people, none of them an author, must approve."""


class Status(objects.Part):
    """A policy has no state of its own."""


class GatePolicy(objects.Resource[Spec, Status]):
    """The limits that a release must meet before anybody may approve it: fairness, drift, quality and footprint.

    Written by the person who answers for data protection. A ModelRelease names one; changing the policy makes the
    gates of the releases that name it run again.
    """


DEFINITION = definitions.Definition(
    kind=KIND,
    model=GatePolicy,
    short_names=("gp",),
    columns=(
        definitions.Column("Harm", ".spec.harm"),
        definitions.Column("Excess Limit", ".spec.fairness.excessLimit", "number"),
        definitions.Column("Approvals", ".spec.requiredApprovals", "integer"),
        definitions.AGE,
    ),
)


def parse(body: Mapping[str, Any]) -> GatePolicy:
    """``body`` as a GatePolicy.

    Raises:
        SpecError: a field does not fit.
    """
    return objects.parse(GatePolicy, KIND, body)
