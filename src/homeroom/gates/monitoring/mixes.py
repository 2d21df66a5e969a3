"""Who the pupils are: shares of year groups now and before. Reported, never alarmed about."""

from collections.abc import Sequence

import numpy as np

from homeroom.gates.monitoring import archives, comparables
from homeroom.gates.monitoring.comparables import Basis
from homeroom.stats import clusters


def moved_share(
    archive: archives.Archive, found: Sequence[comparables.Comparable], sites: clusters.BoolArray
) -> float | None:
    """Share of pupils who would have to be in another year group to have the earlier mix; None without earlier years.

    Example: half and half before, three quarters in one year group now: 0.25.
    """
    own = [c for c in found if c.basis is Basis.MATCHED and sites[archive.site[c.window]]]
    now, before = (np.zeros(len(archive.year_groups)) for _ in range(2))
    for comparable in own:
        group = archive.year_group[comparable.window]
        now[group] += archive.pupils[comparable.window]
        before[group] += np.average(archive.pupils[comparable.others], weights=comparable.weights)
    if not now.sum() or not before.sum():
        return None
    return float(np.abs(now / now.sum() - before / before.sum()).sum() / 2)
