"""What one RolloutWave means at the moment: its schools, its release, and what is in its way."""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from homeroom.district import publishing
from homeroom.district.database import states
from homeroom.district.operator import calendars, schools, world
from homeroom.domain import (
    assignments,
    conditions,
    conflicts,
    digests,
    entries,
    errors,
    pilotlimits,
    readiness,
    selections,
    sites,
    slots,
    waveconditions,
    waves,
)
from homeroom.kube import conditions as kube_conditions
from homeroom.resources import modelreleases, rolloutwaves

Slots = Mapping[str, tuple[slots.Slot, ...]]
_REASON = waveconditions.Reason
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class WavePlan:
    """One wave, resolved.

    Attributes:
        name: of the wave.
        plan: limits and wishes of its spec.
        offer: what schools get; None while the release is not packaged, or gone.
        slots: remembered ones, or fresh ones for the schools that would be taken today.
        by_id: schools of ``slots`` that still exist.
        invalid: the first thing that is wrong.
        waiting: the wave that it waits for.
        complete: as its status says.
        planned: its schools are fixed, because it has started.
    """

    name: str
    plan: waves.Plan
    offer: entries.Offer | None
    slots: tuple[slots.Slot, ...]
    by_id: Mapping[assignments.SiteId, sites.Site]
    invalid: waveconditions.Obstacle | None
    waiting: waveconditions.Obstacle | None
    complete: bool
    planned: bool

    @property
    def selection_digest(self) -> digests.Digest:
        """Of the sorted ids of its schools."""
        return digests.of_json(sorted(slot.site_id for slot in self.slots))

    def is_served_by(self, site: sites.Site, state: states.StateRow | None) -> bool:
        """Whether that school serves the release well."""
        return self.offer is not None and schools.serves(state, self.offer, site.teaches(self.offer.bands))

    def is_told(self, site: sites.Site, told: assignments.Assignment | None) -> bool:
        """Whether that school's newest assignment names the release."""
        if self.offer is None or told is None:
            return False
        return entries.names_release(told.entries, self.offer, site.teaches(self.offer.bands))

    def endpoints(
        self,
        publisher: publishing.Publisher,
        site: sites.Site,
        latest: tuple[int, assignments.Assignment] | None,
        seen: world.World,
    ) -> tuple[assignments.Endpoint, ...]:
        """Where the school talks to; what it was told before when its hub is gone meanwhile (a rollback goes on)."""
        try:
            return publisher.endpoints(site, seen.hubs)
        except errors.SpecError:
            if latest is None:
                raise
            return latest[1].endpoints


def build(wave: rolloutwaves.RolloutWave, seen: world.World, remembered: Slots) -> WavePlan:
    """``wave`` among everything else."""
    every = known_sites(seen)
    resolved = {name: _resolve(other, seen, remembered, every) for name, other in _waves(seen).items()}
    found = resolved[wave.name]
    by_id = {site.site_id: site for site in every}
    return WavePlan(
        name=wave.name,
        plan=to_plan(wave.spec),
        offer=found.offer,
        slots=found.slots,
        by_id={slot.site_id: by_id[slot.site_id] for slot in found.slots if slot.site_id in by_id},
        invalid=_invalid(found, seen, resolved, by_id),
        waiting=_waiting(wave, resolved),
        complete=found.complete,
        planned=found.started,
    )


def known_sites(seen: world.World) -> tuple[sites.Site, ...]:
    """Every school that can be read; one without a usable calendar has no school day, and its status says so."""
    found = calendars.Calendars(seen.calendars)
    return tuple(schools.to_domain(site, found) for site in seen.site_models())


def to_plan(spec: rolloutwaves.Spec) -> waves.Plan:
    """Limits and wishes as decisions see them."""
    return waves.Plan(
        pace=slots.Pace(
            start_within=spec.start_within,
            progress_deadline=spec.progress_deadline,
            soak=slots.Soak(duration=spec.required_soak.duration, school_days=spec.required_soak.school_days),
        ),
        max_concurrency=spec.max_concurrency,
        max_failures=spec.max_failures,
        paused=spec.paused,
        rollback=spec.rollback,
    )


def to_selector(given: rolloutwaves.Schools) -> selections.Selector:
    """Which schools, as decisions see it."""
    return selections.Selector(
        pilot_count=None if given.pilot is None else given.pilot.count,
        region=given.region,
        names=tuple(given.names or ()),
        remaining=bool(given.remaining),
    )


def to_offer(release: modelreleases.ModelRelease, wave: str) -> entries.Offer | None:
    """What schools get; None before the release is packaged."""
    status, spec = release.status, release.spec
    if status.release_digest is None or status.repository is None:
        return None
    return entries.Offer(
        release=digests.parse(status.release_digest),
        repository=status.repository,
        purpose=spec.purpose.value,
        bands=tuple(band.value for band in spec.bands),
        parameters=tuple(assignments.Parameter(p.name, p.default, p.minimum, p.maximum) for p in spec.parameters),
        wave=wave,
    )


