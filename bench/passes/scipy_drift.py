"""scipy's two-sample KS of each numeric column, as a person would write it. Usage: scipy_drift ROWS."""

import sys

from scipy import stats

from bench import frames
from bench.passes import answers


def main() -> None:
    """Sixteen tests; the categorical columns are left out."""
    rows = int(sys.argv[1])
    pairs = [
        (frames.numeric(frames.REFERENCE, name, rows), frames.numeric(frames.CURRENT, name, rows))
        for name in frames.NUMERIC
    ]
    found, seconds = answers.timed(lambda: [float(stats.ks_2samp(*pair, method="asymp").statistic) for pair in pairs])
    answers.answer(seconds, checksum=frames.checksum(pairs[0][1]), found=found[0])


if __name__ == "__main__":
    main()
