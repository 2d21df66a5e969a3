"""Evidently's DataDriftPreset with its defaults. Usage: evidently_drift ROWS."""

import sys

import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

from bench import frames
from bench.passes import answers


def build(which: int, rows: int) -> pd.DataFrame:
    """One frame as Evidently wants it."""
    letters = pd.Index(frames.CATEGORIES)
    columns = {name: frames.numeric(which, name, rows) for name in frames.NUMERIC}
    words = {name: letters.take(frames.categorical(which, name, rows)) for name in frames.CATEGORICAL}
    return pd.DataFrame(columns | words)


def main() -> None:
    """One report."""
    rows = int(sys.argv[1])
    reference, current = build(frames.REFERENCE, rows), build(frames.CURRENT, rows)
    definition = DataDefinition(numerical_columns=list(frames.NUMERIC), categorical_columns=list(frames.CATEGORICAL))

    def work() -> object:
        datasets = (Dataset.from_pandas(frame, definition) for frame in (current, reference))
        return Report([DataDriftPreset()]).run(*datasets).dict()["metrics"][0]["value"]

    found, seconds = answers.timed(work)
    answers.answer(seconds, checksum=frames.checksum(current[frames.SHIFTED].to_numpy()), found=found)


if __name__ == "__main__":
    main()
