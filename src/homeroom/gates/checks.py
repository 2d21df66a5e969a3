"""What the number of each check is, and on which side of its limit it is good: one line for each name that verdicts carry.

The page of a run writes numbers by it, and ``gates.verification`` holds outcomes against it, also of reports that are years old.
"""

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Check:
    """One check.

    Attributes:
        scale: what its number is multiplied by to be read.
        unit: words after it; empty for a bare number.
        more_is_better: whether it has to be above its limit instead of below.
        stands_unless_refuted: whether it passes as long as its range does not lie wholly on the wrong side, as what somebody
            declares does; every other check has to lie wholly on the right one.
    """

    scale: int = 1
    unit: str = ""
    more_is_better: bool = False
    stands_unless_refuted: bool = False


_OF_HUNDRED: Final = Check(100, "of 100")
_OF_THOUSAND: Final = Check(1000, "of 1000")
_POINTS: Final = Check(100, "points")
_DAYS: Final = Check(1, "days")
_UNKNOWN: Final = Check()

CHECKS: Final = {
    "au.purposeAndRetention": _DAYS,
    "coppa.retention": _DAYS,
    "dp.statement": Check(),
    "drift.age-dependent": Check(100, "of 100", stands_unless_refuted=True),
    "drift.input": _OF_HUNDRED,
    "drift.loss": _POINTS,
    "drift.mix": _OF_HUNDRED,
    "drift.progression": _OF_HUNDRED,
    "drift.same-mix": _POINTS,
    "fairness.abroca": Check(),
    "fairness.both-directions": _OF_HUNDRED,
    "fairness.calibration": _OF_HUNDRED,
    "fairness.excess": _OF_HUNDRED,
    "fairness.false-alarms": _OF_HUNDRED,
    "fairness.needless": _OF_HUNDRED,
    "fairness.not-recorded": _OF_HUNDRED,
    "fairness.opposite": _OF_HUNDRED,
    "footprint.latency": Check(1, "milliseconds"),
    "footprint.memory": Check(1, "MiB"),
    "footprint.size": Check(1, "MiB"),
    "gdpr.purpose": _DAYS,
    "privacy.anonymity": Check(1, "pupils", more_is_better=True),
    "privacy.combinations": _OF_HUNDRED,
    "privacy.fallback-cells": Check(1, "pupils", more_is_better=True),
    "privacy.membership": _OF_HUNDRED,
    "privacy.memorised": _OF_THOUSAND,
    "purpose.columns": Check(1, "columns"),
    "purpose.flagDays": _DAYS,
    "quality.agreement": Check(),
    "quality.benefit": Check(1000, "of 1000", more_is_better=True),
    "quality.calibration": _OF_HUNDRED,
    "quality.drop-one": _OF_THOUSAND,
    "quality.ordering": _OF_HUNDRED,
    "quality.stage-agreement": _OF_HUNDRED,
    "watch.detectable": _OF_HUNDRED,
    "watch.input": _OF_HUNDRED,
    "watch.mix": _OF_HUNDRED,
}
"""Checks that show a number or a limit, by name."""


def of(name: str) -> Check:
    """That check; one with a bare number, better when less, where a newer engine knows it and this one does not."""
    return CHECKS.get(name, _UNKNOWN)
