"""Who is compared with whom: every protected group, and the pairs of groups that were named beforehand."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from homeroom.domain import errors
from homeroom.gates import evaluationtables
from homeroom.resources import gatepolicies
from homeroom.stats import clusters

GROUP, REST, UNKNOWN = 0, 1, 2
"""Sides of a comparison; who is not recorded is on neither of the first two."""

EVERYBODY = "everybody"
_ALL_OTHERS = "all other pupils"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A group against the rest.

    Attributes:
        name: short name in the policy.
        words: the group in plain words.
        against: the rest in plain words.
        members: (column, value) pairs; a pupil is in the group when all of them hold.
    """

    name: str
    words: str
    against: str
    members: tuple[tuple[str, str], ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that say who is in the group."""
        return tuple(column for column, _ in self.members)


def of_policy(fairness: gatepolicies.Fairness) -> tuple[Comparison, ...]:
    """Groups in the order of the policy, then its intersections; nothing else is ever looked at.

    Raises:
        SpecError: an intersection names a group that is not protected, or two of the same column.
    """
    single = {
        group.name: Comparison(group.name, group.words, group.against_words, ((group.column, group.group),))
        for group in fairness.protect
    }
    pairs = [_pair(intersection, single) for intersection in fairness.intersections]
    names = [*single, *(pair.name for pair in pairs)]
    twice = sorted({name for name in names if names.count(name) > 1} | ({EVERYBODY} & set(names)))
    if twice:
        raise errors.SpecError(f"rename {', '.join(twice)} in the policy: each comparison needs a name of its own")
    return (*single.values(), *pairs)


def _pair(intersection: gatepolicies.Intersection, single: Mapping[str, Comparison]) -> Comparison:
    unknown = sorted(set(intersection.of) - set(single))
    if unknown:
        raise errors.SpecError(
            f"intersection {intersection.name!r} names {', '.join(map(repr, unknown))}: name groups under fairness.protect"
        )
    members = tuple(member for name in intersection.of for member in single[name].members)
    if len({column for column, _ in members}) < len(members):
        raise errors.SpecError(
            f"intersection {intersection.name!r} pairs two groups of the same column: nobody is in both"
        )
    return Comparison(intersection.name, intersection.words, _ALL_OTHERS, members)


def side_of(comparison: Comparison, groups: Mapping[str, evaluationtables.Labels]) -> clusters.IntArray:
    """Side of each row; shape (n,). Example: values ``["F", "N", "missing"]`` and group F give ``[0, 1, 2]``."""
    values = [(groups[column], value) for column, value in comparison.members]
    member = np.logical_and.reduce([found.are(value) for found, value in values])
    unknown = np.logical_or.reduce([found.are(evaluationtables.MISSING) for found, _ in values])
    return np.where(unknown, UNKNOWN, np.where(member, GROUP, REST)).astype(np.int64)


@dataclass(frozen=True, slots=True, eq=False)
class Profiles:
    """The few combinations of groups that all rows are made of.

    Attributes:
        index: shape (n,); profile of each row.
        groups: by column, the word of each profile.
    """

    index: clusters.IntArray
    groups: Mapping[str, evaluationtables.Labels]

    def __len__(self) -> int:
        return max((len(labels) for labels in self.groups.values()), default=1)


def profiles(groups: Mapping[str, evaluationtables.Labels], rows: int) -> Profiles:
    """Profiles of rows by the columns that are given.

    Example: sex ``M, F, M`` and lunch ``F, F, F`` are two profiles, and the index is ``[1, 0, 1]``.
    """
    if not groups:
        return Profiles(np.zeros(rows, dtype=np.int64), {})
    joint, count = np.zeros(rows, dtype=np.int64), 1
    for labels in groups.values():
        # Numbered anew after each column, so that many columns of many words stay small numbers.
        joint, count = clusters.renumber(joint * len(labels.words) + labels.codes, count * len(labels.words))
    first = np.zeros(count, dtype=np.int64)
    first[joint] = np.arange(rows)
    return Profiles(joint, {name: replace(labels, codes=labels.codes[first]) for name, labels in groups.items()})
