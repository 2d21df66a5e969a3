"""Which waves a release may go with while evidence is missing that somebody has waived: pilots, and no more of them than needed."""

import math
from dataclasses import dataclass

from homeroom.domain import assignments, selections, waveconditions

FEWEST = 10
"""With fewer schools than this no bound can be computed (gates.evidence.FEWEST_SCHOOLS), so the missing evidence would never come."""
LARGEST_SHARE = 0.10
"""In a larger district a tenth of the schools is enough to tell, and few enough to go back with in a day."""


@dataclass(frozen=True, slots=True)
class Asked:
    """One wave of a waived release.

    Attributes:
        release: its name.
        selector: how the wave chooses schools.
        schools: of this wave.
        told: schools that any other wave of the release has told.
        teaching: how many schools teach a band of the release.
        restricted: what the release says about the restriction.
    """

    release: str
    selector: selections.Selector
    schools: frozenset[assignments.SiteId]
    told: frozenset[assignments.SiteId]
    teaching: int
    restricted: str


def most_pilots(teaching: int) -> int:
    """How many schools may have a waived release, in all its waves together. Example: 79 schools give 10, 500 give 50."""
    return max(FEWEST, math.ceil(LARGEST_SHARE * teaching))


def decide_pilot(asked: Asked) -> waveconditions.Obstacle | None:
    """Why that wave may not go with a waived release; None for a pilot.

    A pilot chooses its schools by ``pilot`` or by ``names``: somebody has thought of these very schools, or their kinds. A region or
    everything that remains is nobody's pilot, however small. Both kinds count together, in all waves of the release, so that ten
    small waves are not a way round.
    """
    lift = "gather the evidence, or let somebody else than who waived it decide Override on the release"
    if asked.selector.region is not None or asked.selector.remaining:
        return waveconditions.Obstacle(
            waveconditions.Reason.PILOTS_ONLY,
            f"release {asked.release} may go to pilots only ({asked.restricted}): choose schools by pilot or names, {lift}",
        )
    most, together = most_pilots(asked.teaching), len(asked.schools | asked.told)
    if together > most:
        return waveconditions.Obstacle(
            waveconditions.Reason.PILOTS_ONLY,
            f"release {asked.release} may go to {most} pilots at most, and would be in {together} schools with this wave "
            f"({asked.restricted}): take fewer schools, {lift}",
        )
    return None
