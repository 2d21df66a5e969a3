"""Evidently's verdicts on given windows, with its defaults. Usage: evidently_alarms WINDOWS.npz TRIALS."""

import sys
from typing import Any

import numpy as np
import pandas as pd
from evidently import DataDefinition, Dataset, Report
from evidently.presets import DataDriftPreset

from bench import frames
from bench.passes import answers

DEFINITION = DataDefinition(numerical_columns=list(frames.NUMERIC), categorical_columns=list(frames.CATEGORICAL))


def dataset(arrays: Any, trial: int, kind: str) -> Dataset:
    """One window as Evidently wants it."""
    letters = pd.Index(frames.CATEGORIES)
    columns = {name: arrays[f"{trial}/{kind}/{name}"] for name in frames.NUMERIC}
    words = {name: letters.take(arrays[f"{trial}/{kind}/{name}"]) for name in frames.CATEGORICAL}
    return Dataset.from_pandas(pd.DataFrame(columns | words), DEFINITION)


def main() -> None:
    """Counts the windows in which any column was called changed, and those in which half of them were."""
    trials = int(sys.argv[2])
    with np.load(sys.argv[1]) as arrays:

        def judge(trial: int) -> dict[str, float]:
            report = Report([DataDriftPreset()])
            pair = (dataset(arrays, trial, kind) for kind in ("current", "reference"))
            value: dict[str, float] = report.run(*pair).dict()["metrics"][0]["value"]
            return value

        found, seconds = answers.timed(lambda: [judge(trial) for trial in range(trials)])
    counts = {
        "any column": sum(value["count"] >= 1 for value in found),
        "half of the columns": sum(value["share"] >= 0.5 for value in found),
    }
    answers.answer(seconds, checksum=0, found=counts)


if __name__ == "__main__":
    main()
