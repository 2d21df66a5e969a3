"""GatePolicy: the limits that a release must meet before anybody may approve it."""

import enum
from collections.abc import Mapping
from datetime import date
from typing import Annotated, Any

from pydantic import ConfigDict, Field

from homeroom.resources import definitions, fields, kinds, objects, rules

PLURAL = "gatepolicies"
KIND = kinds.homeroom("GatePolicy", PLURAL)


class Harm(enum.StrEnum):
    """What goes wrong for a child when the model errs."""

    MISSED = "Missed"
    WRONGLY_FLAGGED = "WronglyFlagged"


class TrainedBy(enum.StrEnum):
    """Who trains a model, and for whom."""

    DISTRICT = "District"
    """The district or somebody under its direct control, for its own schools."""
    PROCESSOR_OWN = "ProcessorOwn"
    """Somebody else, who also improves or sells a product with it."""


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
    attribute: fields.Name | None = None
    """Attribute of a policy pack that this column holds, such as income, where neither name nor column says so."""


class Intersection(objects.Part):
    """A pair of protected groups that is judged together, named before anybody looks at the data."""

    name: fields.Name
    """Short name, such as free-lunch-boys."""
    of: Annotated[tuple[fields.Name, ...], Field(min_length=2, max_length=2, json_schema_extra=rules.as_set)]
    """Names of the two protected groups: children who are in both are judged against all others."""
    words: fields.Text
    """Who is in both, in plain words, as in "boys who get free lunch"."""


_Share = Annotated[float, Field(ge=0, le=1)]


class Fairness(objects.Part):
    """Who must not be harmed more often, and by how much at most."""

    protect: Annotated[
        tuple[ProtectedGroup, ...], Field(min_length=1, max_length=32, json_schema_extra=rules.as_map("name"))
    ]
    """Groups to protect, each judged against the rest, in one direction: more harm to the group than to the rest."""
    intersections: Annotated[
        tuple[Intersection, ...], Field(max_length=16, json_schema_extra=rules.as_map("name"))
    ] = ()
    """Pairs of protected groups to judge together. Only those named here are; a search for the worst pair finds chance."""
    excess_limit: _Share = 0.10
    """Largest excess of the harm's rate in the group over the rest, 0 to 1. The school-clustered bound must stay under it."""
    opposite_limit: _Share | None = None
    """The same for the opposite error: needless flags where the harm is being missed, and the other way round. Left out, the
    opposite gap is reported in people and limits nothing: where groups need help at different rates no model has both."""
    false_alarm_limit: _Share | None = None
    """Largest share of children without need, of all children, who may be flagged. Left out, it is reported."""
    calibration_limit: _Share | None = None
    """Largest difference between the average score and the share that turned out to need it, within a group. Left out, reported."""
    abroca_limit: _Share | None = None
    """Largest area between the ROC curves of group and rest beyond what equal groups of that size show by chance. Left out,
    reported."""
    not_recorded_limit: _Share = 0.10
    """Where more children than this share have no value for a group's column, the group cannot be judged."""
    minimum_cell: Annotated[int, Field(ge=5, le=1000)] = 10
    """Groups with fewer children than this are not judged, and no number about them is shown anywhere."""
    resamples: Annotated[int, Field(ge=100, le=10_000)] = 1000
    """How many times schools are drawn again to find the bound. More is steadier and slower."""
    permutations: Annotated[int, Field(ge=99, le=10_000)] = 1999
    """How many times group membership is shuffled to see what chance alone would show."""


class Drift(objects.Part):
    """How far data may lie from the data that the model was trained on, at release and during the school year."""

    ks_limit: _Share = 0.10
    """Largest Kolmogorov-Smirnov distance of any input column, 0 to 1: an effect size, not a significance level."""
    loss_limit: _Share = 0.05
    """Largest rise of the model's error within year groups between two periods, in units of its Brier score."""
    weekly_error: Annotated[float, Field(ge=0.0001, le=0.2)] = 0.05
    """Chance that a school where nothing changed is ever alarmed about in one school year, for one measure."""
    look_error: Annotated[float, Field(ge=0.0001, le=0.5)] = 0.10
    """Share of wrong ones that is borne among the schools which somebody is asked to look at."""
    act_error: Annotated[float, Field(ge=0.0001, le=0.2)] = 0.01
    """Share of wrong ones that is borne among the schools for which something happens by itself."""
    progression_limit: Annotated[float, Field(ge=0.01, le=5)] = 0.5
    """How far a school may move from what the other schools' pupils did, in standard deviations of the year group."""
    progression_certainty: Annotated[float, Field(ge=0.5, le=0.9999)] = 0.95
    """How sure one must be that it moved so far before it is called a change."""
    minimum_window: Annotated[int, Field(ge=5, le=10_000)] = 20
    """Children in the smallest window that is judged alone; smaller ones are pooled with their cluster, region or district."""
    detectable_target: Annotated[float, Field(ge=0.01, le=1)] = 0.10
    """Change that should be noticeable: windows are pooled further until one of this size would be."""
    history_years: Annotated[int, Field(ge=1, le=10)] = 3
    """How many school years back a window may be compared with."""
    week_tolerance: Annotated[int, Field(ge=0, le=8)] = 1
    """How many teaching weeks earlier or later still count as the same time of the school year."""


