"""Gathers what Kubernetes and the database know, and builds the status document from it."""

import asyncio
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from starlette import concurrency

from homeroom.district.app import documents, ports
from homeroom.district.database import assignments, reports, states, wave_sites
from homeroom.domain import assignments as domain_assignments
from homeroom.domain import conditions, digests
from homeroom.resources import modelreleases, objects, regionalhubs, rolloutwaves, schoolsites

ResourceT = TypeVar("ResourceT", bound=objects.Resource[Any, Any])


@dataclass(frozen=True, slots=True)
class Observed:
    """Everything that the document is built from, read at one moment.

    Attributes:
        states: what each school last said.
        assigned: newest published assignment of each school.
        wave_rows: where each school is in each wave.
        hub_contacts: when each hub last spoke.
        reports: stored reports.
    """

    releases: tuple[modelreleases.ModelRelease, ...]
    waves: tuple[rolloutwaves.RolloutWave, ...]
    sites: tuple[schoolsites.SchoolSite, ...]
    hubs: tuple[regionalhubs.RegionalHub, ...]
    states: Mapping[domain_assignments.SiteId, states.StateRow]
    assigned: Mapping[domain_assignments.SiteId, domain_assignments.Assignment]
    wave_rows: Mapping[str, tuple[wave_sites.WaveSiteRow, ...]]
    hub_contacts: Mapping[str, datetime]
    reports: int


async def gather_status(found: ports.Ports) -> Observed:
    """What is known now."""
    cluster = found.clusters.own()
    kinds = (modelreleases.KIND, rolloutwaves.KIND, schoolsites.KIND, regionalhubs.KIND)
    releases, waves, sites, hubs = await asyncio.gather(*(cluster.list(kind) for kind in kinds))

    def read() -> Observed:
        with found.database.read() as connection:
            return Observed(
                releases=tuple(map(modelreleases.parse, releases)),
                waves=tuple(map(rolloutwaves.parse, waves)),
                sites=tuple(map(schoolsites.parse, sites)),
                hubs=tuple(map(regionalhubs.parse, hubs)),
                states=states.every(connection),
                assigned=assignments.every_latest(connection),
                wave_rows=wave_sites.every(connection),
                hub_contacts=dict(found.hubs.last),
                reports=reports.count(connection),
            )

    return await concurrency.run_in_threadpool(read)


def build_status(observed: Observed, now: datetime, offline_after: timedelta) -> documents.Status:
    """The document; the same for the same observation and moment."""
    schools = tuple(
        build_school(
            site,
            observed.states.get(domain_assignments.SiteId(site.spec.site_id)),
            observed.assigned.get(domain_assignments.SiteId(site.spec.site_id)),
            now,
            offline_after,
        )
        for site in _by_name(observed.sites)
    )
    answering = Counter(release for school in schools for release in {s.release for s in school.serving if s.release})
    names = {site.spec.site_id: site.name for site in observed.sites}
    return documents.Status(
        generated_at=now,
        offline_after_seconds=offline_after.total_seconds(),
        summary=_summary(schools),
        releases=tuple(_release(release, answering) for release in _by_name(observed.releases)),
        waves=tuple(_wave(wave, observed.wave_rows.get(wave.name, ()), names) for wave in _in_order(observed.waves)),
        schools=schools,
        hubs=tuple(_hub(hub, observed, now, offline_after) for hub in _by_name(observed.hubs)),
        reports_applied=observed.reports,
    )


def build_school(
    site: schoolsites.SchoolSite,
    state: states.StateRow | None,
    assigned: domain_assignments.Assignment | None,
    now: datetime,
    offline_after: timedelta,
) -> documents.School:
    """One school; it is offline when its last sign of life is more than ``offline_after`` ago."""
    online = state is not None and now - state.last_report_at <= offline_after
    first = state.serving[0] if state is not None and state.serving else None
    time = site.status.school_time
    return documents.School(
        name=site.name,
        display_name=site.spec.display_name,
        region=site.spec.region,
        hub=site.spec.hub,
        state=_school_state(state, assigned, online=online),
        online=online,
        last_heard=None if state is None else state.last_report_at,
        offline_since=None if state is None or online else state.last_report_at,
        release=None if first is None or first.release is None else digests.short(digests.Digest(first.release)),
        level=None if first is None else first.level,
        serving=() if state is None else tuple(map(_serving, state.serving)),
        assigned_version=0 if assigned is None else assigned.version,
        assignment_version=0 if state is None else state.assignment_version,
        refused=None if state is None else state.refused,
        answers=0 if state is None else state.answers,
        phase=None if time is None or time.phase is None else time.phase.value,
    )


def _school_state(
    state: states.StateRow | None, assigned: domain_assignments.Assignment | None, *, online: bool
) -> documents.SchoolState:
    """What matters most first: nothing else is known of a school that is not heard."""
    if state is None:
        return documents.SchoolState.NEVER_HEARD
    if not online:
        return documents.SchoolState.OFFLINE
    if state.refused is not None:
        return documents.SchoolState.REFUSED
    if assigned is None or not assigned.entries:
        return documents.SchoolState.WAITING
    return _serving_state(state, assigned)


