"""Closing a school for some days on behalf of a person, while others may be doing the same."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from typing import Any

from homeroom.district.app import objects, ports
from homeroom.domain import errors
from homeroom.kube import answers
from homeroom.resources import schoolsites

TRIES = 8
"""Each try fails only because somebody else's write succeeded: two people and the operator need three at most."""
LONGEST_PAUSE_SECONDS = 1.0

Pause = Callable[[float], Awaitable[None]]


async def close(
    cluster: ports.Cluster, name: str, closure: schoolsites.Closure, pause: Pause = asyncio.sleep
) -> dict[str, Any]:
    """The SchoolSite with ``closure`` among its closures; nothing is written when it is there already.

    A patch replaces the whole list, so it is made for the version of the object that was read, and made anew from the
    next one when somebody has written in between.

    Raises:
        NotFound: there is no such school.
        SpecError: the closure does not fit.
        NotReady: others went on writing the object.
    """
    if closure.end < closure.start:
        raise errors.SpecError(f"it ends on {closure.end}, before it starts on {closure.start}: swap them")
    for number in range(TRIES):
        try:
            return await _close(cluster, name, closure)
        except answers.Conflict:
            longest = min(LONGEST_PAUSE_SECONDS, 0.05 * 2**number)
            await pause(longest * random.uniform(0.1, 1.0))  # noqa: S311 - jitter, no secret
    raise errors.NotReady(f"others go on writing SchoolSite {name}: the closure was not added, try again")


async def _close(cluster: ports.Cluster, name: str, closure: schoolsites.Closure) -> dict[str, Any]:
    body = await objects.get(cluster, schoolsites.KIND, name)
    site = schoolsites.parse(body)
    if closure in site.spec.closures:
        return body
    change = {"closures": [each.to_json() for each in (*site.spec.closures, closure)]}
    return await cluster.patch_spec(schoolsites.KIND, name, change, site.metadata.resource_version)