@dataclass(frozen=True, slots=True)
class _Resolved:
    wave: rolloutwaves.RolloutWave
    release: modelreleases.ModelRelease | None
    ready: waveconditions.Obstacle | None
    restricted: str
    offer: entries.Offer | None
    slots: tuple[slots.Slot, ...]
    started: bool
    selection: selections.Selection | None
    complete: bool
    ended: bool


def _waves(seen: world.World) -> dict[str, rolloutwaves.RolloutWave]:
    found = {}
    for name, body in sorted(seen.waves.items()):
        try:
            found[name] = rolloutwaves.parse(body)
        except errors.SpecError:
            continue
    return found


def _resolve(
    wave: rolloutwaves.RolloutWave, seen: world.World, remembered: Slots, every: tuple[sites.Site, ...]
) -> _Resolved:
    release, ready = _release(wave, seen)
    kept = remembered.get(wave.name, ())
    complete = any(c.type == "Complete" and c.status.value == "True" for c in wave.status.conditions)
    selection = None
    if not kept and release is not None and not complete:
        done = _done(wave, remembered, seen)
        bands = tuple(band.value for band in release.spec.bands)
        selection = selections.decide_selection(to_selector(wave.spec.schools), every, bands=bands, done=done)
        fresh = tuple(slots.Slot(site.site_id) for site in selection.schools)
    return _Resolved(
        wave=wave,
        release=release,
        ready=ready,
        restricted=_restriction(wave, seen),
        offer=None if release is None else to_offer(release, wave.name),
        slots=_by_name(kept, every) if selection is None else fresh,
        started=bool(kept),
        selection=selection,
        complete=complete,
        ended=complete or (wave.spec.rollback and all(slot.state not in slots.HOLDING for slot in kept)),
    )


def _by_name(kept: tuple[slots.Slot, ...], every: tuple[sites.Site, ...]) -> tuple[slots.Slot, ...]:
    names = {site.site_id: site.name for site in every}
    return tuple(sorted(kept, key=lambda slot: names.get(slot.site_id, slot.site_id)))


def _release(
    wave: rolloutwaves.RolloutWave, seen: world.World
) -> tuple[modelreleases.ModelRelease | None, waveconditions.Obstacle | None]:
    name = wave.spec.release_ref.name
    body = seen.releases.get(name)
    if body is None:
        return None, waveconditions.Obstacle(
            _REASON.RELEASE_NOT_FOUND, f"there is no ModelRelease {name!r}: create it, or a wave that names another"
        )
    try:
        release = modelreleases.parse(body)
        is_ready = conditions.is_true(kube_conditions.parse(body), "Ready")
    except errors.SpecError as exc:
        return None, waveconditions.Obstacle(_REASON.RELEASE_NOT_FOUND, f"ModelRelease {name!r} cannot be read: {exc}")
    if is_ready:
        return release, None
    why = release.status.message or "nobody has looked at it yet"
    return release, waveconditions.Obstacle(_REASON.RELEASE_NOT_READY, f"release {name} is not ready: {why}")


def _done(wave: rolloutwaves.RolloutWave, remembered: Slots, seen: world.World) -> frozenset[assignments.SiteId]:
    """Schools that finished in another wave of the same release, and were not taken back."""
    name = wave.spec.release_ref.name
    others = [other for other in _waves(seen).values() if other.spec.release_ref.name == name]
    return frozenset(
        slot.site_id
        for other in others
        if other.name != wave.name
        for slot in remembered.get(other.name, ())
        if slot.state is slots.State.DONE
    )


def _invalid(
    found: _Resolved,
    seen: world.World,
    resolved: Mapping[str, _Resolved],
    by_id: Mapping[assignments.SiteId, sites.Site],
) -> waveconditions.Obstacle | None:
    checks = (
        _after_is_wrong(found, resolved),
        None if found.complete else found.ready,
        _selection_is_wrong(found),
        _is_no_pilot(found, resolved, by_id),
        _conflict(found, resolved, by_id),
        _hub_is_missing(found, seen, by_id),
    )
    return next((check for check in checks if check is not None), None)


def _after_is_wrong(found: _Resolved, resolved: Mapping[str, _Resolved]) -> waveconditions.Obstacle | None:
    seen, name = {found.wave.name}, found.wave.spec.after
    if name is not None and name not in resolved:
        return waveconditions.Obstacle(
            _REASON.AFTER_NOT_FOUND, f"there is no RolloutWave {name!r}: create it or correct spec.after"
        )
    while name is not None and name in resolved:
        if name in seen:
            return waveconditions.Obstacle(
                _REASON.AFTER_LOOPS, f"spec.after leads back to {name!r}: let one of these waves start first"
            )
        seen.add(name)
        name = resolved[name].wave.spec.after
    return None


