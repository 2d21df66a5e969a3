"""Everything of ours that the district's Kubernetes API holds, as of a moment ago."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

from homeroom.domain import errors
from homeroom.kube import cache, client
from homeroom.resources import (
    academiccalendars,
    gatepolicies,
    modelreleases,
    regionalhubs,
    releaseapprovals,
    rolloutwaves,
    schoolsites,
)

Objects = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class World:
    """One look at all objects, by kind and name.

    An object that does not fit this version's model is left out here; its own pass says what is wrong with it.
    """

    releases: Objects
    policies: Objects
    approvals: Objects
    waves: Objects
    sites: Objects
    hubs: Objects
    calendars: Objects

    def site_models(self) -> tuple[schoolsites.SchoolSite, ...]:
        """Every readable SchoolSite, by name."""
        found = []
        for _, body in sorted(self.sites.items()):
            with contextlib.suppress(errors.SpecError):
                found.append(schoolsites.parse(body))
        return tuple(found)

    def policy(self, name: str) -> gatepolicies.GatePolicy | None:
        """That policy, if there is one that can be read."""
        body = self.policies.get(name)
        with contextlib.suppress(errors.SpecError):
            return None if body is None else gatepolicies.parse(body)
        return None

    def approvals_of(self, release: str) -> tuple[releaseapprovals.ReleaseApproval, ...]:
        """Every readable decision that names that release, by name."""
        found = []
        for _, body in sorted(self.approvals.items()):
            with contextlib.suppress(errors.SpecError):
                approval = releaseapprovals.parse(body)
                if approval.spec.release_ref.name == release:
                    found.append(approval)
        return tuple(found)


class Caches:
    """The watch caches behind ``World``."""

    KINDS = (
        modelreleases.KIND,
        gatepolicies.KIND,
        releaseapprovals.KIND,
        rolloutwaves.KIND,
        schoolsites.KIND,
        regionalhubs.KIND,
        academiccalendars.KIND,
    )

    def __init__(self, caches: tuple[cache.WatchCache, ...]) -> None:
        self._caches = caches

    @classmethod
    @contextlib.asynccontextmanager
    async def following(cls, kube: client.Kubernetes) -> "AsyncIterator[Caches]":
        """Caches that have seen everything once, kept up to date while the block runs.

        Raises:
            Unavailable: the API server did not list everything in time.
        """
        async with contextlib.AsyncExitStack() as stack:
            caches = [await stack.enter_async_context(cache.WatchCache(kube, kind)) for kind in cls.KINDS]
            for one in caches:
                await one.wait_synced()
            yield cls(tuple(caches))

    def world(self) -> World:
        """All objects as of now."""
        return World(*(one.items() for one in self._caches))
