"""NannyML's univariate calculator: KS and chi-square with Jensen-Shannon, ten chunks. Usage: nannyml_drift ROWS."""

import sys

import nannyml
import pandas as pd

from bench import frames
from bench.passes import answers


def build(which: int, rows: int) -> pd.DataFrame:
    """One frame as NannyML wants it."""
    letters = pd.Index(frames.CATEGORIES)
    columns = {name: frames.numeric(which, name, rows) for name in frames.NUMERIC}
    words = {name: letters.take(frames.categorical(which, name, rows)) for name in frames.CATEGORICAL}
    return pd.DataFrame(columns | words)


def main() -> None:
    """Fits on the reference and calculates on the current frame."""
    rows = int(sys.argv[1])
    reference, current = build(frames.REFERENCE, rows), build(frames.CURRENT, rows)

    def work() -> int:
        calculator = nannyml.UnivariateDriftCalculator(
            column_names=list(reference.columns),
            continuous_methods=["kolmogorov_smirnov", "jensen_shannon"],
            categorical_methods=["chi2", "jensen_shannon"],
            chunk_number=10,
        )
        calculator.fit(reference)
        return int(calculator.calculate(current).filter(period="analysis").to_df().shape[0])

    found, seconds = answers.timed(work)
    answers.answer(seconds, checksum=frames.checksum(current[frames.SHIFTED].to_numpy()), found=found)


if __name__ == "__main__":
    main()
