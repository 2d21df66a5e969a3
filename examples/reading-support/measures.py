"""What the model card says about quality and fairness: the threshold, the groups, and the package's numbers for them."""

from dataset import MISSING, Dataset
from stages import Floats

from homeroom.training import measures
from homeroom.training.measures import GroupExcess, StageMeasures

THRESHOLD, LOWEST_THRESHOLD, HIGHEST_THRESHOLD = 0.25, 0.15, 0.25
"""Default and declared range: a school may offer more widely, never more narrowly. Above 0.25 these data cannot show that
the fallback does not miss boys too often, so no more is declared (docs/decisions/0010)."""

PROTECTED = (("free lunch", "free_lunch", "F"), ("Black", "ethnicity", "B"), ("boys", "sex", "M"))


def missed_excess(data: Dataset, scores: Floats) -> tuple[GroupExcess, ...]:
    """Excess of being missed at the default threshold for the protected groups, each against the rest."""
    groups = {
        name: (data.groups[column] == value, (data.groups[column] != value) & (data.groups[column] != MISSING))
        for name, column, value in PROTECTED
    }
    return measures.missed_excess(_outcomes(data), scores, groups)


def measure(data: Dataset, scores: Floats, fallback: Floats) -> StageMeasures:
    """Quality of one stage against the fallback."""
    return measures.measure(_outcomes(data), scores, fallback)


def _outcomes(data: Dataset) -> measures.Outcomes:
    return measures.Outcomes(data.outcome, data.site_id, THRESHOLD)
