"""All windows of a district as arrays, each with its place in its school's own years."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Protocol

import numpy as np
import numpy.typing as npt

from homeroom.domain import dayspans, digests, errors, schooltime, terms
from homeroom.gates.monitoring import bins, windows
from homeroom.stats import clusters

Strings = npt.NDArray[np.str_]
_WEEK = timedelta(days=6)


class Calendar(Protocol):
    """What is asked of a school's calendar; ``domain.schoolyears.SchoolYears`` answers it."""

    @property
    def years(self) -> tuple[terms.SchoolYear, ...]:
        """School years in order."""

    def stamp(self, day: date) -> schooltime.Stamp:
        """Where a day lies."""

    def stamp_window(self, days: dayspans.Span) -> schooltime.Stamp:
        """Where a window lies."""

    def covers(self, day: date) -> bool:
        """Whether the calendar knows the day."""


@dataclass(frozen=True, slots=True, eq=False)
class Archive:
    """Windows up to a day, shape (n,) each unless said otherwise.

    Attributes:
        known: bins.
        sites: ids, sorted.
        regions: region of each site, shape (k,).
        neighbourhoods: region and cluster of each site, shape (k,).
        devices: device profile of each site, shape (k,).
        year_groups: names, sorted.
        site: index of each window's site.
        year_group: index of each window's year group.
        age: school years before the present one of that site; 0 is this year.
        week: first day.
        teaching_week: from 1.
        phase: of the school year.
        term: number of the term in its year, from 0.
        terms: shape (k,); terms in the present year of each site.
        counts: shape (n, f, m); pupils by bin.
        pupils: number of pupils.
        classes: number of classes.
        class_squares: sum of squared class sizes.
        between: shape (n, f).
        scores: shape (n, 5); pupils, sum, squares, offered, sum of the offered.
        confidence: shape (n, 2); first, unsure.
        outcomes: shape (n, 6); known, needed, errors, sum, squares, sum of the needed.
        notes: what is wrong with the data, by site index.
    """

    known: bins.Bins
    sites: tuple[str, ...]
    regions: Strings
    neighbourhoods: Strings
    devices: Strings
    year_groups: tuple[str, ...]
    site: clusters.IntArray
    year_group: clusters.IntArray
    age: clusters.IntArray
    week: npt.NDArray[np.datetime64]
    teaching_week: clusters.IntArray
    phase: Strings
    term: clusters.IntArray
    terms: clusters.IntArray
    counts: clusters.FloatArray
    pupils: clusters.FloatArray
    classes: clusters.FloatArray
    class_squares: clusters.FloatArray
    between: clusters.FloatArray
    scores: clusters.FloatArray
    confidence: clusters.FloatArray
    outcomes: clusters.FloatArray
    notes: tuple[tuple[int, str], ...]

    def __len__(self) -> int:
        return len(self.site)

    @property
    def brier(self) -> clusters.FloatArray:
        """Sum of (score - outcome)^2 of each window's outcomes, not below 0."""
        outcomes = self.outcomes
        return np.maximum(outcomes[:, 4] - 2 * outcomes[:, 5] + outcomes[:, 1], 0.0)


def build(
    reports: Sequence[windows.Report],
    known: bins.Bins,
    calendars: Mapping[str, Calendar],
    today: date,
    reference: digests.Digest,
) -> Archive:
    """Windows of school time up to ``today``.

    Args:
        reports: of all schools; a school may have several, for different weeks.
        known: bins of the reference.
        calendars: by site.
        today: later windows are left out.
        reference: digest of the reference that is watched against.

    Raises:
        SpecError: there is no window, a report counts in other bins, a school has no calendar, or tells a week twice.
    """
    _refuse(reports, calendars, reference)
    by_site: dict[str, list[windows.Report]] = {}
    for report in sorted(reports, key=lambda report: (report.site, digests.of_bytes(report.to_bytes()))):
        by_site.setdefault(report.site, []).append(report)
    sites = tuple(by_site)
    found, notes = [], []
    for index, (site, told) in enumerate(by_site.items()):
        kept, complaints = _of_site(index, told, calendars[site], today)
        found += kept
        notes += [(index, complaint) for complaint in complaints]
    if not found:
        raise errors.SpecError(f"no window lies in school time up to {today}: nothing can be watched")
    latest = [
        max(told, key=lambda report: max((w.week for w in report.windows), default=date.min))
        for told in by_site.values()
    ]
    return _arrays(found, known, sites, latest, calendars, today, tuple(notes))


_Placed = tuple[int, int, windows.Window]
"""Site, age in school years, window."""


def _refuse(reports: Sequence[windows.Report], calendars: Mapping[str, Calendar], reference: digests.Digest) -> None:
    if not reports:
        raise errors.SpecError("there are no window files: nothing can be watched")
    for report in reports:
        if report.reference != reference:
            raise errors.SpecError(
                f"school {report.site} counted in the bins of reference {digests.short(report.reference)}, not of "
                f"{digests.short(reference)}: sketch it again with this reference"
            )
        if report.site not in calendars:
            raise errors.SpecError(f"school {report.site} has no calendar: name one for it")


