"""Our drift gate against a stored reference: verdicts of 20 columns, with bounds over schools, in all and in each year group.

Usage: ours_drift ROWS REFERENCE [--whole | --prepare]. Others ask about inputs only, and so does this unless --whole adds what
age, losses and expected progression say. With --prepare it makes the reference, as training does; that is not timed.
"""

import pathlib
import sys

from bench import evidence, frames
from bench.passes import answers
from homeroom.gates import drift
from homeroom.gates.shifts import features

SCHOOLS = 200


def main() -> None:
    """One pass, or the reference for all of them."""
    rows, stored = int(sys.argv[1]), pathlib.Path(sys.argv[2])
    which = frames.REFERENCE if "--prepare" in sys.argv else frames.CURRENT
    values = evidence.features(
        lambda name: frames.numeric(which, name, rows), lambda name: frames.categorical(which, name, rows)
    )
    checksum = frames.checksum(frames.numeric(which, frames.SHIFTED, rows))
    if which == frames.REFERENCE:
        stored.write_bytes(evidence.reference(values))
        answers.answer(0.0, checksum=checksum, found=None)
        return
    known = evidence.build(values, stored.read_bytes(), school=frames.schools(rows, SCHOOLS))
    verdicts, seconds = answers.timed(lambda: (drift if "--whole" in sys.argv else features).decide(known))
    found = {verdict.subject: verdict.outcome.value for verdict in verdicts if verdict.outcome.value != "Pass"}
    answers.answer(seconds, checksum=checksum, found=found)


if __name__ == "__main__":
    main()
