"""How the entries of one school change when a wave tells it something."""

from dataclasses import dataclass, replace
from datetime import datetime

from homeroom.domain import assignments, digests


@dataclass(frozen=True, slots=True)
class Offer:
    """A release as a wave gives it to schools.

    Attributes:
        release: its digest.
        repository: where it lies in every registry.
        purpose: what it is for.
        bands: of the release; a school gets those that it teaches.
        parameters: at their defaults, with the bounds of the release.
        wave: name of the wave.
    """

    release: digests.Digest
    repository: str
    purpose: str
    bands: tuple[str, ...]
    parameters: tuple[assignments.Parameter, ...]
    wave: str


Entries = tuple[assignments.Entry, ...]


def with_offer(current: Entries, offer: Offer, bands: tuple[str, ...], start_by: datetime) -> Entries:
    """``current`` with the release of ``offer`` in ``bands``; other purposes and bands stay as they are.

    What served before becomes ``previous``. Sorted by key, so that the same content gives the same bytes.
    """
    offered = {(offer.purpose, band): _entry(current, offer, band, start_by) for band in bands}
    kept = {entry.key: entry for entry in current if entry.key not in offered}
    return _sorted({**kept, **offered})


def restored(current: Entries, earlier: Entries, offer: Offer, start_by: datetime) -> Entries:
    """``current`` with what ``earlier`` had in place of the release of ``offer``; without an entry where it had none.

    Only entries that still name that release change.
    """
    undone = {entry.key for entry in current if entry.release == offer.release and entry.purpose == offer.purpose}
    before = {
        entry.key: replace(entry, start_by=start_by, wave=offer.wave)
        for entry in earlier
        if entry.key in undone and entry.release != offer.release
    }
    kept = {entry.key: entry for entry in current if entry.key not in undone}
    return _sorted({**kept, **before})


def names_release(current: Entries, offer: Offer, bands: tuple[str, ...]) -> bool:
    """Whether every one of ``bands`` is told that release; False for no bands."""
    told = {entry.band for entry in current if entry.release == offer.release and entry.purpose == offer.purpose}
    return bool(bands) and told.issuperset(bands)


def _entry(current: Entries, offer: Offer, band: str, start_by: datetime) -> assignments.Entry:
    before = next((entry for entry in current if entry.key == (offer.purpose, band)), None)
    return assignments.Entry(
        purpose=offer.purpose,
        band=band,
        release=offer.release,
        repository=offer.repository,
        start_by=start_by,
        wave=offer.wave,
        previous=_previous(before, offer.release),
        parameters=offer.parameters,
    )


def _previous(before: assignments.Entry | None, release: digests.Digest) -> digests.Digest | None:
    if before is None:
        return None
    return before.previous if before.release == release else before.release


def _sorted(by_key: dict[tuple[str, str], assignments.Entry]) -> Entries:
    return tuple(by_key[key] for key in sorted(by_key))