class Kind(enum.StrEnum):
    """What a column says about a child, where some rule is about that."""

    ETHNICITY = "Ethnicity"
    """Ethnicity, race, caste or social category, descent, nationality."""
    INCOME = "Income"
    """Family income, or what stands for it: free meals, benefits, deprivation of the home."""
    ADDRESS = "Address"
    """Where a child lives: address, postcode, neighbourhood."""
    BIRTH_DATE = "BirthDate"
    """Date of birth, or an age in days."""
    NAME = "Name"
    """Names, identifiers, e-mail addresses, telephone numbers."""
    RELIGION = "Religion"
    """Religion or belief."""
    HEALTH = "Health"
    """Health, diagnoses, medicines."""
    BIOMETRIC = "Biometric"
    """Face, voice, fingerprint, gaze, gait."""
    EMOTION = "Emotion"
    """Emotions read from face, voice or body."""
    GEOLOCATION = "Geolocation"
    """Where a child or its device is."""
    TRACKING = "Tracking"
    """What follows a child across services: advertising identifiers, cookies, browsing history."""
    FREE_TEXT = "FreeText"
    """Text in a child's or teacher's own words."""
    RESPONSE_TIME = "ResponseTime"
    """How fast a child answers or types."""


class ColumnKind(objects.Part):
    """What one column says about a child, where its name does not tell."""

    column: fields.Identifier
    """Column of the model's input or of the evaluation table, or the choice that several columns spread."""
    kind: Kind
    """What it says. A declaration only adds: a column whose name tells is what its name says."""


class PurposeEntry(objects.Part):
    """One entry of the purpose register: what data may be used for, which of it, and for how long."""

    purpose: fields.Purpose
    """What the data may be used for."""
    columns: Annotated[
        tuple[fields.Identifier, ...], Field(min_length=1, max_length=600, json_schema_extra=rules.as_set)
    ]
    """Columns that may be used. A release whose model reads any other column is refused."""
    bands: Annotated[tuple[fields.Band, ...], Field(min_length=1, max_length=5, json_schema_extra=rules.as_set)]
    """Year groups whose data may be used."""
    basis: fields.Text
    """Lawful basis, such as public task, or school official exception."""
    owner: fields.Text
    """Who answers for this use: an office, not a person's name."""
    retention_days: Annotated[int, Field(ge=1, le=3650)]
    """Days after which the data is deleted."""
    expires: date
    """Day after which this entry no longer allows anything; it is renewed or the use ends."""
    dpia: fields.Text | None = None
    """Reference of the data protection impact assessment."""
    agreement: fields.Text | None = None
    """Reference of the agreement with whoever processes the data."""
    overseer: fields.Text | None = None
    """Role that looks at each suggestion before it has an effect."""
    consent: fields.Text | None = None
    """Who consents where consent is needed, and where that is recorded."""
    trained_by: TrainedBy | None = None
    """Who trains, and for whom. Left out, rules of law that ask for it fail: nobody has said so."""
    flag_days: Annotated[int, Field(ge=1, le=366)] = 120
    """Days after which a suggestion about a child is forgotten."""
    log_days: Annotated[int, Field(ge=1, le=3650)] | None = None
    """Days for which it is kept what the model answered and who looked at it, without anything that tells who the child is."""
    rights: fields.Text | None = None
    """Where parents and pupils ask to see, correct or erase what is held about them."""
    best_interests: fields.Text | None = None
    """Reference of the note that says why this use is in the children's best interests."""
    rights_assessment: fields.Text | None = None
    """Reference of the fundamental rights impact assessment."""


class Privacy(objects.Part):
    """What a release may know, and what it must not give away."""

    purposes: Annotated[tuple[PurposeEntry, ...], Field(max_length=16, json_schema_extra=rules.as_map("purpose"))] = ()
    """The purpose register. A release for a purpose that is not in it is refused, once the register has any entry."""
    columns: Annotated[tuple[ColumnKind, ...], Field(max_length=200, json_schema_extra=rules.as_map("column"))] = ()
    """What columns say about a child, where their names do not tell."""
    membership_limit: Annotated[float, Field(ge=0.5, le=1)] = 0.55
    """How well one may tell from a release's answers who was in its training data: 0.5 is chance, 1 is always. The upper
    bound over schools must stay under it."""
    memorised_limit: _Share = 0.01
    """Largest share of children whose own row moves the model's answer about them to the right side, in any group."""
    anonymity: Annotated[int, Field(ge=1, le=100)] = 5
    """Fewest training rows behind any count that the training reference shows, or lets one work out."""
    epsilon_limit: Annotated[float, Field(ge=0.001, le=100)] | None = None
    """Largest epsilon, for one pupil and school year, that a release may state and its ledger may have reached. Left out, a
    statement is checked but needed by nobody."""


