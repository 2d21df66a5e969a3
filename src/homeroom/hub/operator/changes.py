"""Reads from the district which assignments of the hub's schools changed."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

import structlog

from homeroom.domain import errors
from homeroom.hub.operator import knowledge, metrics
from homeroom.hub.store import bundles, database
from homeroom.transport.control import messages

log = structlog.get_logger()

_MAX_PAGES = 100  # in one pass; the next goes on


class District(Protocol):
    """The part of ``ControlClient`` that reading changes needs."""

    async def hub_assignments(self, hub: str, after: int) -> messages.HubAssignments:
        """What changed after that cursor."""


async def gather_changes(
    store: database.Database,
    district: District,
    hub: str,
    known: knowledge.Knowledge,
    meters: metrics.Meters,
    clock: Callable[[], datetime],
) -> None:
    """Stores every change since the last time; what goes wrong ends up in ``known``, to be said in the status."""
    try:
        for _ in range(_MAX_PAGES):
            after = await store.run(bundles.cursor)
            page = await district.hub_assignments(hub, after)
            new = await store.run(bundles.keep, page.bundles, page.cursor)
            known.last_contact, known.version_problem = clock(), ""
            if new:
                log.info("assignments_arrived", bundles=new, cursor=page.cursor)
            if not page.bundles or page.cursor == after:
                break
    except errors.Refused as exc:
        meters.polls.labels(outcome="refused").inc()
        if exc.reason == "ProtocolMismatch":
            known.version_problem = str(exc)
        log.warning("district_refuses", why=str(exc), reason=exc.reason)
    except (errors.Unavailable, errors.NotReady, errors.SpecError) as exc:
        meters.polls.labels(outcome=type(exc).__name__).inc()
        log.debug("district_unreachable", why=str(exc))
    else:
        meters.polls.labels(outcome="answered").inc()
