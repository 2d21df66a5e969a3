"""What watching does with a window: sketching its rows where they are, and comparing the sketch with the stored one.

Usage: ours_sketches ROWS [--compare]. Timed is the sketch of 16 numeric inputs over classes of 20, or with --compare the
comparison of two sketches; the stored one is made before.
"""

import sys

import numpy as np

from bench import evidence, frames, schoolyears, windowalarms
from bench.passes import answers
from homeroom.stats import clusters


def main() -> None:
    """One pass."""
    rows = int(sys.argv[1])
    room = np.arange(rows) // schoolyears.CLASS_ROWS
    few = evidence.features(
        lambda name: frames.numeric(frames.REFERENCE, name, 5000),
        lambda name: frames.categorical(frames.REFERENCE, name, 5000),
    )
    known = windowalarms.bins_of(few)
    stored = windowalarms.sketch(_values(frames.REFERENCE, rows), room, known)
    values = _values(frames.CURRENT, rows)
    checksum = frames.checksum(values[frames.SHIFTED])
    now, seconds = answers.timed(lambda: windowalarms.sketch(values, room, known))
    found, compared = answers.timed(lambda: windowalarms.changed(now, stored, known))
    answers.answer(compared if "--compare" in sys.argv else seconds, checksum=checksum, found=int(found.sum()))


def _values(which: int, rows: int) -> dict[str, clusters.FloatArray]:
    return {name: frames.numeric(which, name, rows) for name in frames.NUMERIC}


if __name__ == "__main__":
    main()
