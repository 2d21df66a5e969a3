"""Waiting for a real part: asks again until it is so, never longer than a deadline."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

T = TypeVar("T")

INTERVAL = timedelta(milliseconds=50)


async def until(attempt: Callable[[], Awaitable[T | None]], deadline: timedelta = timedelta(seconds=60)) -> T:
    """The first true answer of ``attempt``; fails the test when none comes in time."""
    end = time.monotonic() + deadline.total_seconds()
    while True:
        answer = await attempt()
        if answer:
            return answer
        if time.monotonic() > end:
            message = f"{getattr(attempt, '__name__', 'it')} was still {answer!r} after {deadline.total_seconds():g} s"
            raise AssertionError(message)
        await asyncio.sleep(INTERVAL.total_seconds())
