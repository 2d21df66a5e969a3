"""The frame around every pass: one at a time for each object, one line in the log, no error left to Kopf."""

import asyncio
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable

import structlog

from homeroom.district.operator import metrics as operator_metrics
from homeroom.domain import errors

_log = structlog.get_logger()


class Passes:
    """Runs passes over objects of one kind.

    Whatever goes wrong in a pass is logged and tried again by the next one: every pass sees the whole object, so
    nothing is lost by dropping one.

    Args:
        kind: for log lines and metrics.
        reconcile: one pass over the object of that name; whether anything was written.
        metrics: where passes are counted.
    """

    def __init__(
        self, kind: str, reconcile: Callable[[str], Awaitable[bool]], metrics: operator_metrics.Metrics
    ) -> None:
        self._kind = kind
        self._reconcile = reconcile
        self._metrics = metrics
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def run(self, name: str) -> None:
        """One pass, after any that runs for the same object."""
        async with self._locks[name]:
            started = time.monotonic()
            outcome = await self._outcome(name)
            self._metrics.passes.labels(self._kind, outcome).inc()
            self._metrics.seconds.labels(self._kind).observe(time.monotonic() - started)

    async def _outcome(self, name: str) -> str:
        log, started = _log.bind(kind=self._kind, name=name), time.monotonic()
        try:
            changed = await self._reconcile(name)
        except (errors.NotReady, errors.Refused) as exc:
            log.info("pass_postponed", message=str(exc))  # somebody wrote in between, or another operator does now
            return "postponed"
        except errors.HomeroomError as exc:
            log.warning("pass_failed", error=type(exc).__name__, message=str(exc))
            return "failed"
        except Exception:  # outermost frame of a pass
            log.exception("pass_broke")
            return "failed"
        duration_ms = round(1000 * (time.monotonic() - started))
        (log.info if changed else log.debug)("pass_done", changed=changed, duration_ms=duration_ms)
        return "changed" if changed else "unchanged"
