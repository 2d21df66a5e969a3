"""What a school tells the district: numbered records that are applied exactly once."""

import enum
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from homeroom.domain import assignments


class ReportClass(enum.Enum):
    """Queue classes, most precious first: when space runs out the last one is dropped first, audit never."""

    AUDIT = "audit"
    STATUS = "status"
    USAGE = "usage"


@dataclass(frozen=True, slots=True, order=True)
class ReportKey:
    """What makes applying idempotent: the same key is applied once, however often it arrives."""

    site_id: assignments.SiteId
    epoch: int
    report_class: str
    seq: int


@dataclass(frozen=True, slots=True)
class Report:
    """One record.

    Attributes:
        key: its number; ``seq`` starts at 1 in each class and epoch, and has no holes.
        at: when it was written, by the school's clock.
        payload: plain JSON; never a pupil row or identifier.
    """

    key: ReportKey
    at: datetime
    payload: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Acknowledgement:
    """The district has applied every record of this class up to and including ``through``."""

    site_id: assignments.SiteId
    epoch: int
    report_class: ReportClass
    through: int
