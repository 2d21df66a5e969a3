"""The fallback stage: how often it turned out so in each school and group, for answers without any model."""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from homeroom.domain import digests
from homeroom.stats import clusters, shrinkage

SMALLEST_CELL = 10
"""A group of a school with fewer people gets the common rate, and a group with fewer in all schools that of everybody: its own
would say something about single people."""

Strings = npt.NDArray[np.str_]


class GroupRates(NamedTuple):
    """Rates from 0 to 1, rounded to two decimals.

    Attributes:
        rates: by site and group, shrunken towards the common rate; without groups that are too small.
        common: by group; that of everybody where a group is too small.
    """

    rates: dict[str, dict[str, float]]
    common: dict[str, float]

    def answers(self, site: Strings, group: Strings) -> clusters.FloatArray:
        """The rate that each row is answered with; shape (n,)."""
        pairs = zip(site.tolist(), group.tolist(), strict=True)
        return np.array([self.rates.get(one, {}).get(own, self.common[own]) for one, own in pairs])

    def to_bytes(self) -> bytes:
        """The stage as JSON; the column ``year_K`` of the release marks the group ``K``."""
        by = [f"year_{group}" for group in self.common]
        document: dict[str, Any] = {"kind": "group-rates", "by": by, "rates": self.rates, "default": self.common}
        return digests.canonical_json(document)


def fit(outcome: npt.NDArray[np.int64], site: Strings, group: Strings, groups: tuple[str, ...]) -> GroupRates:
    """Rates of every site and group; empirical Bayes within the group.

    Args:
        outcome: shape (n,), 0 or 1.
        site: shape (n,), the school's id.
        group: shape (n,), one of ``groups``.
        groups: every group that there may be, in the order in which the stage names them.
    """
    rates: dict[str, dict[str, float]] = {}
    common = dict.fromkeys(groups, round(float(outcome.mean()), 2))
    for name in groups:
        rows = group == name
        if rows.sum() < SMALLEST_CELL:
            continue
        sites, index = np.unique(site[rows], return_inverse=True)
        people = np.bincount(index).astype(np.float64)
        events = np.bincount(index, weights=outcome[rows]).astype(np.float64)
        prior = shrinkage.fit_prior(events, people)
        common[name] = round(prior.mean, 2)
        for one, rate, count in zip(sites, shrinkage.shrunken(events, people, prior), people, strict=True):
            if count >= SMALLEST_CELL:
                rates.setdefault(str(one), {})[name] = round(float(rate), 2)
    return GroupRates(rates, common)
