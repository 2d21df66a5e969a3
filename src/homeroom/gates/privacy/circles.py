"""Among whom the leakage checks look: everybody, each protected group, and all groups too small to look at alone, together.

What is remembered of pupils is remembered of unusual ones first, so an average over everybody says little.
"""

from dataclasses import dataclass

import numpy as np

from homeroom.gates.evaluationtables import MISSING
from homeroom.gates.evidence import Evidence
from homeroom.stats import clusters

SMALL = "pupils of small groups"


@dataclass(frozen=True, slots=True, eq=False)
class Circle:
    """Some rows.

    Attributes:
        words: who they are, in plain words.
        rows: shape (n,); which rows.
        group: name of the protected group; None for everybody and for the small groups together.
    """

    words: str
    rows: clusters.BoolArray
    group: str | None = None

    @property
    def is_everybody(self) -> bool:
        """Whether nobody is left out."""
        return bool(self.rows.all())

    @property
    def who(self) -> str:
        """Who they are, and for the small groups together that they are that."""
        return self.words if self.group is not None or self.is_everybody else f"{SMALL} ({self.words})"


def everybody(evidence: Evidence) -> Circle:
    """All rows."""
    return Circle("all pupils", np.ones(len(evidence.table), dtype=bool))


def groups(evidence: Evidence) -> tuple[Circle, ...]:
    """Protected groups that can be looked at: enough of them in enough schools, and not nearly everybody."""
    found = (_group(evidence, index) for index in range(len(evidence.policy.fairness.protect)))
    return tuple(circle for circle in found if evidence.enough(circle.rows) and _has_rest(evidence, circle))


def small(evidence: Evidence) -> Circle | None:
    """Pupils of all groups that cannot be looked at alone; None when there is no such group."""
    found = [_group(evidence, index) for index in range(len(evidence.policy.fairness.protect))]
    few = [circle for circle in found if circle.rows.any() and not evidence.enough(circle.rows)]
    if not few:
        return None
    return Circle(", ".join(circle.words for circle in few), np.any([circle.rows for circle in few], axis=0))


def _group(evidence: Evidence, index: int) -> Circle:
    group = evidence.policy.fairness.protect[index]
    return Circle(group.words, evidence.table.groups[group.column].are(group.group), group.name)


def _has_rest(evidence: Evidence, circle: Circle) -> bool:
    """Whether those who are left out are none or enough: else their number could be worked out by subtraction."""
    column = next(group.column for group in evidence.policy.fairness.protect if group.name == circle.group)
    left_out = int((~circle.rows & ~evidence.table.groups[column].are(MISSING)).sum())
    return left_out == 0 or left_out >= evidence.minimum_cell
