"""Wrong answers, week by week: betting that each school is wrong no more often than in earlier years at this time of year."""

from dataclasses import dataclass

import numpy as np

from homeroom.domain import changes
from homeroom.gates.monitoring import archives
from homeroom.resources import gatepolicies
from homeroom.stats import clusters, discoveries, eprocesses, shrinkage

UPPER = 0.80
"""Of the range whose upper end is the baseline: one-sided 90 %, so that a lucky year is no promise (education.md A3)."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Evidence of this school year, for k sites and w weeks.

    Attributes:
        weeks: shape (w,); first days, rising.
        seen: shape (k, w); whether the site told outcomes that week.
        log_evalues: shape (k, w); logarithm of the evidence that a site does worse, up to each week.
        look: shape (k, w); whether somebody should look at the site, in each week.
        act: shape (k, w); whether it is sure enough for what happens by itself.
        growth: shape (c, k, w, stakes); by measure and year group, for pooling over sites.
        covered: shape (k,); whether the site has outcomes this year and something to compare them with.
    """

    weeks: np.ndarray[tuple[int, ...], np.dtype[np.datetime64]]
    seen: clusters.BoolArray
    log_evalues: clusters.FloatArray
    look: clusters.BoolArray
    act: clusters.BoolArray
    growth: clusters.FloatArray
    covered: clusters.BoolArray

    def pooled(self, sites: clusters.BoolArray) -> float:
        """Evidence that these sites together do worse, now, whichever one of them is left out; 1 without any.

        One school that does much worse is a local matter, however sure it is. The smallest of several e-values is one too.
        """
        chosen = np.flatnonzero(sites & self.covered)
        if len(chosen) < 2:  # noqa: PLR2004 - without one of them there must be another
            return 1.0
        alone = self.growth[:, chosen].sum(axis=2)
        without = alone.sum(axis=1, keepdims=True) - alone
        return float(np.exp(min(float(_mean(eprocesses.log_evalue(without)).min()), 700.0)))


def of_outcomes(archive: archives.Archive, policy: gatepolicies.Drift) -> Evidence:
    """Evidence from errors and from Brier scores in each year group, all worth the same.

    Averaged, not multiplied: a year group that is as it was must not talk down another that is not.
    """
    known = archive.outcomes[:, 0]
    measures = [_growth(archive, policy, losses, known) for losses in (archive.outcomes[:, 2], archive.brier)]
    growth = np.concatenate([found for found, _ in measures])
    seen = measures[0][1]
    log_evalues = _mean(eprocesses.log_evalue(growth.cumsum(axis=2)))
    return _judged(archive, policy, growth, seen, log_evalues)


def of_confidence(archive: archives.Archive, policy: gatepolicies.Drift) -> Evidence:
    """Evidence from scores near the threshold; the same pupils come again each term, so terms share the year's error."""
    growth, seen = _growth(archive, policy, archive.confidence[:, 1], archive.confidence[:, 0])
    weeks = _weeks(archive)
    by_term = []
    for term in range(int(archive.term.max()) + 1):
        inside = np.zeros((len(archive.sites), len(weeks)), dtype=bool)
        chosen = (archive.age == 0) & (archive.term == term)
        inside[archive.site[chosen], np.searchsorted(weeks, archive.week[chosen])] = True
        by_term.append(_mean(eprocesses.log_evalue(np.where(inside[..., None], growth, 0.0).cumsum(axis=2))))
    log_evalues = np.stack(by_term, axis=-1).max(axis=-1) - np.log(archive.terms)[:, None]
    return _judged(archive, policy, growth, seen, log_evalues)


def _mean(log_evalues: clusters.FloatArray) -> clusters.FloatArray:
    """Logarithm of the mean over the first axis: an e-value whatever the measures have to do with each other."""
    mean: clusters.FloatArray = np.logaddexp.reduce(log_evalues, axis=0) - np.log(len(log_evalues))
    return mean


def _weeks(archive: archives.Archive) -> np.ndarray[tuple[int, ...], np.dtype[np.datetime64]]:
    return np.unique(archive.week[archive.age == 0])


