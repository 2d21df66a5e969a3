"""What the demo was asked to do, and the sizes of its scenario."""

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from homeroom.client import boxes
from homeroom.domain import errors


@dataclass(frozen=True, slots=True)
class Options:
    """Arguments of ``homeroom demo``.

    Attributes:
        state: state directory; a second run goes on from it.
        report: where the measurements go.
        stop_at_end: stop instead of staying up.
        reset: forget the state first.
    """

    state: Path
    report: Path
    stop_at_end: bool = False
    reset: bool = False


PURPOSE = "support-offer"
"""What the example's model is for."""

POLL = timedelta(seconds=2)
"""How often a school asks for news; in production minutes."""

STATUS = timedelta(seconds=2)
"""How often a school reports when nothing happens; in production minutes."""

OFFLINE_AFTER = timedelta(seconds=8)
"""A school that was silent for longer is shown as offline: four reports must be missing on a busy machine."""

RESYNC = timedelta(seconds=1)
"""How often an operator looks again."""

SOAK = "3s"
"""How long a school must be healthy before its place goes to the next; in production school days."""

QUEUED_REPORTS = 1_000
"""How many reports must wait at the schools before the line comes back."""


def example_directory() -> Path:
    """``examples/reading-support`` of the checkout that this package runs from.

    Raises:
        SpecError: there is no checkout around the package.
    """
    example = Path(__file__).parents[3] / "examples" / "reading-support"
    if not (example / "train.py").is_file():
        raise errors.SpecError(
            f"no example in {example}: run the demo from a checkout (git clone, then make run); "
            "its data is under another licence and is in no package"
        )
    return example


def made_up_pupils() -> boxes.Rows:
    """Rows that nobody's results are behind, to ask schools with."""
    return boxes.read_rows(example_directory() / "made-up-pupils.csv")
