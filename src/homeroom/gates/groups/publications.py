"""Whether reports published one after the other, each fine by itself, give a small group away together.

Two ways lead there (docs/decisions/0020-no-differencing-between-reports.md). On the same pupils, what one report hides may
follow from what another one tells. On almost the same pupils, two numbers of a group differ by the few who came or left.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from homeroom.domain import errors
from homeroom.gates.groups import changes, places
from homeroom.gates.groups.places import Counted, Counts, Draft, Place, Publication, Space
from homeroom.stats import clusters, suppressions


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
    """Earlier reports about the pupils of the draft, and all others, put together where they are about the same pupils.

    Another table of the same pupils, such as one with the scores of another version, has another digest and the same numbers.
    """
    same: list[Publication] = []
    others: list[Publication] = []
    for each in earlier:
        if each.population == draft.population or _alike(each.told, draft.counts):
            same.append(each)
            continue
        known = (i for i, o in enumerate(others) if o.population == each.population or _alike(o.told, each.told))
        place = next(known, None)
        if place is None:
            others.append(each)
        else:
            one = others[place]
            others[place] = replace(one, told={**one.told, **each.told}, hidden=one.hidden | each.hidden)
    return same, others


def _alike(one: Counts, other: Counts) -> bool:
    common = one.keys() & other.keys()
    return bool(common) and all(one[key] == other[key] for key in common)


def _refuse_few_more(draft: Draft, few: Sequence[changes.Change]) -> None:
    for change in few:
        if change.is_everybody and change.counted is Counted.ALL:
            bands = change.whole.bands
            where = "" if bands == draft.scopes[0] else f" of {', '.join(sorted(bands))}"
            raise errors.SpecError(
                f"the evaluation table has the pupils{where} of an earlier report but for fewer than {draft.minimum}, so both "
                "reports together would tell about these few: evaluate on exactly the pupils of the earlier report, or let at "
                f"least {draft.minimum} pupils{where} differ"
            )


def _hide(
    draft: Draft, shown: frozenset[Place], same: Sequence[Publication], few: Sequence[changes.Change]
) -> tuple[frozenset[Place], bool]:
    """What to withhold of ``shown``, and whether a secret follows from earlier reports alone."""
    hidden: set[Place] = set()
    told_before = False
    for space in places.spaces_of(draft, same):
        changed = [change.cells(space) for change in few if not change.is_everybody and change.is_in(space)]
        secrets = [*_small(draft, space, same), *changed]
        before = [place for each in same for place in places.in_order(each.shown) if space.holds(place)]
        # Who knows that nobody has a value, or nobody in a band, subtracts without it; who does not know takes other ways.
        for known_empty in ((), draft.scopes[:1], draft.scopes) if secrets else ():
            cells = space.ones() - _empty(draft, space, same, known_empty)
            left = [place for place in places.in_order(shown - hidden) if space.holds(place)]
            totals = space.vectors([Place(scope) for scope in draft.scopes]) * cells
            known = np.concatenate([totals, space.vectors(before) * cells])
            wanted, sizes = np.stack(secrets) * cells, np.array([draft.size(place) for place in left])
            found, lost = suppressions.withheld(space.vectors(left) * cells, sizes, wanted, known)
            hidden |= {place for place, is_hidden in zip(left, found, strict=True) if is_hidden}
            told_before |= bool((lost & ~suppressions.derivable(totals, wanted)).any())
    return frozenset(hidden), told_before


def _sizes(draft: Draft, space: Space, scope: places.Bands, same: Sequence[Publication]) -> dict[Place, float]:
    """Pupils at risk of each group of a scope, as far as they are known."""
    told = {place: rows for each in same for (counted, place), rows in each.told.items() if counted is draft.at_risk}
    own = {place: draft.size(place) for place in draft.places}
    known = {**told, **own}
    return {place: known[place] for place in places.in_order(known) if space.holds_group(place, scope)}


def _rest(
    draft: Draft, space: Space, scope: places.Bands, sizes: dict[Place, float]
) -> tuple[clusters.FloatArray, float] | None:
    """Cells of all whose value has no known size, and how many these are together; None unless there is one column."""
    if len(space.columns) != 1 or (scope, space.columns[0]) not in draft.recorded:
        return None
    cells = space.vector(Place(scope)) - sum(space.vector(place) for place in sizes)
    return cells, draft.recorded[scope, space.columns[0]] - sum(sizes.values())


def _empty(
    draft: Draft, space: Space, same: Sequence[Publication], scopes: Sequence[places.Bands]
) -> clusters.FloatArray:
    """1 for cells that nobody of these scopes is in."""
    found = np.zeros_like(space.ones())
    for scope in scopes:
        sizes = _sizes(draft, space, scope, same)
        for place, size in sizes.items():
            found = np.maximum(found, space.vector(place) * (size == 0))
        rest = _rest(draft, space, scope, sizes)
        if rest is not None and rest[1] == 0:
            found = np.maximum(found, rest[0])
    return found


def _small(draft: Draft, space: Space, same: Sequence[Publication]) -> list[clusters.FloatArray]:
    """Groups of too few pupils, what is left beside groups, and hidden groups that are too few together."""
    known = {place for _, place in draft.counts} | {place for each in same for place in each.shown}
    untold = [p for p in places.in_order({p for each in same for p in each.hidden} - known) if space.holds(p)]
    secrets = [space.vector(place) for place in untold]
    for scope in draft.scopes:
        sizes, minimum = _sizes(draft, space, scope, same), draft.minima[scope]
        small = {
            place: size for place, size in sizes.items() if 0 < size < minimum or (size > 0 and place in draft.unfit)
        }
        vectors, total = [space.vector(place) for place in small], sum(small.values())
        rest = _rest(draft, space, scope, sizes)
        # A group that an earlier report hid may be all of the rest: whoever knows that there is no other value knows so.
        if rest is not None and (0 < rest[1] < minimum or any(place.bands == scope for place in untold)):
            vectors.append(rest[0])
            total += rest[1]
        if len(space.columns) == 1 and len(vectors) > 1 and total < minimum:
            vectors.append(np.sum(vectors, axis=0))
        secrets += [*vectors, *_left_beside(space, sizes, minimum)]
    return secrets


def _left_beside(space: Space, sizes: dict[Place, float], minimum: int) -> list[clusters.FloatArray]:
    """Few of a group beside an intersection in it. Example: 40 boys, 37 of them with free lunch, leave 3 boys without."""
    return [
        space.vector(whole) - space.vector(part)
        for whole in sizes
        for part in sizes
        if whole.members < part.members and 0 < sizes[whole] - sizes[part] < minimum
    ]
