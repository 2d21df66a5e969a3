"""How well a model would be doing if its scores still meant what they say: an estimate without outcomes.

Good only for calibrated models, and blind to the very thing that retraining is for: where the link between pupils and
outcomes changed, the scores are wrong about themselves. So it is never evidence that nothing changed.
"""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, slots=True)
class ScoreSums:
    """Sums over scored pupils, which add up over windows.

    Attributes:
        rows: number of scores.
        scores: sum of the scores.
        squares: sum of their squares.
        offered: number of offers.
        offered_scores: sum of the scores of those offered.
    """

    rows: float
    scores: float
    squares: float
    offered: float
    offered_scores: float


@dataclass(frozen=True, slots=True)
class OutcomeSums:
    """Sums over scored pupils whose outcome is known.

    Attributes:
        rows: number of them.
        needed: number who needed support.
        errors: number for whom offer and need differ.
        scores: sum of the scores.
        squares: sum of their squares.
        needed_scores: sum of the scores of those who needed it.
    """

    rows: float
    needed: float
    errors: float
    scores: float
    squares: float
    needed_scores: float

    @property
    def brier(self) -> float:
        """Sum of (score - outcome)^2. Example: scores 0.2 and 0.9, the second needed: 0.04 + 0.01 = 0.05."""
        return self.squares - 2 * self.needed_scores + self.needed


@dataclass(frozen=True, slots=True)
class Calibration:
    """Whether scores mean what they say.

    Attributes:
        gap: mean score minus share that needed support, with its standard error.
        slope: rise of the outcome per rise of the score; 1 is right. NaN when all scores are equal.
    """

    gap: float
    gap_error: float
    slope: float


def expected_error_rate(sums: ScoreSums) -> float:
    """Share for whom offer and need will differ, if the scores are right.

    Returns:
        In [0, 1]; at least one row is needed. Example: scores 0.2 (not offered) and 0.9 (offered): (0.2 + 0.1) / 2 = 0.15.

    Source:
        Confidence-based performance estimation; Garg et al., ICLR 2022, section 3, for the idea and its limits.
    """
    missed = sums.scores - sums.offered_scores
    needless = sums.offered - sums.offered_scores
    return (missed + needless) / sums.rows


def calibration(sums: OutcomeSums) -> Calibration:
    """Calibration from sums; at least two rows.

    Returns:
        Example: scores 0, 0, 1, 1 of which the last two needed support: gap 0, slope 1.

    Source:
        Calibration in the large and slope of the linear probability form; Cox 1958, Biometrika 45(3).
    """
    mean, rate = sums.scores / sums.rows, sums.needed / sums.rows
    spread = sums.squares / sums.rows - mean**2
    together = sums.needed_scores / sums.rows - mean * rate
    return Calibration(
        gap=mean - rate,
        gap_error=float(np.sqrt(max(sums.brier / sums.rows - (mean - rate) ** 2, 0.0) / sums.rows)),
        slope=together / spread if spread > 0 else float("nan"),
    )
