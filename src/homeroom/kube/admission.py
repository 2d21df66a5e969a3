"""Creating objects that admission policies compare with others.

A ValidatingAdmissionPolicy reads its parameters from a cache of the API server, which may be behind what a client has
just read from the same server (https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/).
Whoever acts at once on what they read may be refused for something that is no longer so.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Protocol

import tenacity

from homeroom.domain import errors
from homeroom.resources import kinds

WAIVER_POLICY = "waiver-names-missing-evidence.homeroom.dev"
"""Denies a decision on a finding that, by its parameters, does not lack evidence."""

LAG = timedelta(seconds=5)
"""Far longer than the cache of a healthy API server is behind, and still an answer for somebody who waits."""

_NO_PARAMETERS = "no params found"
_FIRST_SECONDS = 0.05
_LONGEST_SECONDS = 0.5


class Creator(Protocol):
    """Creates objects, as ``client.Kubernetes`` does."""

    async def create(self, kind: kinds.Kind, body: Mapping[str, Any]) -> dict[str, Any]:
        """The object as created."""


async def create(cluster: Creator, kind: kinds.Kind, body: Mapping[str, Any], lag: timedelta = LAG) -> dict[str, Any]:
    """Creates an object that is right by what the caller has read, once the parameters of admission are that new.

    Args:
        cluster: where.
        kind: of the object.
        body: the object. The caller has compared it with the parameters of its policies.
        lag: how long to try again.

    Raises:
        errors.HomeroomError: as ``Kubernetes.create``, any other refusal at once, this one after ``lag``.
    """
    attempts = tenacity.AsyncRetrying(
        retry=tenacity.retry_if_exception(_is_behind),
        stop=tenacity.stop_after_delay(lag.total_seconds()),
        wait=tenacity.wait_random_exponential(multiplier=_FIRST_SECONDS, max=_LONGEST_SECONDS),
        reraise=True,
    )
    return await attempts(cluster.create, kind, body)


def _is_behind(error: BaseException) -> bool:
    """The API server refuses by parameters that may be older than what the caller read; it says so in words only."""
    return isinstance(error, errors.SpecError) and (WAIVER_POLICY in str(error) or _NO_PARAMETERS in str(error))
