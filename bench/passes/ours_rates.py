"""Our group rates with intervals: the five rates of Fairlearn's pass, each with 1,000 resamples of schools.

Usage: ours_rates ROWS GROUPS. The like for like of ``fairlearn_fairness``; ``ours_fairness`` is the whole gate.
"""

import sys

import numpy as np
import numpy.ma  # loaded by the first quantile; no imports are timed

from bench import frames
from bench.passes import answers
from homeroom.stats import cellcounts, clusters

SCHOOLS, RESAMPLES = 200, 1000


def main() -> None:
    """Rates of all groups, and the middle 95 % of their resamples."""
    rows, groups = int(sys.argv[1]), int(sys.argv[2])
    truth, predicted = frames.outcomes(rows)
    school, group = frames.schools(rows, SCHOOLS), frames.members(rows, groups)
    needed, offered = truth == 1, predicted == 1

    def work() -> tuple[clusters.FloatArray, clusters.FloatArray]:
        counts = cellcounts.decided_counts(school, group, needed, offered, (SCHOOLS, groups))
        rates = cellcounts.rates_of_resamples(counts, np.ones((1, SCHOOLS)))[:, 0]
        weights = clusters.draw_weights(SCHOOLS, RESAMPLES, np.random.default_rng(0))
        resampled = cellcounts.rates_of_resamples(counts, weights)
        # Slower where some resample has nobody of a group in need.
        quantile = np.nanquantile if np.isnan(resampled).any() else np.quantile
        return rates, quantile(resampled, (0.025, 0.975), axis=1)

    (rates, _), seconds = answers.timed(work)
    answers.answer(seconds, checksum=frames.checksum(truth), found=float(np.ptp(rates[0])))


if __name__ == "__main__":
    main()
