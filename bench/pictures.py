"""The picture of a rig: a bar for each ratio that has a goal, on a logarithmic scale, with its range and the goal."""

import html
import math
import pathlib
from collections.abc import Sequence

from bench import figures

ROW, LEFT, WIDTH, DECADE = 34, 430, 980, 110.0


def draw(path: pathlib.Path, found: Sequence[figures.Figure]) -> None:
    """Writes an SVG of the ratios; the numbers stand beside the bars, so that no reader depends on them."""
    ratios = [figure for figure in found if figure.unit == "x"]
    height = 60 + ROW * len(ratios)
    rows = "\n".join(_row(figure, 50 + ROW * index) for index, figure in enumerate(ratios))
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif" font-size="13" '
        f'role="img" aria-label="Ratios against other tools"><rect width="{WIDTH}" height="{height}" fill="#ffffff"/>'
        f'<text x="10" y="24" font-size="16">Gates against other tools: median, range, goal (logarithmic)</text>\n{rows}</svg>\n'
    )


def _row(figure: figures.Figure, top: float) -> str:
    colour = {None: "#6b7280", True: "#1d6f42", False: "#b3261e"}[figure.met]
    goal = float(figure.goal.split()[1]) if figure.goal else None
    mark = (
        ""
        if goal is None
        else f'<line x1="{_x(goal)}" x2="{_x(goal)}" y1="{top - 4}" y2="{top + 20}" stroke="#111111"/>'
    )
    told = f"{figure.value:.3g} [{figure.low:.3g}, {figure.high:.3g}]" + (
        "" if goal is None else f" goal {figure.goal}"
    )
    return (
        f'<text x="10" y="{top + 13}">{html.escape(figure.name)}</text>'
        f'<rect x="{LEFT}" y="{top}" width="{_x(figure.value) - LEFT:.1f}" height="16" fill="{colour}"/>{mark}'
        f'<text x="{WIDTH - 10}" y="{top + 13}" text-anchor="end">{html.escape(told)}</text>'
    )


def _x(value: float) -> float:
    """From 0.01 at the left."""
    return round(LEFT + DECADE * 0.55 * (math.log10(max(value, 0.011)) + 2), 1)
