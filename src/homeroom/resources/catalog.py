"""Which kinds there are, and in which tier's API each lives."""

from homeroom.domain import errors
from homeroom.resources import (
    academiccalendars,
    definitions,
    gatepolicies,
    modelreleases,
    regionalhubs,
    releaseapprovals,
    rolloutwaves,
    schoolsites,
    siteassignments,
)

DISTRICT = (
    modelreleases.DEFINITION,
    gatepolicies.DEFINITION,
    releaseapprovals.DEFINITION,
    rolloutwaves.DEFINITION,
    schoolsites.DEFINITION,
    regionalhubs.DEFINITION,
    academiccalendars.DEFINITION,
)
HUB = (regionalhubs.DEFINITION,)
SCHOOL = (siteassignments.DEFINITION,)
ALL = (*DISTRICT, *SCHOOL)

TIERS = {"district": DISTRICT, "hub": HUB, "school": SCHOOL}


def of_tier(tier: str | None) -> tuple[definitions.Definition, ...]:
    """The kinds in that tier's API; all kinds for None.

    Raises:
        SpecError: there is no such tier.
    """
    if tier is None:
        return ALL
    if tier not in TIERS:
        raise errors.SpecError(f"there is no tier {tier!r}: choose one of {', '.join(TIERS)}")
    return TIERS[tier]
