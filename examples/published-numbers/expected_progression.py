"""Alarms about 74 STAR schools over three moves: on raw scores, against the other schools, and shrunken."""

import numpy as np
import star_pupils
from figures import Figure
from scipy import stats

from homeroom.stats import discoveries, progressions

SMALLEST = 15
PUBLISHED = {"raw": (73, 74, 65, 212), "expected": (35, 10, 8, 53), "shrunken": (7, 0, 0, 7)}
RULES = {
    "raw": "KS on raw scores, BH 5 %",
    "expected": "KS against expected progression, BH 5 %",
    "shrunken": "shrunken shift > 0.5 sd with 95 % probability",
}


def compute() -> list[Figure]:
    """Alarms by rule and move; the same method, so the counts must be equal."""
    years = star_pupils.student_years()
    counts = {rule: [0, 0, 0] for rule in RULES}
    for grade in range(3):
        for rule, alarms in alarms_of_move(years, grade).items():
            counts[rule][grade] = alarms
    names = ("K-1", "1-2", "2-3", "all 222")
    return [
        Figure(f"{RULES[rule]}, {name}", published, computed, 0)
        for rule in RULES
        for name, published, computed in zip(names, PUBLISHED[rule], [*counts[rule], sum(counts[rule])], strict=True)
    ]


def alarms_of_move(years: star_pupils.StudentYears, grade: int) -> dict[str, int]:
    """Number of schools that each rule alarms about, in the move from ``grade`` to the next."""
    known = ~np.isnan(years.reading)
    sides = [
        (years.reading[chosen], years.school[chosen])
        for chosen in (known & (years.grade == g) for g in (grade, grade + 1))
    ]
    size = max(int(school.max()) for _, school in sides) + 1
    totals = [progressions.moments(values, school, size) for values, school in sides]
    judged = np.flatnonzero((totals[0].rows >= SMALLEST) & (totals[1].rows >= SMALLEST))
    raw, expected = [], []
    for school in judged:
        own = [values[school_of == school] for values, school_of in sides]
        others = [values[school_of != school] for values, school_of in sides]
        standing = [(mine - rest.mean()) / rest.std() for mine, rest in zip(own, others, strict=True)]
        raw.append(stats.ks_2samp(*own).pvalue)
        expected.append(stats.ks_2samp(*standing).pvalue)
    return {
        "raw": int(discoveries.benjamini_hochberg(np.array(raw), 0.05).sum()),
        "expected": int(discoveries.benjamini_hochberg(np.array(expected), 0.05).sum()),
        "shrunken": int((probability_moved(totals[0], totals[1], judged) > 0.95).sum()),
    }


def probability_moved(
    before: progressions.Moments, after: progressions.Moments, judged: star_pupils.IntArray
) -> star_pupils.FloatArray:
    """Probability of each judged school that it moved by more than half a standard deviation.

    Small schools are not judged, yet their pupils are among "the others".
    """
    with np.errstate(invalid="ignore", divide="ignore"):
        shift = progressions.shifts(progressions.standings(before), progressions.standings(after))
    posterior = progressions.shrink(progressions.Shifts(shift.difference[judged], shift.variance[judged]))
    return progressions.probability_beyond(posterior, 0.5)
