"""Makes the deliberately unfair release, so that the gates can be seen to refuse one.

The outcomes of pupils who needed support in inner-city schools are written as "did not need it" before training, as if
somebody had taken "was not referred last year" for "does not need help". The share is raised until the unfairness is
beyond doubt: the lower bound of the excess of being missed is above the limit for pupils with free lunch and for Black
pupils. Evaluation keeps the true outcomes.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from dataset import Dataset
from evaluation import Labels, cross_fit_model
from measures import GroupExcess, missed_excess
from stages import new_core

SEED = 1989
EXCESS_LIMIT = 0.10
MUST_EXCEED = ("free lunch", "Black")
SHARES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)


@dataclass(frozen=True)
class Planted:
    """Outcomes to train on, and how they were made.

    Attributes:
        outcome: shape (n,).
        share: share of positives of inner-city schools that were written as negatives.
        relabelled: number of rows changed.
        excess: what the core stage shows with it, by group.
    """

    outcome: Labels
    share: float
    relabelled: int
    excess: tuple[GroupExcess, ...]

    def to_json(self) -> dict[str, Any]:
        """Record of the planting, for planting.json."""
        return {
            "how": "outcomes of pupils who needed support in inner-city schools were written as not needing it",
            "shareRelabelled": self.share,
            "rowsRelabelled": self.relabelled,
            "seed": SEED,
            "evaluationOutcomes": "true",
            "excessMissed": [
                {"group": e.name, "estimate": round(e.estimate, 4), "lowerBound": round(e.low, 4)} for e in self.excess
            ],
        }


def plant(data: Dataset) -> Planted:
    """Raises the share until both groups are missed too often beyond doubt.

    Raises:
        SystemExit: even the full share does not do it.
    """
    positives = np.flatnonzero((data.school_type == "inner") & (data.outcome == 1))
    order = np.random.default_rng(SEED).permutation(positives)
    for share in SHARES:
        outcome = data.outcome.copy()
        chosen = order[: round(share * len(order))]
        outcome[chosen] = 0
        excess = missed_excess(data, cross_fit_model(data, outcome, new_core))
        if all(entry.low > EXCESS_LIMIT for entry in excess if entry.name in MUST_EXCEED):
            return Planted(outcome=outcome, share=share, relabelled=len(chosen), excess=excess)
    raise SystemExit("no share of relabelled outcomes makes the release unfair beyond doubt; plant it differently")
