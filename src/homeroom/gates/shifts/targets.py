"""What pupils are compared with: those of their own year group in training, where training had enough of it.

All year groups together are compared with the year groups of the training in the mix of these pupils, so that another mix
is no difference. Where a year group cannot be told, all of the training stands for it, if its year groups lay alike.
"""

import enum
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from homeroom.gates import references, yearcounts
from homeroom.stats import clusters


class Basis(enum.Enum):
    """What was compared with."""

    YEAR_GROUP = "the same year group"
    MIX = "the year groups of training, mixed as these pupils are"
    EVERYBODY = "all pupils of the training"
    NOTHING = "nothing"


class Told(enum.Enum):
    """What the reference tells of a year group."""

    ITSELF = "itself"
    TOO_FEW = "too few"
    TOO_FAR = "too far from the others"
    NEVER_SEEN = "never seen"
    NOT_APART = "year groups are not told apart"


@dataclass(frozen=True, slots=True)
class Target:
    """What some rows are compared with.

    Attributes:
        basis: who that is.
        told: what is told of the year group; of several, what is told of most rows.
        blocks: block of each bin of the feature.
        shares: shape (b,); share of the training in each block.
        rows: how many training rows that is worth.
    """

    basis: Basis
    told: Told
    blocks: tuple[int, ...]
    shares: clusters.FloatArray
    rows: float

    @property
    def judges(self) -> bool:
        """Whether anything can be compared with it."""
        return self.basis is not Basis.NOTHING


def of_year_group(
    reference: references.Reference,
    feature: references.Feature,
    everybody: clusters.FloatArray,
    year_group: str,
    limit: float,
) -> Target:
    """What pupils of one year group are compared with.

    Args:
        reference: of the training.
        feature: one of its features.
        everybody: shape (m,); rows of the whole training in the bins of the feature.
        year_group: whose pupils.
        limit: largest distance between year groups of the training with which all of it stands for one that it does not tell.
    """
    told = _told(reference, feature, year_group)
    if feature.years is None:
        # Year groups large enough to be told, and not told: nobody knows that they lay alike, so all cannot stand for one.
        basis = Basis.NOTHING if reference.year_groups else Basis.EVERYBODY
        return _target(basis, told, tuple(range(len(everybody))), everybody)
    if told is Told.ITSELF:
        own = feature.years.counts[reference.year_groups.index(year_group)]
        return _target(Basis.YEAR_GROUP, told, feature.years.blocks, np.array(own, dtype=np.float64))
    alike = _largest_distance(feature, everybody) <= limit
    basis = Basis.EVERYBODY if alike else Basis.NOTHING
    return _target(basis, told, feature.years.blocks, yearcounts.in_blocks(everybody, feature.years.blocks))


def mixed(targets: Sequence[Target], rows: clusters.FloatArray) -> Target | None:
    """What all year groups together are compared with.

    Args:
        targets: of each year group, those that nothing is compared with among them.
        rows: shape (y,); number of evaluated pupils of each.

    Returns:
        None when nothing can be compared with. Of two year groups with 30 and 10 pupils the shares are three quarters the
        first one's; they scatter by chance as those of a sample of ``Target.rows`` would.
    """
    used = [place for place, target in enumerate(targets) if target.judges and rows[place] > 0]
    if not used:
        return None
    chosen, weights = [targets[place] for place in used], rows[used] / rows[used].sum()
    most = chosen[int(weights.argmax())]
    if all(target.basis is Basis.EVERYBODY for target in chosen):
        return most
    shares = weights @ np.array([target.shares for target in chosen])
    worth = 1.0 / float((weights**2 / np.array([target.rows for target in chosen])).sum())
    return Target(Basis.MIX, most.told, most.blocks, shares, worth)


def _told(reference: references.Reference, feature: references.Feature, year_group: str) -> Told:
    if not reference.year_groups and not reference.small_year_groups:
        return Told.NOT_APART
    if year_group not in {*reference.year_groups, *reference.small_year_groups}:
        return Told.NEVER_SEEN
    if year_group not in reference.year_groups:
        return Told.TOO_FEW
    counts = None if feature.years is None else feature.years.counts[reference.year_groups.index(year_group)]
    return Told.TOO_FAR if counts is None else Told.ITSELF


def _target(basis: Basis, told: Told, blocks: tuple[int, ...], counts: clusters.FloatArray) -> Target:
    return Target(basis, told, blocks, counts / counts.sum(), float(counts.sum()))


def _largest_distance(feature: references.Feature, everybody: clusters.FloatArray) -> float:
    """How far a year group of the training lies from all others at most; 1 where there is only one."""
    if feature.years is None:
        return 1.0
    whole = yearcounts.in_blocks(everybody, feature.years.blocks)
    own = np.array([counts for counts in feature.years.counts if counts is not None], dtype=np.float64)
    rest = whole - own
    if (rest.sum(axis=1) <= 0).any():
        return 1.0
    apart = own / own.sum(axis=1, keepdims=True) - rest / rest.sum(axis=1, keepdims=True)
    if isinstance(feature, references.ContinuousSketch):
        return float(np.abs(apart.cumsum(axis=1)).max())
    return float(np.abs(apart).sum(axis=1).max() / 2)
