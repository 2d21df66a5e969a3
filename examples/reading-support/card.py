"""The model card: what a district must know before it approves, in words first."""

from typing import Any

from dataset import Dataset
from measures import THRESHOLD

from homeroom.stats import power
from homeroom.training import measures
from homeroom.training.measures import GroupExcess, StageMeasures

TEMPLATE = """\
# {name}: whom to offer extra reading support next year

{warning}**Use.** A ranked list for staff of pupils who may benefit from an offer of reading support. Each offer expires after
{offer_days} days. It is no judgement of a child and carries no colour or label.

**Never use it** to place, select, stream, grade or sanction pupils; to rank teachers or schools; outside year groups K, 1
and 2; or without a person who looks at the pupil first.

| | |
|---|---|
| Bands | {bands} |
| Input | reading and mathematics standardised within the year group (norm table: the year group's own scores of the same year), kind of class, type of school, year group |
| Never an input | income (free lunch), ethnicity, sex: used only to check whom the model misses |
| Shipped model | {shipped} |
| Rows | {rows} moves between year groups of {pupils} pupils in {schools} schools |
| Privacy budget spent | none: trained in the district, no differential privacy (unit would be one pupil, who has up to 3 rows) |
| School-year phases covered | end of one school year to the end of the next; nothing is known about single terms or exam weeks |
| Retire | two terms after approval, unless it is known by then whether the offers were made and helped |
| Evaluation table | {evaluation} |

## How good (threshold {threshold})

Net benefit counts pupils rightly offered support per pupil, minus needless offers at their price. The environment
baseline is the year-group rate of the school: a release that does not beat it has no reason to exist.

| stage | AUC | Brier | net benefit | gain over the baseline (one-sided 95 % bounds over schools) | of 10 offers, needless |
|---|---|---|---|---|---|
{quality}

## Whom it misses

How much more often a group's pupils who needed support got no offer, as a difference of shares. Bounds come from
resampling whole schools; the gates decide with their own, over the whole range of the threshold.

| stage | group against the rest | excess | lower bound | upper bound |
|---|---|---|---|---|
{fairness}

Smallest difference between two equal halves of the pupils of band {bands} who needed support that these data would
show with power 0.8, were rows independent: {detectable:.3f}.

## What is weak

One cohort of one US state in the 1980s. Scores were standardised with the same year's scores; in use the norm tables
come from earlier years. Hardly any Asian, Hispanic or other pupils: nothing can be said about them.
"""


def render(
    release: dict[str, Any],
    data: Dataset,
    found: dict[str, StageMeasures],
    excess: dict[str, tuple[GroupExcess, ...]],
    warning: str,
) -> str:
    """Markdown that begins with ``warning`` if there is one."""
    needed = float((data.outcome == 1).sum())
    return TEMPLATE.format(
        name=release["name"],
        warning=f"{warning}\n\n" if warning else "",
        offer_days=release["offerDays"],
        bands=", ".join(release["bands"]),
        shipped=release["shippedModel"],
        rows=len(data.outcome),
        pupils=len(set(data.pupil)),
        schools=len(set(data.site_id)),
        evaluation=release["evaluation"]["digest"],
        threshold=THRESHOLD,
        quality=measures.quality_rows(found),
        fairness=measures.excess_rows(excess),
        detectable=power.detectable_difference(0.2, needed / 2, needed / 2),
    )
