"""Prints every published figure beside the one computed here.

Usage: python run.py [--quick]
"""

import sys

import expected_progression
import growing_pupils
import injection
import numpy as np
import three_calendars
import weekly_looks
import window_nulls
from figures import show


def main(arguments: list[str]) -> int:
    """Exit code 1 when a figure differs."""
    quick = "--quick" in arguments
    rng = np.random.default_rng(20)
    times = 200 if quick else 2000
    print(f"{'':74} {'published':>10} {'computed':>10}  tolerance")
    agree = [
        show(expected_progression.compute()),
        show(growing_pupils.compute()),
        show(weekly_looks.compute(quick=quick)),
        show(window_nulls.compute(times, rng)),
    ]
    for name, found in window_nulls.powers(times, rng).items():
        print(f"{'found, shift of ' + name:74} {'':10} {found:10.4f}")
    say_injection(2 if quick else 20)
    return 0 if all(agree) else 1


def say_injection(runs: int) -> None:
    """How soon planted faults are found."""
    name, calendar = next(iter(three_calendars.calendars().items()))
    weeks, false_alarms, others = injection.report(runs, calendar, three_calendars.PRESENT[name])
    found = sorted(week for week in weeks if week is not None)
    print(
        f"15 % of outcomes turned round in one year group: found in {len(found)} of {len(weeks)} schools in {injection.WEEKS} weeks"
    )
    print(
        f"  median week of those found {found[len(found) // 2] if found else '-'}, false alarms in {false_alarms} of {others} other school years"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
