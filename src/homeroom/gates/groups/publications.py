"""Whether reports published one after the other, each fine by itself, give a small group away together.

Two ways lead there (docs/decisions/0020-no-differencing-between-reports.md). On the same pupils, what one report hides may
follow from what another one tells. On almost the same pupils, two numbers of a group differ by the few who came or left.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from homeroom.domain import digests, errors
from homeroom.gates.groups import changes, places, smallgroups
from homeroom.gates.groups.places import Counted, Counts, Draft, Place, Publication
from homeroom.stats import suppressions


@dataclass(frozen=True, slots=True)
class Withheld:
    """What a report must not tell.

    Attributes:
        by_itself: groups whose numbers give a small one away together with others of the same report.
        by_earlier: groups whose numbers do so together with earlier reports.
        told_before: whether earlier reports give a small group away among themselves, which nothing new takes back.
    """

    by_itself: frozenset[Place]
    by_earlier: frozenset[Place]
    told_before: bool


def withhold(draft: Draft, earlier: Sequence[Publication]) -> Withheld:
    """Groups whose numbers a report keeps to itself, so that nothing about a few pupils follows from all reports together.

    Where a small group follows, the smallest of the groups that it follows from is withheld, until none follows.

    Example: an earlier report told B and W of a column; the new one has H and hides A, which are 4 pupils. As A is everybody
    less B, W and H, it keeps H to itself.

    Raises:
        SpecError: all pupils, or all of some bands, are those of an earlier report but for a few; that follows from their
            numbers whatever is withheld. The text holds no number of pupils.
    """
    same, others = _by_pupils(draft, earlier)
    few = [change for other in others for change in changes.by_few(draft, other)]
    _refuse_few_more(draft, few)
    by_itself, _ = _hide(draft, draft.shown, (), ())
    by_earlier, told_before = _hide(draft, draft.shown - by_itself, same, few) if earlier else (frozenset(), False)
    return Withheld(by_itself, by_earlier, told_before)


def _by_pupils(draft: Draft, earlier: Sequence[Publication]) -> tuple[list[Publication], list[Publication]]:
    """Earlier reports about the pupils of the draft, and all others, put together where they are about the same pupils."""
    same: list[Publication] = []
    others: list[Publication] = []
    for each in earlier:
        if _is_about(each, draft.population, draft.counts):
            same.append(each)
            continue
        for index, other in enumerate(others):
            if _is_about(each, other.population, other.told):
                others[index] = replace(other, told={**other.told, **each.told}, hidden=other.hidden | each.hidden)
                break
        else:
            others.append(each)
    return same, others


def _is_about(report: Publication, population: digests.Digest, counts: Counts) -> bool:
    """Whether a report is about these pupils.

    Another table of the same pupils, such as one with the scores of another version, has another digest and the same numbers.
    """
    common = report.told.keys() & counts.keys()
    return report.population == population or (bool(common) and all(report.told[key] == counts[key] for key in common))


def _refuse_few_more(draft: Draft, few: Sequence[changes.Change]) -> None:
    for change in few:
        if change.is_everybody and change.counted is Counted.ALL:
            bands, minimum = change.whole.bands, draft.minimum(change.whole)
            where = "" if bands == draft.scopes[0] else f" of {', '.join(sorted(bands))}"
            raise errors.SpecError(
                f"the evaluation table has the pupils{where} of an earlier report but for fewer than {minimum}, so both "
                "reports together would tell about these few: evaluate on exactly the pupils of the earlier report, or let at "
                f"least {minimum} pupils{where} differ"
            )


def _hide(
    draft: Draft, shown: frozenset[Place], same: Sequence[Publication], few: Sequence[changes.Change]
) -> tuple[frozenset[Place], bool]:
    """What to withhold of ``shown``, and whether a secret follows from earlier reports alone."""
    hidden: set[Place] = set()
    told_before = False
    everybody = [Place(scope) for scope in draft.scopes]
    for space in places.spaces_of(draft, same):
        groups = smallgroups.known(draft, space, same)
        changed = [change.cells(space) for change in few if not change.is_everybody and change.is_in(space)]
        secrets = [*groups.small(), *changed]
        before = [place for each in same for place in places.in_order(each.shown) if space.holds(place)]
        for possible in groups.possible() if secrets else ():
            left = [place for place in places.in_order(shown - hidden) if space.holds(place)]
            sizes = np.array([draft.size(place) for place in left])
            totals, known, secret = space.vectors(everybody), space.vectors([*everybody, *before]), np.stack(secrets)
            found, lost = suppressions.withheld(
                space.vectors(left) * possible, sizes, secret * possible, known * possible
            )
            hidden |= {place for place, is_hidden in zip(left, found, strict=True) if is_hidden}
            told_before |= bool((lost & ~suppressions.derivable(totals * possible, secret * possible)).any())
    return frozenset(hidden), told_before
