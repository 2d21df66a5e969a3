"""When a call to a registry is worth repeating, and how long to wait before."""

from dataclasses import dataclass

import tenacity

from homeroom.domain import errors


@dataclass(frozen=True, slots=True)
class Retries:
    """How stubborn a client is.

    Attributes:
        attempts: calls in a row that may fail before the caller hears of it.
        first_seconds: longest wait after the first failure; doubles each time. The wait is drawn from 0 up to it, so
            that many schools that lost one hub do not come back in step.
        longest_seconds: the wait never grows beyond this.
    """

    attempts: int = 5
    first_seconds: float = 0.25
    longest_seconds: float = 10.0

    def each(self) -> tenacity.AsyncRetrying:
        """One round of attempts at something that may raise ``Unavailable`` or ``NotReady`` for a while."""
        return tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(_passes_by),
            stop=tenacity.stop_after_attempt(self.attempts),
            wait=self._wait,
            reraise=True,
        )

    def _wait(self, state: tenacity.RetryCallState) -> float:
        backoff = tenacity.wait_random_exponential(multiplier=self.first_seconds, max=self.longest_seconds)(state)
        asked = _asked_seconds(state)
        return max(backoff, min(asked, self.longest_seconds))


class Busy(errors.NotReady):
    """The registry asked us to come back later."""


def _passes_by(error: BaseException) -> bool:
    return isinstance(error, errors.Unavailable | Busy)


def _asked_seconds(state: tenacity.RetryCallState) -> float:
    error = state.outcome.exception() if state.outcome is not None else None
    return error.retry_after.total_seconds() if isinstance(error, Busy) else 0.0
