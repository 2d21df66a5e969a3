"""What a group-rates stage may look like: rates between 0 and 1 by school and group, and a default for each group."""

import json
from typing import Any

from homeroom.packaging import refusals

MOST_GROUPS = 64
MOST_SCHOOLS = 100_000


def refuse(content: bytes) -> None:
    """Looks at the bytes of a group-rates stage.

    Raises:
        NotTaken: it is no such table.
    """
    try:
        stage: dict[str, Any] = json.loads(content)
        groups = {_group(name) for name in stage["by"]}
        complete = stage["kind"] == "group-rates" and set(stage["default"]) == groups and 0 < len(groups) <= MOST_GROUPS
        tables = [stage["default"], *stage["rates"].values()]
        known = all(groups.issuperset(table) for table in tables) and len(tables) <= MOST_SCHOOLS
        in_range = all(_is_rate(rate) for table in tables for rate in table.values())
    except (KeyError, TypeError, ValueError, AttributeError, RecursionError) as exc:
        raise _invalid(f"{type(exc).__name__}: {exc!s:.100}") from exc
    if not complete or not known:
        raise _invalid("kind must be group-rates, and 'by', 'default' and 'rates' must name the same groups")
    if not in_range:
        raise _invalid("every rate must be a number between 0 and 1")


def _group(name: str) -> str:
    """``K`` of ``year_K``."""
    return name.partition("_")[2]


def _is_rate(rate: Any) -> bool:
    return isinstance(rate, int | float) and not isinstance(rate, bool) and 0.0 <= rate <= 1.0


def _invalid(why: str) -> refusals.NotTaken:
    return refusals.NotTaken(refusals.Reason.RELEASE_FILE_INVALID, f"the fallback is not a table of group rates: {why}")
