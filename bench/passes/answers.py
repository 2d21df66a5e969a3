"""The line that a pass prints."""

import json
import time
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    """What the work gives, and how many seconds it took."""
    began = time.perf_counter()
    result = work()
    return result, time.perf_counter() - began


def answer(seconds: float, *, checksum: int, found: object) -> None:
    """Prints the pass.

    Args:
        seconds: of the work.
        checksum: of a column of the frames.
        found: what the contestant found, for the eye and for checks.
    """
    print(json.dumps({"seconds": seconds, "checksum": checksum, "found": found}))