def _selection_is_wrong(found: _Resolved) -> waveconditions.Obstacle | None:
    if found.selection is None:
        return None
    if found.selection.unknown:
        return waveconditions.Obstacle(
            _REASON.SITE_NOT_FOUND, f"there is no SchoolSite {', '.join(found.selection.unknown)}: correct the names"
        )
    if not found.selection.matched:
        return waveconditions.Obstacle(
            _REASON.NO_SCHOOLS, "no school matches spec.schools and teaches a band of the release: create another wave"
        )
    return None


def _restriction(wave: rolloutwaves.RolloutWave, seen: world.World) -> str:
    """What the release says when it may go to pilots only; empty when it may go anywhere."""
    body = seen.releases.get(wave.spec.release_ref.name)
    if body is None:
        return ""
    with contextlib.suppress(errors.SpecError):  # ``_release`` says what cannot be read
        gates = conditions.find(kube_conditions.parse(body), "GatesPassed")
        if gates is not None and gates.reason == readiness.Reason.WAIVED:
            return gates.message
    return ""


def _is_no_pilot(
    found: _Resolved, resolved: Mapping[str, _Resolved], by_id: Mapping[assignments.SiteId, sites.Site]
) -> waveconditions.Obstacle | None:
    if not found.restricted or found.release is None or found.complete:
        return None
    name, bands = found.release.name, tuple(band.value for band in found.release.spec.bands)
    others = [o for o in resolved.values() if o.wave.name != found.wave.name and o.wave.spec.release_ref.name == name]
    return pilotlimits.decide_pilot(
        pilotlimits.Asked(
            release=name,
            selector=to_selector(found.wave.spec.schools),
            schools=frozenset(slot.site_id for slot in found.slots),
            told=frozenset(slot.site_id for other in others for slot in other.slots if _has(slot)),
            teaching=sum(bool(site.teaches(bands)) for site in by_id.values()),
            restricted=found.restricted,
        )
    )


def _has(slot: slots.Slot) -> bool:
    """Whether that school was told the release and not told to go back."""
    return slot.assigned_at is not None and slot.state is not slots.State.ROLLED_BACK


def _hub_is_missing(
    found: _Resolved, seen: world.World, by_id: Mapping[assignments.SiteId, sites.Site]
) -> waveconditions.Obstacle | None:
    if found.complete:
        return None
    of_wave = [by_id[slot.site_id] for slot in found.slots if slot.site_id in by_id]
    missing = sorted({site.hub for site in of_wave if site.hub is not None and site.hub not in seen.hubs})
    if not missing:
        return None
    named = next(site.name for site in of_wave if site.hub == missing[0])
    return waveconditions.Obstacle(
        _REASON.HUB_NOT_FOUND,
        f"there is no RegionalHub {', '.join(missing)}: create it, or correct spec.hub of its schools, such as {named}",
    )


def _conflict(
    found: _Resolved, resolved: Mapping[str, _Resolved], by_id: Mapping[assignments.SiteId, sites.Site]
) -> waveconditions.Obstacle | None:
    if found.ended:
        return None
    claims = [_claim(other, by_id) for other in resolved.values() if not other.ended and other.release is not None]
    other = conflicts.decide_conflicts(claims).get(found.wave.name)
    if other is None:
        return None
    return waveconditions.Obstacle(
        _REASON.CONFLICTING_WAVE,
        f"wave {other} is about some of the same schools and bands and goes first: let it complete, roll it back or "
        f"delete it, or set spec.after to {other} in a new wave",
    )


def _claim(found: _Resolved, by_id: Mapping[assignments.SiteId, sites.Site]) -> conflicts.Claim:
    offer_bands = () if found.release is None else tuple(band.value for band in found.release.spec.bands)
    purpose = "" if found.release is None else found.release.spec.purpose.value
    keys = frozenset(
        (slot.site_id, purpose, band)
        for slot in found.slots
        if slot.site_id in by_id
        for band in by_id[slot.site_id].teaches(offer_bands)
    )
    created = found.wave.metadata.creation_timestamp or _EPOCH
    return conflicts.Claim(found.wave.name, created, found.started, found.wave.spec.after, keys)


def _waiting(wave: rolloutwaves.RolloutWave, resolved: Mapping[str, _Resolved]) -> waveconditions.Obstacle | None:
    after = wave.spec.after
    if after is None or after not in resolved or resolved[after].complete:
        return None
    return waveconditions.Obstacle(_REASON.WAITING_FOR_WAVE, f"starts when wave {after} is complete")