def _growth(
    archive: archives.Archive, policy: gatepolicies.Drift, losses: clusters.FloatArray, rows: clusters.FloatArray
) -> tuple[clusters.FloatArray, clusters.BoolArray]:
    """Growth (g, k, w, stakes) by year group, site and week of this year, and where (k, w) anything was seen."""
    weeks = _weeks(archive)
    base = baselines(archive, policy, losses, rows)
    used = np.flatnonzero((archive.age == 0) & (rows > 0) & np.isfinite(base))
    found = np.zeros((len(archive.year_groups), len(archive.sites), len(weeks), len(eprocesses.STAKES)))
    seen = np.zeros(found.shape[1:3], dtype=bool)
    place = archive.site[used], np.searchsorted(weeks, archive.week[used])
    found[archive.year_group[used], *place] = eprocesses.log_growth(losses[used], rows[used], base[used])
    seen[place] = True
    return found, seen


def baselines(
    archive: archives.Archive, policy: gatepolicies.Drift, losses: clusters.FloatArray, rows: clusters.FloatArray
) -> clusters.FloatArray:
    """Mean loss that counts as unchanged, for each window of this year; NaN where nothing is comparable.

    The upper end of the school's shrunken rate in earlier years, in the same year group and phase; in any phase where that
    phase never told outcomes. Shape (n,).
    """
    base = np.full(len(archive), np.nan)
    history = (archive.age >= 1) & (archive.age <= policy.history_years) & (rows > 0)
    for year_group in range(len(archive.year_groups)):
        own = archive.year_group == year_group
        for phase in np.unique(archive.phase[own & (archive.age == 0)]):
            same = history & own & (archive.phase == phase)
            earlier = same if same.any() else history & own
            now = np.flatnonzero(own & (archive.phase == phase) & (archive.age == 0))
            if earlier.any():
                base[now] = _upper(archive, losses, rows, earlier)[archive.site[now]]
    return base


def _upper(
    archive: archives.Archive, losses: clusters.FloatArray, rows: clusters.FloatArray, chosen: clusters.BoolArray
) -> clusters.FloatArray:
    """Upper end of each site's rate; shape (k,). A site without history has that of a school nobody knows yet."""
    sites = len(archive.sites)
    events = clusters.sum_by_cluster(archive.site[chosen], sites, losses[chosen])
    count = clusters.sum_by_cluster(archive.site[chosen], sites, rows[chosen])
    with_rows = count > 0
    prior = shrinkage.fit_prior(events[with_rows], count[with_rows])
    return shrinkage.interval(events, count, prior, level=UPPER)[1]


def _judged(
    archive: archives.Archive,
    policy: gatepolicies.Drift,
    growth: clusters.FloatArray,
    seen: clusters.BoolArray,
    log_evalues: clusters.FloatArray,
) -> Evidence:
    covered = np.asarray(seen.any(axis=1))
    look = _replayed(log_evalues, seen, covered, policy.look_error)
    act = _replayed(log_evalues, seen, covered, policy.act_error)
    return Evidence(_weeks(archive), seen, log_evalues, look, act, growth, covered)


def _replayed(
    log_evalues: clusters.FloatArray, seen: clusters.BoolArray, covered: clusters.BoolArray, rate: float
) -> clusters.BoolArray:
    """Alarms week by week: begun by e-BH over the schools, ended only after quiet weeks. Shape (k, w)."""
    stands = np.zeros(log_evalues.shape, dtype=bool)
    quiet = np.zeros(len(log_evalues), dtype=np.int64)
    before = np.zeros(len(log_evalues), dtype=bool)
    judged = np.flatnonzero(covered)
    for week in range(log_evalues.shape[1]):
        found = np.zeros(len(log_evalues), dtype=bool)
        found[judged] = discoveries.e_bh(log_evalues[judged, week], rate)
        speaks_against = log_evalues[:, week] < 0
        quiet = np.where(seen[:, week], np.where(speaks_against, quiet + 1, 0), quiet)
        stands[:, week] = [
            changes.holds(before=bool(b), found=bool(f), quiet_weeks=int(q))
            for b, f, q in zip(before, found, quiet, strict=True)
        ]
        before = stands[:, week]
    return stands
