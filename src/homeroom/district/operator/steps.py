"""Long work beside the passes: at most one task for each step, with a deadline, tried again with growing pauses."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta

import structlog

from homeroom.district.operator import metrics as operator_metrics
from homeroom.domain import digests, errors, readiness

LONGEST_PAUSE = timedelta(minutes=5)

_log = structlog.get_logger()


class Blocked(errors.SpecError):
    """A step cannot be done with these inputs.

    Attributes:
        reason: of the condition that says so.
    """

    def __init__(self, reason: readiness.Reason, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Key:
    """One step of one release on one set of inputs; other inputs are another step, without the old fault."""

    release: str
    step: readiness.Step
    inputs: digests.Digest


@dataclass(slots=True)
class _Failed:
    fault: readiness.Fault
    tries: int
    again_at: float


class Steps:
    """Runs steps and remembers only why the last try failed; outputs are recorded by the work itself.

    Args:
        deadline: longest time for one try.
        retry: first pause after a failed try; doubles up to ``LONGEST_PAUSE``.
        metrics: where ends are counted.
        on_end: called after every try, so that the release is looked at again at once.
        parallel: steps that run at the same time.
    """

    def __init__(
        self,
        *,
        deadline: timedelta,
        retry: timedelta,
        metrics: operator_metrics.Metrics,
        on_end: Callable[[str], Awaitable[None]],
        parallel: int = 2,
    ) -> None:
        self._deadline = deadline
        self._retry = retry
        self._metrics = metrics
        self._on_end = on_end
        self._slots = asyncio.Semaphore(parallel)
        self._tasks: dict[Key, asyncio.Task[None]] = {}
        self._failed: dict[Key, _Failed] = {}

    def fault(self, key: Key) -> readiness.Fault | None:
        """Why the last try failed; None when there was none, or while it has not ended."""
        failed = self._failed.get(key)
        return None if failed is None else failed.fault

    def ensure(self, key: Key, work: Callable[[], Awaitable[None]]) -> bool:
        """Starts ``work`` unless it runs already or failed too short a while ago; whether it was started."""
        failed = self._failed.get(key)
        waits = failed is not None and asyncio.get_running_loop().time() < failed.again_at
        if key in self._tasks or waits:
            return False
        self._tasks[key] = asyncio.create_task(self._run(key, work), name=f"{key.step.name} {key.release}")
        return True

    def forget(self, release: str) -> None:
        """Stops everything for a release that is gone."""
        for key in [key for key in self._tasks if key.release == release]:
            self._tasks[key].cancel()
        for key in [key for key in self._failed if key.release == release]:
            del self._failed[key]

    async def close(self) -> None:
        """Cancels what runs and waits for it."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _run(self, key: Key, work: Callable[[], Awaitable[None]]) -> None:
        try:
            async with self._slots:
                fault = await self._tried(key, work)
        finally:
            self._tasks.pop(key, None)
        if fault is None:
            self._failed.pop(key, None)
        else:
            self._failed[key] = self._later(key, fault)
        self._metrics.steps.labels(key.step.name.lower(), "done" if fault is None else "failed").inc()
        await self._on_end(key.release)

    async def _tried(self, key: Key, work: Callable[[], Awaitable[None]]) -> readiness.Fault | None:
        log = _log.bind(release=key.release, step=key.step.name.lower())
        try:
            async with asyncio.timeout(self._deadline.total_seconds()):
                await work()
        except Exception as exc:
            fault = _fault(key.step, exc, self._deadline)
            if isinstance(exc, errors.HomeroomError | TimeoutError):
                log.warning("step_failed", reason=fault.reason.value, message=fault.message)
            else:
                log.exception("step_broke", reason=fault.reason.value)
            return fault
        log.info("step_done")
        return None

    def _later(self, key: Key, fault: readiness.Fault) -> _Failed:
        before = self._failed.get(key)
        tries = 1 if before is None else before.tries + 1
        pause = min(self._retry * 2 ** min(tries - 1, 16), LONGEST_PAUSE)
        return _Failed(fault, tries, asyncio.get_running_loop().time() + pause.total_seconds())


def _fault(step: readiness.Step, exc: Exception, deadline: timedelta) -> readiness.Fault:
    if isinstance(exc, Blocked):
        return readiness.Fault(step, exc.reason, str(exc))
    reason = readiness.Reason.JOB_FAILED if step is readiness.Step.GATES else readiness.Reason.REGISTRY_UNAVAILABLE
    if isinstance(exc, TimeoutError):
        return readiness.Fault(step, reason, f"not finished after {deadline.total_seconds():g} s; it is tried again")
    if isinstance(exc, errors.HomeroomError):
        return readiness.Fault(step, reason, str(exc))
    return readiness.Fault(step, reason, f"{type(exc).__name__} inside the operator: see its log; it is tried again")


@contextlib.contextmanager
def blocked_as(reason: readiness.Reason) -> Iterator[None]:
    """Turns a ``SpecError`` of the block into a ``Blocked`` with that reason."""
    try:
        yield
    except Blocked:
        raise
    except errors.SpecError as exc:
        raise Blocked(reason, str(exc)) from exc
