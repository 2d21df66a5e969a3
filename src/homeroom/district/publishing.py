"""Telling one school something: the next version reserved, signed and published in one transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa

from homeroom.district.database import assignments as published
from homeroom.domain import assignments, errors, sites
from homeroom.resources import regionalhubs
from homeroom.trust import director

Entries = tuple[assignments.Entry, ...]


@dataclass(frozen=True, slots=True)
class Publisher:
    """Signs and publishes; the caller owns the transaction.

    Attributes:
        keys: of the director.
        district: where schools reach the district itself; last in every assignment.
        min_agent: oldest agent that understands what is written here.
        lifetime: how long schools take the signed metadata.
        epoch: epoch of this writer's lease, asked at each write; raises NotReady when the lease is not held.
        clock: aware current time.
    """

    keys: director.DirectorKeys
    district: assignments.Endpoint
    min_agent: str
    lifetime: timedelta
    epoch: Callable[[], int]
    clock: Callable[[], datetime]

    def publish(
        self,
        connection: sa.Connection,
        site_id: assignments.SiteId,
        entries: Entries,
        endpoints: tuple[assignments.Endpoint, ...],
    ) -> int:
        """The version under which ``entries`` are now that school's newest assignment.

        Raises:
            Refused, NotReady: another operator writes now.
        """
        epoch, now = self.epoch(), self.clock()
        version = published.reserve(connection, site_id, epoch)
        document = assignments.Assignment(
            site_id=site_id, version=version, entries=entries, endpoints=endpoints, min_agent=self.min_agent
        )
        bundle = director.sign_assignment(self.keys, document, now + self.lifetime)
        published.publish(connection, bundle, document, lease_epoch=epoch, now=now)
        return version

    def endpoints(self, site: sites.Site, hubs: Mapping[str, Mapping[str, Any]]) -> tuple[assignments.Endpoint, ...]:
        """Where that school talks to, in order: its hub if it has one, then the district.

        Raises:
            SpecError: there is no RegionalHub of that name, or it cannot be read.
        """
        if site.hub is None:
            return (self.district,)
        body = hubs.get(site.hub)
        if body is None:
            raise errors.SpecError(
                f"school {site.name} names RegionalHub {site.hub!r}, which does not exist: create it or correct spec.hub"
            )
        hub = regionalhubs.parse(body).spec.endpoints
        return (assignments.Endpoint("hub", hub.control, hub.bulk), self.district)
