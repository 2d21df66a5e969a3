"""Numbers of groups that differ from those of an earlier report by a few pupils: these would be told by subtracting."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from homeroom.gates.groups import places
from homeroom.gates.groups.places import Counted, Draft, Place, Publication, Space
from homeroom.stats import clusters, suppressions


@dataclass(frozen=True, slots=True)
class Change:
    """By how much a number differs from the one of earlier reports.

    Attributes:
        counted: which pupils it counts.
        whole: the place that it is about.
        without: groups that are taken out of that place.
        pupils: the difference.
        certain: whether it follows also for who does not know that no other values occur.
    """

    counted: Counted
    whole: Place
    without: tuple[Place, ...]
    pupils: float
    certain: bool

    @property
    def is_everybody(self) -> bool:
        """Whether it is about all pupils of some bands."""
        return not self.whole.members and not self.without

    def is_in(self, space: Space) -> bool:
        """Whether that space has the cells that it counts."""
        return all(space.holds(place) for place in (self.whole, *self.without))

    def cells(self, space: Space) -> clusters.FloatArray:
        """The cells that it counts; shape (a,)."""
        return np.asarray(space.vector(self.whole) - sum(space.vector(place) for place in self.without))


def by_few(draft: Draft, other: Publication) -> list[Change]:
    """Changes by few pupils.

    Where many came and many left, a few more or fewer are nobody that one could know. So there is none where numbers rose by
    many in one place and fell by many in another, and none of a place of which a part changed by many.
    """
    mixed = {counted: _many_came_and_left(draft, other, counted) for counted in Counted}
    if mixed[Counted.ALL]:
        return []
    few: list[Change] = []
    for space in places.spaces_of(draft, [other]):
        changes = _changes(draft, other, space)
        many = [change for change in changes if change.certain and abs(change.pupils) >= draft.minimum(change.whole)]
        parts = [(change.counted, change.cells(space)) for change in many]
        few += [
            change
            for change in changes
            if 0 < abs(change.pupils) < draft.minimum(change.whole)
            and not mixed[change.counted]
            and not _has_part(change, change.cells(space), parts)
        ]
    return few


def _has_part(change: Change, cells: clusters.FloatArray, parts: list[tuple[Counted, clusters.FloatArray]]) -> bool:
    """Whether one of ``parts`` lies within the cells of a change, and among the pupils that it counts."""
    inside = {counted for counted, part in parts if (part <= cells).all()}
    return change.counted in inside or (change.counted is Counted.ALL and bool(inside))


def _many_came_and_left(draft: Draft, other: Publication, counted: Counted) -> bool:
    """Whether some numbers rose by many pupils and others fell by as many."""
    changes = [
        (draft.counts[kind, place] - rows) / draft.minimum(place)
        for (kind, place), rows in other.told.items()
        if kind in (counted, Counted.ALL) and (kind, place) in draft.counts
    ]
    return max(changes, default=0.0) >= 1 and min(changes, default=0.0) <= -1


def _changes(draft: Draft, other: Publication, space: Space) -> list[Change]:
    """Every difference that both reports together would tell."""
    # Who takes the values that reports name for all that there are knows more, where the earlier numbers bear that out.
    every, named = space.ones(), space.ones() - space.unnamed()
    shown, numbers = _told(other, space, Counted.ALL)
    bears_out = bool((shown == every).all(axis=1).any()) and suppressions.consistent(shown * named, numbers)
    return [
        change
        for counted in Counted
        for possible in ([every, named] if bears_out else [every])
        for change in _changes_of(counted, draft, other, space, possible)
    ]


def _told(other: Publication, space: Space, counted: Counted) -> tuple[clusters.FloatArray, clusters.FloatArray]:
    told = [(place, rows) for (kind, place), rows in other.told.items() if kind is counted and space.holds(place)]
    return space.vectors([place for place, _ in told]), np.array([rows for _, rows in told])


def _changes_of(
    counted: Counted, draft: Draft, other: Publication, space: Space, possible: clusters.FloatArray
) -> Iterable[Change]:
    terms = list(_terms(draft, space))
    cells = np.stack([space.vector(whole) - sum(space.vector(place) for place in without) for whole, without in terms])
    shown, numbers = _told(other, space, counted)
    before = suppressions.derived(shown * possible, numbers, cells * possible)
    for (whole, without), rows in zip(terms, before.tolist(), strict=True):
        if math.isfinite(rows):
            now = draft.counts[counted, whole] - sum(draft.counts[counted, place] for place in without)
            yield Change(counted, whole, without, round(now - rows), certain=bool(possible.all()))


def _terms(draft: Draft, space: Space) -> Iterable[tuple[Place, tuple[Place, ...]]]:
    """What a report tells directly, or by taking some of its numbers from another."""
    for scope in draft.scopes:
        everybody = Place(scope)
        groups = [place for place in draft.places if space.holds_group(place, scope)]
        yield everybody, ()
        if len(space.columns) == 1 and len(groups) > 1:
            yield everybody, tuple(groups)
        for place in groups:
            yield place, ()
            yield everybody, (place,)
            yield from ((whole, (place,)) for whole in groups if whole.members < place.members)
