"""What a hub fetches next, and which assignments its schools may see."""

from collections import Counter
from dataclasses import dataclass

from homeroom.domain import assignments, digests


@dataclass(frozen=True, slots=True, order=True)
class Release:
    """One release, where every registry keeps it."""

    repository: str
    digest: digests.Digest


@dataclass(frozen=True, slots=True)
class HeldBundle:
    """One version of one school's assignment that lies at the hub.

    Attributes:
        site_id: whose.
        version: which.
        available: whether the school may see it now.
        required: releases that it tells the school to run.
        useful: releases that it names to fall back to; a school that has lost them can go on without.
    """

    site_id: assignments.SiteId
    version: int
    available: bool
    required: frozenset[Release]
    useful: frozenset[Release] = frozenset()


@dataclass(frozen=True, slots=True)
class PrefetchDecision:
    """What to do about the releases that assignments name.

    Attributes:
        fetch: not in the registry yet, the one that most schools wait for first.
        needed: how many of ``fetch``, from the front, some school waits for; the rest is only useful.
        offer: (site, version) that schools may see from now on.
        withdraw: (site, version) that schools may no longer see, because the registry has lost a release.
    """

    fetch: tuple[Release, ...] = ()
    needed: int = 0
    offer: tuple[tuple[assignments.SiteId, int], ...] = ()
    withdraw: tuple[tuple[assignments.SiteId, int], ...] = ()


def releases_of(assignment: assignments.Assignment) -> tuple[frozenset[Release], frozenset[Release]]:
    """The releases that ``assignment`` tells a school to run, and those that it names only to fall back to."""
    required = frozenset(Release(entry.repository, entry.release) for entry in assignment.entries)
    named = frozenset(
        Release(entry.repository, entry.previous) for entry in assignment.entries if entry.previous is not None
    )
    return required, named - required


def decide_prefetch(held: tuple[HeldBundle, ...], present: frozenset[Release]) -> PrefetchDecision:
    """What to fetch and what to offer.

    A school may see a version only when the hub has every release that it must run: a school that hears of a release
    first would ask for blobs that are not there, and fall back to the district's line, which the hub is there to spare.

    Args:
        held: every version that lies at the hub.
        present: releases that the hub's registry holds completely.
    """
    waits = Counter(release for bundle in held for release in bundle.required - present)
    useful = {release for bundle in held for release in bundle.useful} - present - set(waits)
    first = sorted(waits, key=lambda release: (-waits[release], release))
    return PrefetchDecision(
        fetch=(*first, *sorted(useful)),
        needed=len(first),
        offer=tuple((b.site_id, b.version) for b in held if not b.available and b.required <= present),
        withdraw=tuple((b.site_id, b.version) for b in held if b.available and not b.required <= present),
    )


def missing_bytes(*, cached_bytes: int, release_bytes: int, limit_bytes: int) -> int:
    """How much room is missing for a release; 0 when it fits, exactly filling included.

    Args:
        cached_bytes: what the registry holds.
        release_bytes: what the release would add: blobs that are there already do not count.
        limit_bytes: what the registry may hold.

    Example: 60 held, 50 to add, 100 allowed gives 10.
    """
    return max(0, cached_bytes + release_bytes - limit_bytes)
