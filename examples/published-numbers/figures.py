"""A published figure beside the one computed here."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One number.

    Attributes:
        name: what it is.
        published: what the background notes state.
        computed: what the kernels give.
        tolerance: how far the two may differ: half a digit where the method is the same, more where chance is in it.
        at_most: whether the published number is a limit that must be kept, and less is as good.
    """

    name: str
    published: float
    computed: float
    tolerance: float
    at_most: bool = False

    @property
    def agrees(self) -> bool:
        """Whether the two are the same within the tolerance."""
        above = self.computed - self.published
        return (above if self.at_most else abs(above)) <= self.tolerance + 1e-12


def show(figures: Iterable[Figure]) -> bool:
    """Prints a line for each; whether all agree."""
    agree = True
    for figure in figures:
        agree = agree and figure.agrees
        said = "ok" if figure.agrees else "DIFFERS"
        print(
            f"{figure.name:74} {figure.published:10.4f} {figure.computed:10.4f}  {'+' if figure.at_most else '+-'}{figure.tolerance:<8.2g} {said}"
        )
    return agree
