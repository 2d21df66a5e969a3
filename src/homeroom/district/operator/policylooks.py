"""What follows from a GatePolicy for one release before any gate runs: whether it holds together, and which packs apply."""

from dataclasses import dataclass

from homeroom.domain import errors, packreviews
from homeroom.gates import policies
from homeroom.resources import gatepolicies, modelreleases


@dataclass(frozen=True, slots=True)
class Look:
    """One look at a policy.

    Attributes:
        judged: the policy as the gates read it: without the reviews of packs, which limit nothing, so that recording one voids
            no approval.
        problem: what contradicts what in it; empty when nothing does.
        packs: that apply, with the date of whoever read them last.
    """

    judged: gatepolicies.Spec
    problem: str
    packs: tuple[packreviews.Pack, ...]


def look_at(policy: gatepolicies.Spec, release: modelreleases.Spec) -> Look:
    """What follows from ``policy`` for ``release``."""
    judged = policy.model_copy(update={"pack_reviews": ()})
    bands = tuple(band.value for band in release.bands)
    try:
        resolved = policies.resolve(policy, bands=bands, purpose=release.purpose.value)
    except errors.SpecError as exc:
        return Look(judged, str(exc), ())
    return Look(judged, "", tuple(packreviews.Pack(pack.name, pack.review_by) for pack in resolved.packs))
