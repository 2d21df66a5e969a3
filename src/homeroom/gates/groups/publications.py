"""Whether tables published one after the other, each fine by itself, give a small group away together."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from homeroom.domain import errors
from homeroom.stats import suppressions


@dataclass(frozen=True, slots=True)
class Publication:
    """What was published about one column of the same evaluation rows.

    Attributes:
        column: the column.
        shown: values whose group was shown; its rest was shown with it.
        hidden: values whose group was hidden because it is small.
    """

    column: str
    shown: tuple[str, ...]
    hidden: tuple[str, ...]


def refuse_differencing(new: Publication, before: Sequence[Publication]) -> None:
    """Looks whether a new table gives a group away, together with those published before.

    A rest is everybody but the group, so tables that show all groups but one show that one too. Example: groups B and W
    shown last year, and now H where only A is left: A = everybody - B - W - H.

    Raises:
        SpecError: a hidden group could be worked out; the text names the column and no number.
    """
    together = [new, *(each for each in before if each.column == new.column)]
    values = sorted({value for each in together for value in (*each.shown, *each.hidden)})
    # One part more: everybody whose value no table names.
    parts = np.eye(len(values) + 1)
    shown = [parts[values.index(value)] for each in together for value in each.shown]
    secret = [parts[values.index(value)] for each in together for value in each.hidden]
    if not shown or not secret:
        return
    published = np.concatenate([np.stack(shown), 1 - np.stack(shown)])
    if suppressions.derivable(published, np.stack(secret)).any():
        raise errors.SpecError(
            f"with what was published before about {new.column!r} this table gives a group of few pupils away: leave out one "
            "of the groups that it shows, or put the small ones together"
        )
