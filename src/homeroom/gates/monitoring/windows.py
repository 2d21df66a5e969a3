"""Windows: what a school tells about one year group in one teaching week. Counts and sums, never a row."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from homeroom.domain import digests, schooltime

SCHEMA_VERSION = 1
UNIT = 1_000_000
"""Sums are whole millionths, so that adding them never depends on the order and a digest is the same everywhere."""


@dataclass(frozen=True, slots=True)
class Scores:
    """Sums over the scored pupils of a window, in millionths where they are sums of scores.

    Attributes:
        counts: pupils by tenth of the score.
        total: sum of scores.
        squares: sum of squared scores.
        offered: pupils who were offered.
        offered_total: sum of their scores.
    """

    counts: tuple[int, ...]
    total: int
    squares: int
    offered: int
    offered_total: int


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Sums over the pupils whose outcome became known in a window; every outcome is counted once.

    Attributes:
        known: pupils.
        needed: of them, who turned out to need support.
        errors: of them, for whom offer and need differ.
        total: sum of scores.
        squares: sum of squared scores.
        needed_total: sum of the scores of those who needed it.
    """

    known: int = 0
    needed: int = 0
    errors: int = 0
    total: int = 0
    squares: int = 0
    needed_total: int = 0

    @property
    def brier(self) -> float:
        """Sum of (score - outcome)^2."""
        return (self.squares - 2 * self.needed_total) / UNIT + self.needed


@dataclass(frozen=True, slots=True)
class Confidence:
    """Pupils who were scored for the first time in the term, and for how many of them the score was near the threshold."""

    first: int = 0
    unsure: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """One year group in one teaching week.

    Attributes:
        year_group: of the pupils.
        week: first day of the week.
        stamp: where the week lies in the school year.
        pupils: pupils who were scored; each counts once.
        classes: number of their classes; ``pupils`` when classes are not known, so that each is one by itself.
        class_squares: sum of squared numbers of pupils by class.
        counts: pupils by bin, for each feature of the reference.
        between: for each feature the sum over classes of (sum of bin scores)^2 / pupils, in millionths.
        scores: of the model.
        confidence: of the model.
        outcomes: that became known.
    """

    year_group: str
    week: date
    stamp: schooltime.Stamp
    pupils: int
    classes: int
    class_squares: int
    counts: tuple[tuple[int, ...], ...]
    between: tuple[int, ...]
    scores: Scores
    confidence: Confidence = field(default_factory=Confidence)
    outcomes: Outcomes = field(default_factory=Outcomes)


@dataclass(frozen=True, slots=True)
class OffTime:
    """Use of the model in a week without school; ``pupils`` is None when there were too few to say."""

    week: date
    phase: schooltime.Phase
    pupils: int | None


@dataclass(frozen=True, slots=True)
class Report:
    """All windows that one school tells at a time.

    Attributes:
        site: its id.
        region: for pooling.
        cluster: schools that belong together inside a region; the region's name where there are none.
        device: profile of its box.
        release: digest of the release that answered.
        reference: digest of the reference whose bins were counted in.
        minimum_cell: fewest pupils of a window that is told.
        windows: by week and year group.
        off_time: use in weeks without school.
        hidden: number of windows that were left out because of too few pupils.
    """

    site: str
    region: str
    cluster: str
    device: str
    release: digests.Digest
    reference: digests.Digest
    minimum_cell: int
    windows: tuple[Window, ...]
    off_time: tuple[OffTime, ...] = ()
    hidden: int = 0

    def to_bytes(self) -> bytes:
        """Canonical JSON; ``digests.of_bytes`` of it is the report's digest."""
        return digests.canonical_json(
            {
                "schemaVersion": SCHEMA_VERSION,
                "kind": "SchoolWindows",
                "site": self.site,
                "region": self.region,
                "cluster": self.cluster,
                "device": self.device,
                "release": self.release,
                "reference": self.reference,
                "minimumCell": self.minimum_cell,
                "windows": [_window_json(window) for window in self.windows],
                "offTime": [
                    {"week": use.week.isoformat(), "phase": use.phase.value, "pupils": use.pupils}
                    for use in self.off_time
                ],
                "hidden": self.hidden,
            }
        )


def _window_json(window: Window) -> dict[str, Any]:
    stamp, scores, outcomes = window.stamp, window.scores, window.outcomes
    return {
        "yearGroup": window.year_group,
        "week": window.week.isoformat(),
        "stamp": {
            "academicYear": stamp.academic_year,
            "term": stamp.term,
            "termIndex": stamp.term_index,
            "teachingWeek": stamp.teaching_week,
            "phase": stamp.phase.value,
            "daysSinceBreak": stamp.days_since_break,
        },
        "pupils": window.pupils,
        "classes": window.classes,
        "classSquares": window.class_squares,
        "counts": [list(row) for row in window.counts],
        "between": list(window.between),
        "scores": {
            "counts": list(scores.counts),
            "total": scores.total,
            "squares": scores.squares,
            "offered": scores.offered,
            "offeredTotal": scores.offered_total,
        },
        "confidence": {"first": window.confidence.first, "unsure": window.confidence.unsure},
        "outcomes": {
            "known": outcomes.known,
            "needed": outcomes.needed,
            "errors": outcomes.errors,
            "total": outcomes.total,
            "squares": outcomes.squares,
            "neededTotal": outcomes.needed_total,
        },
    }
