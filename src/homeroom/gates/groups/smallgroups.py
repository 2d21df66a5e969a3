"""Groups of which nothing may follow, because they are of a few pupils, and cells that nobody is in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from homeroom.gates.groups import places
from homeroom.gates.groups.places import Bands, Draft, Place, Publication, Space
from homeroom.stats import clusters

Vector = clusters.FloatArray
"""A group as a sum over the cells of a space; shape (a,)."""


@dataclass(frozen=True, slots=True)
class Known:
    """What this report and earlier ones on the same pupils know of the groups of a space.

    Attributes:
        draft: this report.
        space: the cells.
        sizes: pupils at risk of each group whose number is known, by scope.
        rests: of spaces with one column, by scope: all whose value has no known size, and how many they are together.
        hidden: groups that an earlier report hid and this one does not look at.
    """

    draft: Draft
    space: Space
    sizes: Mapping[Bands, Mapping[Place, float]]
    rests: Mapping[Bands, tuple[Vector, float]]
    hidden: tuple[Place, ...]

    def possible(self) -> tuple[Vector, ...]:
        """Cells that somebody may be in, for readers who know ever more of what is empty.

        Whoever knows that nobody has a value, or nobody in a band, subtracts without it; who does not know takes other ways.
        """
        scopes, ones = self.draft.scopes, self.space.ones()
        return ones, ones - self._empty(scopes[:1]), ones - self._empty(scopes)

    def small(self) -> list[Vector]:
        """Groups of too few pupils, what is left beside groups, and hidden groups that are too few together."""
        found = [self.space.vector(place) for place in self.hidden]
        for scope in self.draft.scopes:
            found += [*self._small_in(scope), *self._left_beside(scope)]
        return found

    def _empty(self, scopes: Sequence[Bands]) -> Vector:
        """1 for cells that nobody of these scopes is in."""
        empty = [self.space.vector(place) for scope in scopes for place, rows in self.sizes[scope].items() if rows == 0]
        empty += [self.rests[scope][0] for scope in scopes if scope in self.rests and self.rests[scope][1] == 0]
        return np.asarray(np.max([np.zeros_like(self.space.ones()), *empty], axis=0))

    def _small_in(self, scope: Bands) -> list[Vector]:
        minimum, unfit = self.draft.minima[scope], self.draft.unfit
        small = [
            (self.space.vector(place), rows)
            for place, rows in self.sizes[scope].items()
            if 0 < rows < minimum or (rows > 0 and place in unfit)
        ]
        if scope in self.rests:
            rest, rows = self.rests[scope]
            # A hidden group may be all of the rest: whoever knows that there is no other value knows so.
            if 0 < rows < minimum or any(place.bands == scope for place in self.hidden):
                small.append((rest, rows))
        found = [vector for vector, _ in small]
        if len(self.space.columns) == 1 and len(small) > 1 and sum(rows for _, rows in small) < minimum:
            found.append(np.sum(found, axis=0))
        return found

    def _left_beside(self, scope: Bands) -> list[Vector]:
        """Few of a group beside an intersection in it. Example: 40 boys, 37 of them with free lunch, leave 3 boys without."""
        sizes, minimum = self.sizes[scope], self.draft.minima[scope]
        return [
            self.space.vector(whole) - self.space.vector(part)
            for whole in sizes
            for part in sizes
            if whole.members < part.members and 0 < sizes[whole] - sizes[part] < minimum
        ]


def known(draft: Draft, space: Space, same: Sequence[Publication]) -> Known:
    """What ``draft`` and earlier reports on the ``same`` pupils know of the groups of ``space``."""
    told = {place: rows for each in same for (counted, place), rows in each.told.items() if counted is draft.at_risk}
    numbers = told | {place: draft.size(place) for place in draft.places}
    groups = places.in_order(numbers)
    sizes = {
        scope: {place: numbers[place] for place in groups if space.holds_group(place, scope)} for scope in draft.scopes
    }
    named = set(draft.places).union(*(each.shown for each in same))
    hidden = {place for each in same for place in each.hidden if space.holds(place)} - named
    return Known(draft, space, sizes, _rests(draft, space, sizes), places.in_order(hidden))


def _rests(
    draft: Draft, space: Space, sizes: Mapping[Bands, Mapping[Place, float]]
) -> dict[Bands, tuple[Vector, float]]:
    if len(space.columns) != 1:
        return {}
    return {
        scope: (space.vector(Place(scope)) - space.vectors([*of_scope]).sum(axis=0), recorded - sum(of_scope.values()))
        for scope, of_scope in sizes.items()
        if (recorded := draft.recorded.get((scope, space.columns[0]))) is not None
    }