class Quality(objects.Part):
    """How good a release must be to be worth using."""

    agreement_limit: _Share = 0.10
    """Largest average difference, 0 to 1, between the scores of a shipped stage and those in the evaluation table: the
    table must be of this very model."""
    stage_agreement_limit: _Share | None = None
    """Largest share of children for whom a smaller model would decide otherwise than the full one. Left out, reported."""
    net_benefit: bool = True
    """Whether each model stage must be worth more right offers than the fallback, and the fallback more than none."""
    calibration_limit: _Share | None = None
    """Largest difference between the average score and the share that turned out to need it. Left out, it is reported."""
    drop_one_limit: _Share = 0.005
    """A column whose removal costs less than this in AUC is named as one that could be left out. Reported, never limited."""


class Footprint(objects.Part):
    """What a release may cost the boxes that serve it."""

    artifact_mib: Annotated[float, Field(ge=0.001, le=65_536, alias="artifactMiB")]
    """Largest size of all stages together, in MiB."""
    memory_mib: Annotated[int, Field(ge=1, le=65_536, alias="memoryMiB")]
    """Largest memory that one stage may need to serve, in MiB."""
    latency_ms: Annotated[float, Field(ge=0.1, le=60_000)]
    """Longest time that an answer for one class of children may take, in milliseconds, 95th percentile."""


class Limits(objects.Part):
    """Limits of one band or school; what is left out stays as it is. Each may only be stricter than what it replaces."""

    excess_limit: _Share | None = None
    """See fairness.excessLimit."""
    opposite_limit: _Share | None = None
    """See fairness.oppositeLimit."""
    false_alarm_limit: _Share | None = None
    """See fairness.falseAlarmLimit."""
    calibration_limit: _Share | None = None
    """See fairness.calibrationLimit."""
    abroca_limit: _Share | None = None
    """See fairness.abrocaLimit."""
    minimum_cell: Annotated[int, Field(ge=5, le=1000)] | None = None
    """See fairness.minimumCell."""
    ks_limit: _Share | None = None
    """See drift.ksLimit."""
    membership_limit: Annotated[float, Field(ge=0.5, le=1)] | None = None
    """See privacy.membershipLimit."""
    latency_ms: Annotated[float, Field(ge=0.1, le=60_000)] | None = None
    """See footprint.latencyMs."""


class BandLimits(Limits):
    """Stricter limits for one band of year groups."""

    band: fields.Band
    """The band."""


class SchoolLimits(Limits):
    """Stricter limits that one school has asked for."""

    school: fields.Name
    """Name of the SchoolSite."""


class PackReview(objects.Part):
    """That somebody here has read a policy pack and found it fit for this district."""

    model_config = ConfigDict(
        json_schema_extra=rules.checked(
            rules.Rule(
                "self.reviewBy > self.reviewedOn", "reviewBy is a day after reviewedOn: write when to read it again"
            )
        )
    )

    pack: fields.Name
    """The pack."""
    digest: fields.DigestText
    """Digest of the pack that was read, as `homeroom gate explain` prints it; a changed pack must be read again."""
    reviewer: fields.Text
    """Who read it: an office or a role, such as legal counsel of the district."""
    reviewed_on: date
    """When."""
    review_by: date
    """When it has to be read again; this replaces the date in the pack when it is later."""


class Spec(objects.Part):
    """The limits. Changing them gives a new gate report digest, so approvals of the old report no longer count."""

    harm: Harm
    """The harm of the purpose: Missed when a child who needs support is not offered it, WronglyFlagged when a child is
    singled out without need. It decides which errors fairness compares."""
    packs: Annotated[tuple[fields.Name, ...], Field(max_length=8, json_schema_extra=rules.as_set)] = ()
    """Policy packs that apply here, such as us-federal or uk: what law and practice of a region ask for. A limit below may be
    stricter than a pack's and never looser. `homeroom gate explain` prints which line set each limit. The pack base always
    applies."""
    pack_reviews: Annotated[tuple[PackReview, ...], Field(max_length=9, json_schema_extra=rules.as_map("pack"))] = ()
    """Packs that somebody here has read. A pack past its review date warns, and 30 days later stops new approvals. Recording a
    review changes no limit, so approvals stay."""
    fairness: Fairness
    """Limits of the fairness gate."""
    drift: Drift
    """Limits of the drift gate."""
    privacy: Privacy = Field(default_factory=Privacy)
    """Limits of the privacy gate."""
    quality: Quality
    """Limits of the quality gate."""
    footprint: Footprint
    """Limits of the footprint gate."""
    bands: Annotated[tuple[BandLimits, ...], Field(max_length=5, json_schema_extra=rules.as_map("band"))] = ()
    """Stricter limits for some year groups."""
    schools: Annotated[tuple[SchoolLimits, ...], Field(max_length=1000, json_schema_extra=rules.as_map("school"))] = ()
    """Stricter limits that schools have asked for. A release that goes to several schools must meet all of theirs."""
    required_approvals: Annotated[int, Field(ge=1, le=5)] = 1
    """How many different people, none of them an author, must approve."""


class Status(objects.Part):
    """A policy has no state of its own."""


class GatePolicy(objects.Resource[Spec, Status]):
    """The limits that a release must meet before anybody may approve it: fairness, drift, privacy, quality and footprint.

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
