"""The order of year groups, as far as their names tell it."""

import re

_FIRST = frozenset({"k", "kg", "kindergarten", "r", "reception"})
_NUMBER = re.compile(r"(?:(?:year|grade|class|klasse|std|y|g)[ _.-]?)?([0-9]{1,2})", re.IGNORECASE)


def order(name: str) -> int | None:
    """Place of a year group among others, one apart for neighbours; None when its name does not tell.

    Example: ``K`` is 0, ``1`` and ``Year 1`` are 1, ``Grade 10`` is 10, ``Sixth form`` is None.
    """
    if name.strip().lower() in _FIRST:
        return 0
    found = _NUMBER.fullmatch(name.strip())
    return int(found.group(1)) if found else None


def moves(names: frozenset[str]) -> tuple[tuple[str, str], ...]:
    """Pairs of year groups of which the second follows the first, in order.

    Example: ``{"K", "1", "3"}`` gives ``(("K", "1"),)``. A place with two names, such as ``1`` and ``Year 1``, has no moves.
    """
    by_place: dict[int, list[str]] = {}
    for name in sorted(names):
        place = order(name)
        if place is not None:
            by_place.setdefault(place, []).append(name)
    alone = {place: found[0] for place, found in by_place.items() if len(found) == 1}
    return tuple((alone[place], alone[place + 1]) for place in sorted(alone) if place + 1 in alone)
