"""What so few rows could have shown at all."""

import math
import statistics
from collections.abc import Sequence


def detectable_difference(
    rate: float, rows: float, rest_rows: float, *, level: float = 0.95, power: float = 0.8
) -> float:
    """Smallest difference of two rates that a one-sided test would notice.

    Args:
        rate: common rate, in [0, 1].
        rows: rows of one group; may be an effective number.
        rest_rows: rows of the other.
        level: one-sided confidence.
        power: probability of noticing.

    Returns:
        Difference in [0, 1]; 1 when a side has no rows. Example: rate 0.25, 100 and 100 rows: 0.1523. A change up or down
        at 5 % is level 0.975: 30 and 30 rows give 0.313.

    Source:
        Normal approximation, (z_level + z_power) sqrt(p(1-p)(1/n1+1/n2)).
    """
    if rows <= 0 or rest_rows <= 0:
        return 1.0
    return min(
        1.0, detectable_from_error(math.sqrt(rate * (1 - rate) * (1 / rows + 1 / rest_rows)), level=level, power=power)
    )


def detectable_from_error(standard_error: float, *, level: float = 0.95, power: float = 0.8) -> float:
    """The same from a standard error that already knows the clustering. Example: 0.02 gives 0.0497."""
    normal = statistics.NormalDist()
    return (normal.inv_cdf(level) + normal.inv_cdf(power)) * standard_error


def first_sufficient(detectable: Sequence[float], target: float) -> int | None:
    """The smallest pool in which a change of the wanted size would be noticed.

    Args:
        detectable: smallest change that each pool would show, from the school up to the district.
        target: change that should be noticeable.

    Returns:
        Index of the first pool that is fine enough; None when none is. Example: 0.31, 0.16, 0.05 and target 0.10 give 2.
    """
    return next((index for index, size in enumerate(detectable) if size <= target), None)