def _serving_state(state: states.StateRow, assigned: domain_assignments.Assignment) -> documents.SchoolState:
    if state.assignment_version < assigned.version or not _has_assigned(state, assigned):
        return documents.SchoolState.INSTALLING
    levels = {serving.level for serving in state.serving}
    if "none" in levels:
        return documents.SchoolState.NO_SUGGESTION
    return documents.SchoolState.SERVING if levels == {"full"} else documents.SchoolState.REDUCED


def _has_assigned(state: states.StateRow, assigned: domain_assignments.Assignment) -> bool:
    """Whether the school says something about everything that it was assigned."""
    said = {(serving.purpose, serving.band) for serving in state.serving}
    return all(entry.key in said for entry in assigned.entries)


def _summary(schools: tuple[documents.School, ...]) -> documents.Summary:
    states_ = Counter(school.state for school in schools)
    return documents.Summary(
        schools=len(schools),
        online=sum(school.online for school in schools),
        offline=states_[documents.SchoolState.OFFLINE],
        never_heard=states_[documents.SchoolState.NEVER_HEARD],
        as_assigned=states_[documents.SchoolState.SERVING],
        reduced=states_[documents.SchoolState.REDUCED],
        attention=states_[documents.SchoolState.REFUSED] + states_[documents.SchoolState.NO_SUGGESTION],
    )


def _release(release: modelreleases.ModelRelease, answering: Counter[str]) -> documents.Release:
    spec, status = release.spec, release.status
    found = tuple(condition.to_domain() for condition in status.conditions)
    return documents.Release(
        name=release.name,
        model=spec.model.name,
        version=spec.model.version,
        purpose=spec.purpose.value,
        bands=tuple(band.value for band in spec.bands),
        phase=status.phase or "Submitted",
        message=status.message or "",
        ready=conditions.is_true(found, modelreleases.READY.name),
        created_at=release.metadata.creation_timestamp,
        release_digest=status.release_digest,
        gate_report_digest=status.gate_report_digest,
        authors=status.authors or (spec.author,),
        approved_by=status.approved_by,
        conditions=tuple(map(_condition, found)),
        verdicts=tuple(
            documents.Verdict(gate=v.gate, subject=v.subject, outcome=v.outcome.value, sentence=v.sentence)
            for v in status.verdicts
        ),
        schools=answering[status.release_digest] if status.release_digest else 0,
    )


def _wave(
    wave: rolloutwaves.RolloutWave, rows: tuple[wave_sites.WaveSiteRow, ...], names: Mapping[str, str]
) -> documents.Wave:
    spec, status = wave.spec, wave.status
    found = tuple(condition.to_domain() for condition in status.conditions)
    counts = status.counts.model_dump() if status.counts else {}
    schools = (
        documents.WaveSchool(name=names.get(row.site_id, row.site_id), state=row.state, reason=row.reason)
        for row in rows
    )
    return documents.Wave(
        name=wave.name,
        release=spec.release_ref.name,
        selection=_selection(spec.schools),
        after=spec.after,
        phase=status.phase or "Submitted",
        message=status.message or "",
        paused=spec.paused,
        rollback=spec.rollback,
        halted=conditions.is_true(found, rolloutwaves.HALTED.name),
        complete=conditions.is_true(found, rolloutwaves.COMPLETE.name),
        started_at=status.started_at,
        counts=documents.Counts(**counts),
        schools=tuple(sorted(schools, key=lambda school: school.name)),
    )


def _selection(schools: rolloutwaves.Schools) -> str:
    if schools.pilot is not None:
        return f"{schools.pilot.count} pilot schools of every kind"
    if schools.region is not None:
        return f"schools in region {schools.region}"
    if schools.names is not None:
        return f"{len(schools.names)} named schools"
    return "all remaining schools"


def _hub(hub: regionalhubs.RegionalHub, observed: Observed, now: datetime, offline_after: timedelta) -> documents.Hub:
    last = observed.hub_contacts.get(hub.name)
    return documents.Hub(
        name=hub.name,
        region=hub.spec.region,
        schools=sum(site.spec.hub == hub.name for site in observed.sites),
        online=last is not None and now - last <= offline_after,
        last_contact=last,
    )


def _condition(condition: conditions.Condition) -> documents.Condition:
    return documents.Condition(
        type=condition.type, status=condition.status.value, reason=condition.reason, message=condition.message
    )


def _serving(serving: states.Serving) -> documents.Serving:
    return documents.Serving(purpose=serving.purpose, band=serving.band, release=serving.release, level=serving.level)


def _by_name(resources: tuple[ResourceT, ...]) -> list[ResourceT]:
    return sorted(resources, key=lambda resource: resource.name)


def _in_order(waves: tuple[rolloutwaves.RolloutWave, ...]) -> list[rolloutwaves.RolloutWave]:
    """As they run: by depth of ``after``, then by name; a loop, which the operator refuses, ends at its length."""
    after = {wave.name: wave.spec.after for wave in waves}

    def depth(name: str) -> int:
        steps, before = 0, after.get(name)
        while before is not None and steps < len(after):
            steps, before = steps + 1, after.get(before)
        return steps

    return sorted(waves, key=lambda wave: (depth(wave.name), wave.name))
