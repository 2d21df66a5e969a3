"""A copy of all objects of one kind, kept up to date by a watch."""

import asyncio
import contextlib
import random
from collections.abc import Mapping
from datetime import timedelta
from types import TracebackType
from typing import Any, Self

import structlog

from homeroom.domain import errors
from homeroom.kube import answers, client, watches
from homeroom.resources import kinds

_FIRST_PAUSE = timedelta(milliseconds=200)
_LONGEST_PAUSE = timedelta(seconds=10)
"""An API server that comes back should find its watchers soon, but not all in the same second."""

_log = structlog.get_logger()


class WatchCache:
    """All objects of one kind, as of a moment ago; starts and stops with its ``async with`` block.

    It lists once and then follows a watch, from the last version whenever the server ends the stream in good order.
    When the stream breaks, or the version is too old (410), it lists again: after a restore from backup the versions
    start lower, and a watch from a version of the future is silent for ever. A stream without even a bookmark for
    longer than ``inactivity`` counts as broken. While the API server is away the last copy stays readable: stale is
    better than empty.

    Args:
        kube: where to look.
        kind: what to keep.
        inactivity: longest silence of a healthy stream.
    """

    def __init__(
        self, kube: client.Kubernetes, kind: kinds.Kind, *, inactivity: timedelta = watches.INACTIVITY
    ) -> None:
        self._kube = kube
        self._kind = kind
        self._inactivity = inactivity
        self._items: dict[str, dict[str, Any]] = {}
        self._version: str | None = None
        self._synced = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Starts following; ``wait_synced`` tells when the first list is in."""
        self._task = asyncio.create_task(self._follow(), name=f"watch {self._kind.plural}")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops following."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def wait_synced(self, deadline: timedelta = timedelta(seconds=30)) -> None:
        """Returns when the first list is in.

        Raises:
            Unavailable: it was not within ``deadline``.
        """
        try:
            async with asyncio.timeout(deadline.total_seconds()):
                await self._synced.wait()
        except TimeoutError as exc:
            raise errors.Unavailable(
                f"Kubernetes API: {self._kind.plural} could not be listed within {deadline.total_seconds():g} s"
            ) from exc

    def items(self) -> dict[str, dict[str, Any]]:
        """Every object by name; empty before the first list. Do not change the objects: they are the copy."""
        return dict(self._items)

    def get(self, name: str) -> Mapping[str, Any] | None:
        """That object, None when there is none."""
        return self._items.get(name)

    async def _follow(self) -> None:
        failures = 0
        while True:
            try:
                await self._follow_once()
                failures = 0
            except answers.Gone:
                self._version = None
            except errors.HomeroomError as exc:
                self._version = None
                failures += 1
                _log.warning("watch_broken", kind=self._kind.kind, failures=failures, error=str(exc))
                await asyncio.sleep(_pause(failures).total_seconds())

    async def _follow_once(self) -> None:
        """Lists when there is nothing to go on from, then follows one stream to its end."""
        if self._version is None:
            listing = await self._kube.listing(self._kind)
            self._items = {item["metadata"]["name"]: item for item in listing.items}
            self._version = listing.resource_version
            self._synced.set()
        events = self._kube.watch(self._kind, self._version, inactivity=self._inactivity)
        async with contextlib.aclosing(events):
            async for event in events:
                self._take(event)

    def _take(self, event: watches.Event) -> None:
        self._version = event.resource_version
        if event.type is watches.EventType.DELETED:
            self._items.pop(event.name, None)
        elif event.type is not watches.EventType.BOOKMARK:
            self._items[event.name] = event.body


def _pause(failures: int) -> timedelta:
    """Doubles from a fifth of a second to ten seconds; the half of it is chance, so that watchers spread out."""
    longest = min(_FIRST_PAUSE * 2.0 ** min(failures - 1, 10), _LONGEST_PAUSE)
    return longest * random.uniform(0.5, 1)  # noqa: S311 - spreads load, guards nothing
