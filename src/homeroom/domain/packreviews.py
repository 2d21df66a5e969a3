"""Policy packs age: one past its review date warns, and 30 days later no new decision in favour of a release counts."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

GRACE = timedelta(days=30)
"""Long enough for somebody to read a pack of a few pages, and short enough that law which has changed is not relied on for long."""


@dataclass(frozen=True, slots=True)
class Pack:
    """A pack that applies to a release.

    Attributes:
        name: of the pack.
        review_by: last day on which it counts as reviewed; None for one that holds no law and does not age.
    """

    name: str
    review_by: date | None

    @property
    def stops(self) -> datetime | None:
        """From this moment, the start of a day in UTC, new approvals do not count; None for never.

        Example: to be reviewed by 2027-11-22, it stops at the start of 2027-12-23: a day late it warns, for 30 days.
        """
        if self.review_by is None:
            return None
        return datetime.combine(self.review_by + GRACE + timedelta(days=1), time(), UTC)

    def is_due(self, now: datetime) -> bool:
        """Whether its review date has passed."""
        return self.review_by is not None and now.astimezone(UTC).date() > self.review_by


def first_stop(packs: Iterable[Pack]) -> datetime | None:
    """The moment from which new approvals do not count; None when no pack ages."""
    return min((pack.stops for pack in packs if pack.stops is not None), default=None)


def warning(packs: Iterable[Pack], now: datetime) -> str:
    """What to do about packs past their dates; empty when all are current. The same on every day of a stage."""
    due = sorted((pack for pack in packs if pack.is_due(now)), key=lambda pack: (pack.stops or now, pack.name))
    if not due:
        return ""
    first = due[0]
    names = ", ".join(pack.name for pack in due)
    stopped = first.stops is not None and now >= first.stops
    said = "new approvals do not count since" if stopped else "new approvals stop on"
    return (
        f"policy pack {names} was to be reviewed by {first.review_by}, {said} {first.stops:%Y-%m-%d}: install a version of "
        "Homeroom with a newer pack, or have somebody read it and record that in spec.packReviews of the policy"
    )
