"""The two loops of the operator: passes over releases and waves, and the sweep over schools."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from homeroom.district.operator import passes, sweep, world
from homeroom.domain import errors

GATHER_SECONDS = 0.2
"""After a wake-up, so that a burst of events is one pass and our own watch has seen what Kopf saw."""

_log = structlog.get_logger()


class Loops:
    """Looks at everything when something changed, and every so often in any case.

    Releases and waves are few, so each pass is over all of them: which event woke the loop has no meaning.

    Args:
        look: the objects as of now.
        releases: passes over ModelReleases.
        waves: passes over RolloutWaves.
        schools: the sweep.
        forget: drops what is remembered of deleted waves.
        resync_seconds: longest time between two passes.
        sweep_seconds: time between two sweeps.
    """

    def __init__(
        self,
        *,
        look: Callable[[], world.World],
        releases: passes.Passes,
        waves: passes.Passes,
        schools: sweep.Sweep,
        forget: Callable[[], Awaitable[None]],
        resync_seconds: float,
        sweep_seconds: float,
    ) -> None:
        self._look = look
        self._releases = releases
        self._waves = waves
        self._schools = schools
        self._forget = forget
        self._resync_seconds = resync_seconds
        self._sweep_seconds = sweep_seconds
        self._woken = asyncio.Event()
        self._turned_at = time.monotonic()

    @property
    def silent_seconds(self) -> float:
        """Time since the loop over releases and waves last came round."""
        return time.monotonic() - self._turned_at

    def wake(self) -> None:
        """Look again soon."""
        self._woken.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Passes until ``stop`` is set."""
        while not stop.is_set():
            self._woken.clear()
            seen = self._look()
            await asyncio.gather(*(self._releases.run(name) for name in seen.releases))
            await asyncio.gather(*(self._waves.run(name) for name in seen.waves))
            self._turned_at = time.monotonic()
            await _first(self._woken, stop, seconds=self._resync_seconds)
            await _first(stop, seconds=GATHER_SECONDS)

    async def run_sweeps(self, stop: asyncio.Event) -> None:
        """Sweeps until ``stop`` is set."""
        while not stop.is_set():
            try:
                await self._forget()
                written = await self._schools.once()
            except errors.HomeroomError as exc:
                _log.warning("sweep_failed", error=type(exc).__name__, message=str(exc))
            except Exception:  # noqa: BLE001 - outermost frame of a sweep; the next one starts afresh
                _log.exception("sweep_broke")
            else:
                (_log.info if written else _log.debug)("sweep_done", written=written)
            await _first(stop, seconds=self._sweep_seconds)


async def _first(*events: asyncio.Event, seconds: float) -> None:
    """Returns when one of ``events`` is set, or after that time."""
    tasks = [asyncio.create_task(event.wait()) for event in events]
    try:
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
