"""The one task for the many SchoolSites: mirrors them into the database, tells them moved endpoints, writes transitions.

There is no Kopf handler for SchoolSite: an index or timer on thousands of objects costs minutes at every start.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import structlog

from homeroom.district import database, publishing
from homeroom.district.database import assignments as published
from homeroom.district.database import closures as closure_rows
from homeroom.district.database import sites as site_rows
from homeroom.district.database import states
from homeroom.district.operator import calendars, calendarsweep, closures, metrics, schools, statuses, world
from homeroom.domain import assignments, errors, reachability, schoolclosures, sites
from homeroom.resources import schoolsites

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Rows:
    """What the database holds of schools, as of one moment."""

    sites: Mapping[assignments.SiteId, site_rows.SiteRow]
    states: Mapping[assignments.SiteId, states.StateRow]
    told: Mapping[assignments.SiteId, assignments.Assignment]


class Sweep:
    """Compares every SchoolSite with the database.

    Args:
        look: the objects as of now.
        kube: takes statuses.
        rows: the district database.
        publisher: tells schools new endpoints.
        offline_after: a school that was silent for longer is out of reach.
        counts: where publications are counted.
        clock: aware current time.
    """

    def __init__(
        self,
        *,
        look: Callable[[], world.World],
        kube: statuses.StatusWriter,
        rows: database.Database,
        publisher: publishing.Publisher,
        offline_after: timedelta,
        counts: metrics.Metrics,
        clock: Callable[[], datetime],
    ) -> None:
        self._look = look
        self._kube = kube
        self._rows = rows
        self._publisher = publisher
        self._offline_after = offline_after
        self._counts = counts
        self._clock = clock
        self._worked = calendars.Worked()

    async def once(self) -> int:
        """One sweep; how many things were written.

        Raises:
            Unavailable: the database or the API server does not answer.
            Refused, NotReady: another operator writes now.
        """
        seen = self._look()
        known = seen.site_models()
        written = await asyncio.to_thread(self._mirror, known)
        written += await asyncio.to_thread(self._move, known, seen)
        rows = await asyncio.to_thread(self._read)
        times = await asyncio.to_thread(self._school_times, known, seen.calendars)
        for site, time in zip(known, times, strict=True):
            written += await self._show(site, seen.sites[site.name], rows, time)
        return written + await calendarsweep.once(self._kube, seen.calendars, self._clock())

    def _read(self) -> Rows:
        with self._rows.read() as connection:
            return Rows(
                sites={row.site_id: row for row in site_rows.every(connection)},
                states=states.every(connection),
                told=published.every_latest(connection),
            )

    def _school_times(
        self, known: tuple[schoolsites.SchoolSite, ...], bodies: world.Objects
    ) -> list[closures.SchoolTime]:
        """School time of each of ``known``; off the event loop, since a day of a calendar takes milliseconds."""
        now, found = self._clock(), calendars.Calendars(bodies, self._worked)
        with self._rows.read() as connection:
            said = closure_rows.since(connection, now.date() - schoolclosures.REMEMBERED)
        times = [closures.decide(site, said.get(site.site_id, ()), found, now) for site in known]
        self._worked = found.worked
        return times

    def _mirror(self, known: tuple[schoolsites.SchoolSite, ...]) -> int:
        """Makes the table of schools say what the objects say."""
        wanted = {site.site_id: schools.to_row(site) for site in known}
        stored = self._read().sites
        changed = [row for site_id, row in wanted.items() if stored.get(site_id) != row]
        # Removing a school drops its state, so an empty list from a broken watch must not empty the table.
        gone = [site_id for site_id in stored if site_id not in wanted] if wanted else []
        if not changed and not gone:
            return 0
        with self._rows.write() as connection:
            for site_id in gone:
                site_rows.remove(connection, site_id)
            for row in changed:
                site_rows.upsert(connection, row)
        _log.info("schools_mirrored", changed=len(changed), removed=len(gone))
        return len(changed) + len(gone)

    def _move(self, known: tuple[schoolsites.SchoolSite, ...], seen: world.World) -> int:
        """Tells schools whose hub moved, or is another one now, where to go."""
        told, moved, resolved = self._read().told, 0, calendars.Calendars(seen.calendars)
        for site in known:
            latest = told.get(site.site_id)
            if latest is not None and self._moved(schools.to_domain(site, resolved), latest, seen):
                moved += 1
        return moved

    def _moved(self, site: sites.Site, latest: assignments.Assignment, seen: world.World) -> bool:
        try:
            endpoints = self._publisher.endpoints(site, seen.hubs)
        except errors.SpecError:
            return False  # the wave says which hub is missing; until then the school keeps what it has
        if endpoints == latest.endpoints:
            return False
        with self._rows.write() as connection:
            newest = published.latest(connection, site.site_id)
            entries = latest.entries if newest is None else newest[1].entries
            self._publisher.publish(connection, site.site_id, entries, endpoints)
        self._counts.published.inc()
        return True

    async def _show(
        self, site: schoolsites.SchoolSite, body: Mapping[str, Any], rows: Rows, time: closures.SchoolTime
    ) -> bool:
        now, state = self._clock(), rows.states.get(site.site_id)
        observed = _observed(site, state, rows.told.get(site.site_id))
        decided = (*reachability.decide_site(observed, self._offline_after, now), *time.conditions())
        fields = {**_fields(decided, state), **time.fields()}
        try:
            return await statuses.write_changed(self._kube, schoolsites.KIND, body, decided, fields, now)
        except errors.NotReady:
            return False  # somebody changed the object meanwhile; the next sweep sees it
        except errors.SpecError as exc:
            # One school must not keep the others from being shown. No message: it may quote words of the school's office.
            _log.warning("status_refused", kind=schoolsites.KIND.kind, name=site.name, error=type(exc).__name__)
            return False


def _observed(
    site: schoolsites.SchoolSite, state: states.StateRow | None, told: assignments.Assignment | None
) -> reachability.ObservedSite:
    return reachability.ObservedSite(
        epoch=site.spec.epoch,
        reported_at=None if state is None else state.last_report_at,
        reported_epoch=0 if state is None else state.status_epoch,
        assigned={} if told is None else {entry.key: entry.release for entry in told.entries},
        served=()
        if state is None
        else tuple(reachability.Served(s.purpose, s.band, s.release, s.healthy) for s in state.serving),
        refused=None if state is None else state.refused,
    )


def _fields(decided: tuple[Any, ...], state: states.StateRow | None) -> dict[str, Any]:
    reachable = decided[0]
    silent = reachable.reason == reachability.Reason.SILENT
    serving = () if state is None else state.serving
    return {
        "message": next((c.message for c in decided if c.message), None),
        "offlineSince": statuses.moment(state.last_report_at) if silent and state is not None else None,
        "serving": [_served(s) for s in serving],
        "assignmentVersion": None if state is None else state.assignment_version,
    }


def _served(serving: states.Serving) -> dict[str, Any]:
    shown = {"purpose": serving.purpose, "band": serving.band, "level": serving.level}
    return shown if serving.release is None else {**shown, "releaseDigest": serving.release}
