"""What watching does with a window: sketching its rows where they are, and comparing the sketch with the stored one.

Usage: ours_sketches ROWS [--compare]. Timed is the sketch of 20 columns over classes of 20, or with --compare the comparison of
two sketches; the stored one is made before, as training does.
"""

import sys

import numpy as np

from bench import frames, schoolyears, windowalarms
from bench.passes import answers
from homeroom.stats import clusters, comparisons, tallies


def main() -> None:
    """One pass."""
    rows = int(sys.argv[1])
    room = np.arange(rows) // schoolyears.CLASS_ROWS
    trained = _values(frames.REFERENCE, rows)
    counts = tallies.tally(trained, windowalarms.EDGES, np.zeros(windowalarms.SHAPE)).counts
    scores = comparisons.normal_scores(counts)
    stored = tallies.tally(trained, windowalarms.EDGES, scores, room)
    del trained
    values = _values(frames.CURRENT, rows)
    checksum = frames.checksum(frames.numeric(frames.CURRENT, frames.SHIFTED, rows))
    now, seconds = answers.timed(lambda: tallies.tally(values, windowalarms.EDGES, scores, room))
    alike = stored.correlation(scores)
    found, compared = answers.timed(lambda: comparisons.compare(now, stored, scores, alike, windowalarms.ORDERED))
    differing = int((found.adjusted <= windowalarms.LEVEL).sum())
    answers.answer(compared if "--compare" in sys.argv else seconds, checksum=checksum, found=differing)


def _values(which: int, rows: int) -> clusters.FloatArray:
    """Columns of a frame, numbers first; shape (rows, 20), in the order in which columns are read."""
    values = np.empty((rows, windowalarms.COLUMNS), order="F")
    for index, name in enumerate(frames.NUMERIC):
        values[:, index] = frames.numeric(which, name, rows)
    for index, name in enumerate(frames.CATEGORICAL, len(frames.NUMERIC)):
        values[:, index] = frames.categorical(which, name, rows)
    return values


if __name__ == "__main__":
    main()
