"""Two waves must not tell one school two things: which of them waits."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from homeroom.domain import assignments


@dataclass(frozen=True, slots=True)
class Claim:
    """What one unfinished wave is about.

    Attributes:
        wave: its name.
        created_at: of the object.
        started: whether its schools are fixed already.
        after: the wave that it waits for; None for none.
        keys: (school, purpose, band) of everything that it may change.
    """

    wave: str
    created_at: datetime
    started: bool
    after: str | None
    keys: frozenset[tuple[assignments.SiteId, str, str]]

    @property
    def rank(self) -> tuple[bool, datetime, str]:
        """The smaller one goes first: started before not started, then the older, then by name."""
        return (not self.started, self.created_at, self.wave)


def decide_conflicts(claims: Iterable[Claim]) -> dict[str, str]:
    """For each wave that must wait, the wave that is in its way (the first by rank).

    Waves that follow one another by ``after`` are never in conflict: the later does nothing before the earlier is
    complete.
    """
    ordered = sorted(claims, key=lambda claim: claim.rank)
    by_name = {claim.wave: claim for claim in ordered}
    return {
        younger.wave: older.wave
        for index, younger in enumerate(ordered)
        for older in reversed(ordered[:index])
        if older.keys & younger.keys and not _follows(younger, older, by_name) and not _follows(older, younger, by_name)
    }


def _follows(claim: Claim, earlier: Claim, by_name: dict[str, Claim]) -> bool:
    """Whether ``claim`` waits for ``earlier``, directly or over others; a loop ends the search."""
    seen: set[str] = set()
    current: Claim | None = claim
    while current is not None and current.after is not None and current.after not in seen:
        if current.after == earlier.wave:
            return True
        seen.add(current.after)
        current = by_name.get(current.after)
    return False
