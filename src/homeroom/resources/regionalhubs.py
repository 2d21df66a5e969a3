"""RegionalHub: one hub near a group of schools."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from homeroom.domain import assignments
from homeroom.resources import definitions, fields, kinds, objects, rules, statuses

PLURAL = "regionalhubs"
KIND = kinds.homeroom("RegionalHub", PLURAL)


class ConnectedReason(statuses.Reason):
    """Reasons of ``Connected``."""

    NEVER_CONNECTED = "NeverConnected", "The hub has not reached the district yet."
    CONNECTED = "Connected", "The last exchange with the district worked."
    DISTRICT_UNREACHABLE = "DistrictUnreachable", "The district does not answer; the hub goes on with what it has."
    PROTOCOL_TOO_OLD = "ProtocolTooOld", "Hub and district speak different protocol versions; the message says which."


class ReadyReason(statuses.Reason):
    """Reasons of ``Ready``."""

    STARTING = "Starting", "The hub is being set up."
    REGISTRY_UNAVAILABLE = "RegistryUnavailable", "The hub's own registry does not answer."
    FETCHING = "Fetching", "Releases that schools of this hub need are still being fetched."
    CACHE_FULL = "CacheFull", "The releases that schools need do not fit in spec.cacheMiB."
    READY = "Ready", "Everything that schools of this hub need is here."


CONNECTED = statuses.ConditionType("Connected", "The hub reaches the district.", ConnectedReason)
READY = statuses.ConditionType("Ready", "The hub has what its schools need.", ReadyReason)
CONDITIONS = (CONNECTED, READY)


class Endpoints(objects.Part):
    """Where schools reach the hub."""

    control: fields.Url
    """Base URL of the control channel, such as https://hub-west.example.org:8443."""
    bulk: fields.Url
    """Base URL of the OCI registry, such as https://hub-west.example.org:5000."""


class Spec(objects.Part):
    """Where the hub is and what it may hold."""

    region: fields.Name
    """Region that the hub serves."""
    endpoints: Endpoints
    """Where schools reach the hub. They are written into the assignments of its schools, ahead of the district's."""
    cache_mib: Annotated[int, Field(ge=1, le=10_485_760, alias="cacheMiB")]
    """How much the hub's registry may hold, in MiB."""


class Status(objects.Part):
    """What the hub's own operator says; empty in the district."""

    conditions: Annotated[
        tuple[statuses.Condition, ...], Field(max_length=16, json_schema_extra=rules.as_map("type"))
    ] = ()
    """Connected and Ready."""
    message: fields.Sentence | None = None
    """What is wrong, in a sentence; absent when nothing is."""
    cached_releases: Annotated[tuple[fields.DigestText, ...], Field(max_length=1000)] = ()
    """Digests of the releases that the hub's registry holds completely."""
    queued_reports: Annotated[int, Field(ge=0)] | None = None
    """Reports of schools that wait for the district, as of the last transition."""
    last_contact: datetime | None = None
    """When the hub last reached the district, as of the last transition."""


class RegionalHub(objects.Resource[Spec, Status]):
    """One hub: it stages releases near schools and carries their reports, and nobody needs to trust it.

    In the district it says where the schools of that hub go. In the hub's own API its operator keeps the status.
    """

    def to_endpoint(self) -> assignments.Endpoint:
        """The hub as one of the endpoints of an assignment."""
        return assignments.Endpoint(name=self.name, control=self.spec.endpoints.control, bulk=self.spec.endpoints.bulk)


DEFINITION = definitions.Definition(
    kind=KIND,
    model=RegionalHub,
    short_names=("hub",),
    columns=(
        definitions.Column("Region", ".spec.region"),
        definitions.Column("Control", ".spec.endpoints.control"),
        definitions.condition_column(CONNECTED),
        definitions.condition_column(READY),
        definitions.Column("Queued", ".status.queuedReports", "integer"),
        definitions.AGE,
        definitions.Column("Message", ".status.message"),
    ),
    conditions=CONDITIONS,
)


def parse(body: Mapping[str, Any]) -> RegionalHub:
    """``body`` as a RegionalHub.

    Raises:
        SpecError: a field does not fit.
    """
    return objects.parse(RegionalHub, KIND, body)
