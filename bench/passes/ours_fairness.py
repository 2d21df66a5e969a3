"""Our fairness gate: every group against the rest, with 1,000 resamples of schools. Usage: ours_fairness ROWS GROUPS.

A policy protects at most 32 groups; how many more cells behave is told of Fairlearn only.
"""

import sys

import numpy as np

from bench import evidence, frames
from bench.passes import answers
from homeroom.gates import evaluationtables, fairness

SCHOOLS = 200


def main() -> None:
    """Verdicts of all groups."""
    rows, groups = int(sys.argv[1]), int(sys.argv[2])
    truth, predicted = frames.outcomes(rows)
    names = [f"g{number}" for number in range(groups)]
    few = evidence.features(
        lambda name: frames.numeric(frames.REFERENCE, name, 1000),
        lambda name: frames.categorical(frames.REFERENCE, name, 1000),
    )
    known = evidence.build(
        # Fairness reads no feature.
        evaluationtables.Features((np.broadcast_to(np.float32(0), rows),) * len(few.columns)),
        evidence.reference(few),
        school=frames.schools(rows, SCHOOLS),
        needed=truth == 1,
        scores=np.where(predicted == 1, 0.9, 0.1),
        group=frames.members(rows, groups),
        limits=evidence.policy(names),
    )
    verdicts, seconds = answers.timed(lambda: fairness.decide(known))
    widest = max(abs(verdict.estimate or 0.0) for verdict in verdicts)
    answers.answer(seconds, checksum=frames.checksum(truth), found={"verdicts": len(verdicts), "widest": widest})


if __name__ == "__main__":
    main()
