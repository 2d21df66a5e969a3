"""Fairlearn's MetricFrame with five metrics and no intervals. Usage: fairlearn_fairness ROWS GROUPS."""

import sys
import warnings

import pandas as pd
from fairlearn.metrics import (
    MetricFrame,
    false_negative_rate,
    false_positive_rate,
    selection_rate,
    true_positive_rate,
)
from sklearn.metrics import accuracy_score

from bench import frames
from bench.passes import answers


def main() -> None:
    """Rates by group and their largest difference."""
    rows, groups = int(sys.argv[1]), int(sys.argv[2])
    truth, predicted = frames.outcomes(rows)
    group = pd.Series(frames.members(rows, groups), name="group")
    warnings.simplefilter("ignore")
    metrics = {
        "accuracy": accuracy_score,
        "selected": selection_rate,
        "found": true_positive_rate,
        "flagged": false_positive_rate,
        "missed": false_negative_rate,
    }

    def work() -> float:
        frame = MetricFrame(metrics=metrics, y_true=truth, y_pred=predicted, sensitive_features=group)
        return float(frame.difference()["missed"]) + 0 * len(frame.by_group)

    found, seconds = answers.timed(work)
    answers.answer(seconds, checksum=frames.checksum(truth), found=found)


if __name__ == "__main__":
    main()