def _of_site(
    index: int, told: list[windows.Report], calendar: Calendar, today: date
) -> tuple[list[_Placed], list[str]]:
    every = [window for report in told for window in report.windows]
    keys = {(window.year_group, window.week) for window in every}
    if len(keys) != len(every):
        raise errors.SpecError(f"school {told[0].site} tells a week of a year group twice: leave one of its files out")
    if not calendar.covers(today):
        return [], ["Its calendar does not reach today: it is not watched. Add the school year to the calendar."]
    names = [year.name for year in calendar.years]
    now = names.index(calendar.stamp(today).academic_year)
    usable = [
        w for w in every if w.week <= today and w.stamp.phase not in schooltime.NOT_ALARMING and w.stamp.teaching_week
    ]
    placed = [(index, now - names.index(w.stamp.academic_year), w) for w in usable if w.stamp.academic_year in names]
    complaints = []
    if any(use.week <= today for report in told for use in report.off_time):
        complaints.append(_off_time([use for report in told for use in report.off_time if use.week <= today]))
    if len(placed) < len(usable):
        complaints.append("Some of its weeks lie in school years that its calendar does not know; they are left out.")
    if any(_otherwise(window, calendar) for _, _, window in placed):
        complaints.append("Some of its weeks have another place in the school year than its calendar says.")
    return [entry for entry in placed if entry[1] >= 0], complaints


def _off_time(uses: list[windows.OffTime]) -> str:
    pupils = [use.pupils for use in uses if use.pupils is not None]
    size = f"for up to {max(pupils)} pupils" if pupils else "for a few pupils"
    weeks = "1 week" if len(uses) == 1 else f"{len(uses)} weeks"
    return f"The model was used in {weeks} without school, {size}. Who uses it then?"


def _otherwise(window: windows.Window, calendar: Calendar) -> bool:
    days = dayspans.Span(window.week, window.week + _WEEK)
    if not (calendar.covers(days.start) and calendar.covers(days.end)):
        return False
    stamp = calendar.stamp_window(days)
    return (stamp.academic_year, stamp.teaching_week) != (window.stamp.academic_year, window.stamp.teaching_week)


def _arrays(
    found: list[_Placed],
    known: bins.Bins,
    sites: tuple[str, ...],
    latest: list[windows.Report],
    calendars: Mapping[str, Calendar],
    today: date,
    notes: tuple[tuple[int, str], ...],
) -> Archive:
    every = [window for _, _, window in found]
    year_groups = tuple(sorted({window.year_group for window in every}))
    counts = np.zeros((len(every), len(known.sizes), max(known.sizes)))
    for row, window in enumerate(every):
        for feature, row_counts in enumerate(window.counts):
            counts[row, feature, : len(row_counts)] = row_counts
    return Archive(
        known=known,
        sites=sites,
        regions=np.array([report.region for report in latest]),
        neighbourhoods=np.array([f"{report.region}/{report.cluster}" for report in latest]),
        devices=np.array([report.device for report in latest]),
        year_groups=year_groups,
        site=np.array([site for site, _, _ in found], dtype=np.int64),
        year_group=np.array([year_groups.index(window.year_group) for window in every], dtype=np.int64),
        age=np.array([age for _, age, _ in found], dtype=np.int64),
        week=np.array([window.week for window in every], dtype="datetime64[D]"),
        teaching_week=np.array([window.stamp.teaching_week for window in every], dtype=np.int64),
        phase=np.array([window.stamp.phase.value for window in every]),
        term=np.array([(window.stamp.term_index or 1) - 1 for window in every], dtype=np.int64),
        terms=np.array([_terms(calendars[site], today) for site in sites], dtype=np.int64),
        counts=counts,
        pupils=np.array([window.pupils for window in every], dtype=np.float64),
        classes=np.array([window.classes for window in every], dtype=np.float64),
        class_squares=np.array([window.class_squares for window in every], dtype=np.float64),
        between=np.array([window.between for window in every], dtype=np.float64) / windows.UNIT,
        scores=np.array([_scores(window) for window in every]),
        confidence=np.array([(w.confidence.first, w.confidence.unsure) for w in every], dtype=np.float64),
        outcomes=np.array([_outcomes(window.outcomes) for window in every]),
        notes=notes,
    )


def _terms(calendar: Calendar, today: date) -> int:
    if not calendar.covers(today):
        return 1
    now = calendar.stamp(today).academic_year
    return max(1, next(len(year.terms) for year in calendar.years if year.name == now))


def _scores(window: windows.Window) -> tuple[float, ...]:
    scores, unit = window.scores, windows.UNIT
    return (window.pupils, scores.total / unit, scores.squares / unit, scores.offered, scores.offered_total / unit)


def _outcomes(outcomes: windows.Outcomes) -> tuple[float, ...]:
    unit = windows.UNIT
    sums = (outcomes.total / unit, outcomes.squares / unit, outcomes.needed_total / unit)
    return (outcomes.known, outcomes.needed, outcomes.errors, *sums)
