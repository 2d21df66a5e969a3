"""What REST takes: a name and the spec of the kind, checked here for its form and by the API server for the rest."""

from datetime import datetime
from typing import Annotated

import pydantic

from homeroom.resources import (
    fields,
    gatepolicies,
    modelreleases,
    objects,
    releaseapprovals,
    rolloutwaves,
    schoolsites,
)


class Request(pydantic.BaseModel):
    """Base of every body; unknown fields are refused, since one that is ignored would not do what it says."""

    model_config = objects.Part.model_config


class NewRelease(Request):
    """A release to submit."""

    name: fields.Name
    """Name of the ModelRelease."""
    spec: modelreleases.Spec
    """What is to be released; ``author`` is your own user name."""


class NewWave(Request):
    """A wave to start."""

    name: fields.Name
    """Name of the RolloutWave."""
    spec: rolloutwaves.Spec
    """Which release to which schools, how fast, and what stops it."""


class NewSite(Request):
    """A school to add."""

    name: fields.Name
    """Name of the SchoolSite."""
    spec: schoolsites.Spec
    """What is known of the school."""


class Policy(Request):
    """Limits that releases must meet."""

    spec: gatepolicies.Spec
    """The limits; what is not given has the shipped default."""


class WaveChange(Request):
    """What may be changed of a wave."""

    paused: bool | None = None
    """True: no further school is assigned. False: it goes on."""
    rollback: bool | None = None
    """True: every school of the wave is told to go back to what it ran before."""


class Decision(Request):
    """What an approver says about a release."""

    decision: releaseapprovals.Decision
    """Approve, Reject, Waive for missing evidence, or Override to let all schools have what somebody else has waived."""
    reason: Annotated[str, pydantic.StringConstraints(min_length=10, max_length=2000)]
    """Why, for those who will ask later."""
    covers: tuple[fields.Subject, ...] = ()
    """For a waiver or an override: the subjects of the verdicts that lack evidence, word for word."""
    expires: datetime | None = None
    """For a waiver or an override: when it ends."""
    data_plan: str | None = None
    """For a waiver: how the missing evidence will be collected."""
    release_digest: fields.DigestText | None = None
    """The release that you looked at; refused when it is another one by now. Left out, the present one."""
    gate_report_digest: fields.DigestText | None = None
    """The gate report that you read; refused when it is another one by now. Left out, the present one."""
