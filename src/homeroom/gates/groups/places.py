"""What reports tell about how many pupils: by place, which is a set of bands and the values that hold in them."""

import enum
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from homeroom.domain import digests
from homeroom.stats import clusters

Bands = frozenset[str]
Members = frozenset[tuple[str, str]]
"""(column, value) pairs that all hold; none for everybody."""


class Counted(enum.Enum):
    """Which pupils of a place a number counts."""

    NO_NEED = "no need"
    NEED = "need"
    ALL = "all"


@dataclass(frozen=True, slots=True)
class Place:
    """Pupils of some bands with the same values."""

    bands: Bands
    members: Members = frozenset()

    @property
    def columns(self) -> frozenset[str]:
        """Columns that say who belongs to it; none for everybody."""
        return frozenset(column for column, _ in self.members)


Counts = Mapping[tuple[Counted, Place], float]


@dataclass(frozen=True, slots=True)
class Publication:
    """What a report tells.

    Attributes:
        report: its digest.
        population: digest of the rows that it is about.
        told: the numbers of pupils in it.
        hidden: places that it names without a number.
    """

    report: digests.Digest
    population: digests.Digest
    told: Counts
    hidden: frozenset[Place] = frozenset()

    @property
    def shown(self) -> frozenset[Place]:
        """Groups that it tells a number of."""
        return frozenset(place for _, place in self.told if place.members)


@dataclass(frozen=True, slots=True)
class Draft:
    """A report before anything of it is withheld.

    Attributes:
        population: digest of the rows.
        scopes: bands that are judged together, all of the release first.
        counts: pupils of everybody and of every group that is looked at, in each scope; of small groups too.
        at_risk: the pupils whose number says whether a group is small.
        recorded: pupils at risk who have a value, by scope and column.
        shown: groups that are large enough by themselves.
        unfit: groups that must not be told whatever their size, such as those of few schools.
        minima: fewest pupils that may be told, by scope.
    """

    population: digests.Digest
    scopes: tuple[Bands, ...]
    counts: Counts
    at_risk: Counted
    recorded: Mapping[tuple[Bands, str], float]
    shown: frozenset[Place]
    unfit: frozenset[Place]
    minima: Mapping[Bands, int]

    def minimum(self, place: Place) -> int:
        """Fewest pupils that may be told of a place of this report."""
        return self.minima[place.bands]

    @property
    def places(self) -> tuple[Place, ...]:
        """Groups that are looked at, in a stable order."""
        return in_order({place for _, place in self.counts if place.members})

    def size(self, place: Place) -> float:
        """Pupils at risk in a place of this report."""
        return self.counts[self.at_risk, place]


@dataclass(frozen=True, slots=True, eq=False)
class Space:
    """Cells that the values of some columns cut the pupils into; what is told is a sum over cells.

    Attributes:
        bands: bands, the first axis.
        columns: columns, the further axes.
        values: the named values of each column; one more stands for all others.
    """

    bands: tuple[str, ...]
    columns: tuple[str, ...]
    values: tuple[tuple[str, ...], ...]
    _known: dict[Place, clusters.FloatArray] = field(default_factory=dict, repr=False)

    def holds(self, place: Place) -> bool:
        """Whether that place is a sum over cells."""
        return place.bands <= set(self.bands) and place.columns <= set(self.columns)

    def holds_group(self, place: Place, bands: Bands) -> bool:
        """Whether that place is a group of exactly these bands and a sum over cells."""
        return bool(place.members) and place.bands == bands and self.holds(place)

    def ones(self) -> clusters.FloatArray:
        """1 for every cell; shape (a,)."""
        return self.vector(Place(frozenset(self.bands)))

    def unnamed(self) -> clusters.FloatArray:
        """1 for cells of those whose value of the only column is not named; shape (a,)."""
        if len(self.columns) != 1:
            return np.zeros_like(self.ones())
        everybody = frozenset(self.bands)
        named = [Place(everybody, frozenset({(self.columns[0], value)})) for value in self.values[0]]
        return np.asarray(self.ones() - self.vectors(named).sum(axis=0))

    def vectors(self, chosen: Sequence[Place]) -> clusters.FloatArray:
        """``vector`` of each place; shape (p, a)."""
        return np.reshape([self.vector(place) for place in chosen], (len(chosen), len(self.ones())))

    def vector(self, place: Place) -> clusters.FloatArray:
        """1 for each cell of that place; shape (a,)."""
        known = self._known.get(place)
        if known is None:
            known = self._known[place] = self._cells(place)
        return known

    def _cells(self, place: Place) -> clusters.FloatArray:
        wanted = dict(place.members)
        cells: clusters.FloatArray = np.array([band in place.bands for band in self.bands], dtype=np.float64)
        for column, values in zip(self.columns, self.values, strict=True):
            sides = [*(wanted.get(column, value) == value for value in values), column not in wanted]
            cells = np.multiply.outer(cells, np.array(sides, dtype=np.float64))
        return np.asarray(cells.ravel())


def spaces_of(draft: Draft, publications: Iterable[Publication]) -> tuple[Space, ...]:
    """One space for each set of columns by which groups are told, and one without columns for everybody."""
    told = [place for each in publications for place in (*each.shown, *each.hidden)]
    named = {member for place in (*draft.places, *told) for member in place.members}
    bands = sorted({band for place in (*draft.places, *told) for band in place.bands} | set().union(*draft.scopes))
    families = {frozenset[str](), *(place.columns for place in (*draft.places, *told))}
    return tuple(_space(tuple(bands), columns, named) for columns in sorted(families, key=sorted))


def _space(bands: tuple[str, ...], columns: frozenset[str], named: set[tuple[str, str]]) -> Space:
    values = (tuple(sorted(value for name, value in named if name == column)) for column in sorted(columns))
    return Space(bands, tuple(sorted(columns)), tuple(values))


def in_order(places: Iterable[Place]) -> tuple[Place, ...]:
    """Always the same order."""
    return tuple(sorted(places, key=lambda place: (sorted(place.members), sorted(place.bands))))
