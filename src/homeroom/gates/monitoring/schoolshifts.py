"""Inputs of single schools: how far each moved from what the other schools did, shrunken, with few wrong findings."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from homeroom.gates.monitoring import archives, comparables
from homeroom.gates.monitoring.comparables import Basis
from homeroom.resources import gatepolicies
from homeroom.stats import clusters, designeffects, discoveries, progressions, seasons, tallies

FEWEST_SCHOOLS = 8
"""Schools whose common movement can be told from that of one (education.md A1, step 4)."""


@dataclass(frozen=True, slots=True)
class SchoolShift:
    """Movement of one input of one year group in one school.

    Attributes:
        site: index of the school.
        year_group: index of the year group.
        feature: index of the input.
        mean: shrunken movement against the other schools, in standard deviations.
        low: lower end of its 90 % range.
        high: upper end.
        raw: movement before shrinking; never shown, only tested against the kind of box.
        variance: of ``raw`` by chance.
        probability: that it is beyond the policy's limit.
        found: whether it is called a change.
    """

    site: int
    year_group: int
    feature: int
    mean: float
    low: float
    high: float
    raw: float
    variance: float
    probability: float
    found: bool = False


_Z90 = 1.6448536269514722


def measure(
    archive: archives.Archive, found: Sequence[comparables.Comparable], policy: gatepolicies.Drift
) -> list[SchoolShift]:
    """Every school's movement of every numeric input; those that are believed are marked.

    Windows with fewer pupils than the policy's smallest take no part: they are judged in pools only.
    """
    usable = [c for c in found if archive.pupils[c.window] >= policy.minimum_window and c.basis is not Basis.NONE]
    shifts: list[SchoolShift] = []
    for year_group in range(len(archive.year_groups)):
        own = [c for c in usable if archive.year_group[c.window] == year_group]
        direct = [c for c in own if c.basis in (Basis.MATCHED, Basis.THIS_YEAR)]
        if len(direct) >= FEWEST_SCHOOLS:
            shifts += _against_others(archive, direct, year_group, policy)
        elif len(own) >= FEWEST_SCHOOLS:
            shifts += _against_season(archive, [c for c in own if c.basis is Basis.SEASON], year_group, policy)
    return _believed(shifts, policy)


def _believed(shifts: list[SchoolShift], policy: gatepolicies.Drift) -> list[SchoolShift]:
    """Marks those that are sure enough each, and together wrong in few cases."""
    wrong = np.array([1 - shift.probability for shift in shifts])
    family = discoveries.believed_by_probability(wrong, policy.look_error)
    sure = wrong < 1 - policy.progression_certainty
    return [replace(shift, found=bool(keep)) for shift, keep in zip(shifts, family & sure, strict=True)]


def _against_others(
    archive: archives.Archive, found: list[comparables.Comparable], year_group: int, policy: gatepolicies.Drift
) -> list[SchoolShift]:
    numeric = np.flatnonzero(archive.known.ordered)
    now, before = sides(archive, found)
    alike = correlation(
        archive, np.concatenate([[c.window for c in found], *(c.others for c in found)]).astype(np.int64)
    )
    result = []
    for feature in numeric:
        scores = archive.known.scores[feature]
        today, earlier = (_moments(side, int(feature), scores, float(alike[feature])) for side in (now, before))
        shift = progressions.shifts(progressions.standings(earlier), progressions.standings(today))
        if np.isfinite(shift.difference).all() and (shift.variance > 0).all():
            sites = [int(archive.site[c.window]) for c in found]
            result += _posterior(sites, year_group, int(feature), shift, policy)
    return result


def _against_season(
    archive: archives.Archive, found: list[comparables.Comparable], year_group: int, policy: gatepolicies.Drift
) -> list[SchoolShift]:
    """Residuals from phase and season, where no window of the same time is there (education.md A1, step 4)."""
    if len(found) < FEWEST_SCHOOLS:
        return []
    history, windows = np.concatenate([c.others for c in found]), np.array([c.window for c in found])
    owner = {int(archive.site[c.window]): place for place, c in enumerate(found)}
    weeks = int(archive.teaching_week[np.concatenate([history, windows])].max())
    result = []
    for feature in np.flatnonzero(archive.known.ordered):
        year, today = (_weeks(archive, chosen, int(feature), owner) for chosen in (history, windows))
        season = seasons.fit(year, len(found), weeks)
        left = season.residuals(today)
        if np.isnan(left).any() or season.spread <= 0:
            continue
        variance = season.spread**2 * year.rows.mean() / today.rows
        others = (left.sum() - left) / (len(left) - 1)
        shift = progressions.Shifts(left - others, variance * (1 + 1 / (len(left) - 1)))
        result += _posterior(list(owner), year_group, int(feature), shift, policy)
    return result


def _weeks(archive: archives.Archive, chosen: clusters.IntArray, feature: int, owner: dict[int, int]) -> seasons.Weeks:
    sums = archive.counts[chosen, feature] @ archive.known.scores[feature]
    return seasons.Weeks(
        value=sums / archive.pupils[chosen],
        rows=archive.pupils[chosen],
        school=np.array([owner[int(site)] for site in archive.site[chosen]], dtype=np.int64),
        phase=archive.phase[chosen],
        week=archive.teaching_week[chosen],
    )


@dataclass(frozen=True, slots=True)
class Side:
    """Windows of k schools, or what they are compared with.

    Attributes:
        counts: shape (k, f, m).
        rows: shape (k,); sum of weights.
        row_squares: shape (k,); sum of squared weights over pupils.
        class_squares: shape (k,); the same over pairs of pupils of one class.
    """

    counts: clusters.FloatArray
    rows: clusters.FloatArray
    row_squares: clusters.FloatArray
    class_squares: clusters.FloatArray

    def tally(self, place: int, features: clusters.IntArray) -> tallies.Tally:
        """Some inputs of one school, for a comparison; what only tells how alike classes are is left at 0."""
        return tallies.Tally(
            counts=self.counts[place, features],
            rows=float(self.rows[place]),
            row_squares=float(self.row_squares[place]),
            cluster_squares=float(self.class_squares[place]),
            groups=0.0,
            sizes=0.0,
            between=np.zeros(len(features)),
        )


def sides(archive: archives.Archive, found: Sequence[comparables.Comparable]) -> tuple[Side, Side]:
    """Present windows, and for each what it is compared with."""
    windows = np.array([c.window for c in found])
    pupils = archive.pupils
    now = Side(archive.counts[windows], pupils[windows], pupils[windows], archive.class_squares[windows])
    before = Side(
        counts=np.array([np.tensordot(c.weights, archive.counts[c.others], axes=1) for c in found]),
        rows=np.array([c.weights @ pupils[c.others] for c in found]),
        row_squares=np.array([_same_pupils(archive, c, pupils) for c in found]),
        class_squares=np.array([_same_pupils(archive, c, archive.class_squares) for c in found]),
    )
    return now, before


def _same_pupils(archive: archives.Archive, found: comparables.Comparable, sizes: clusters.FloatArray) -> float:
    """Sum of squared weights over pupils: the weeks of one school year show the same pupils again, not more of them."""
    total = 0.0
    for age in np.unique(archive.age[found.others]):
        here = archive.age[found.others] == age
        total += float(found.weights[here].sum()) ** 2 * float(sizes[found.others[here]].mean())
    return total


def _moments(side: Side, feature: int, scores: clusters.FloatArray, alike: float) -> progressions.Moments:
    spread = side.row_squares * (1 - alike) + side.class_squares * alike
    rows = side.rows**2 / spread
    share = side.counts[:, feature] / side.rows[:, None]
    return progressions.Moments(rows, rows * (share @ scores), rows * (share @ scores**2))


def correlation(archive: archives.Archive, windows: clusters.IntArray) -> clusters.FloatArray:
    """Intraclass correlation of every input inside windows, shape (f,); 0 where classes are not known."""
    sums = np.einsum("nfm,fm->nf", archive.counts[windows], archive.known.scores)
    squares = np.einsum("nfm,fm->nf", archive.counts[windows], archive.known.scores**2)
    return designeffects.correlation_within(
        rows=archive.pupils[windows],
        clusters_seen=archive.classes[windows],
        sizes=archive.class_squares[windows],
        sums=sums,
        squares=squares,
        between=archive.between[windows],
    )


def _posterior(
    sites: list[int], year_group: int, feature: int, shift: progressions.Shifts, policy: gatepolicies.Drift
) -> list[SchoolShift]:
    posterior = progressions.shrink(shift)
    beyond = progressions.probability_beyond(posterior, policy.progression_limit)
    return [
        SchoolShift(
            site=site,
            year_group=year_group,
            feature=feature,
            mean=float(posterior.mean[place]),
            low=float(posterior.mean[place] - _Z90 * posterior.sd[place]),
            high=float(posterior.mean[place] + _Z90 * posterior.sd[place]),
            raw=float(shift.difference[place]),
            variance=float(shift.variance[place]),
            probability=float(beyond[place]),
        )
        for place, site in enumerate(sites)
    ]
