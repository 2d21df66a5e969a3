"""The model card: what a university must know before it approves, in words first."""

import pathlib
from collections.abc import Mapping

import numpy as np
import stages
from dataset import MISSING, Dataset

from homeroom.domain import digests
from homeroom.gates import casefiles
from homeroom.resources import gatepolicies
from homeroom.stats import power
from homeroom.training import documents, measures

POLICY = pathlib.Path(__file__).parent / "policy.yaml"

TEMPLATE = """\
# {name}: whom to offer support on the first day of a course

**Use.** A ranked list for student support teams of adults to whom an offer of support is made when a course begins. Each
offer expires after {offer_days} days, and may be turned down without a reason. A person looks at each student first.

**Never use it** to admit, refuse, fund, grade or advise anybody against a course; to rank modules, regions or tutors; after
the first day of a course, when better things are known; or for pupils at school: no school pupil is in the data.

| | |
|---|---|
| Band | {bands} |
| Input | earlier attempts at the module, credits studied and day of registration (both in standard deviations of the module), highest education, module |
| Never an input | sex, age, disability, deprivation of the area, region: used only to check whom the model misses; marks, clicks and days of leaving: not known on the first day |
| Stands for a school | one of {regions} regions of the Open University |
| Stands for a year group | one of {modules} modules |
| Shipped model | {shipped} |
| Rows | {rows} enrolments of {students} students who were enrolled on the first day; who left before is not scored |
| What is to be found | withdrew later or failed: {rate:.0f} of 100 |
| Privacy budget spent | none: no differential privacy; the data were made anonymous by their publishers |
| Periods covered | courses that began in February and October of 2013 and 2014 |
| Retire | two intakes after approval, unless it is known by then whether the offers were made and helped |
| Evaluation table | {evaluation} |

## How good (threshold {threshold})

Net benefit counts students rightly offered support per student, minus needless offers at their price. The baseline is the
module's rate in the region: a release that does not beat it has no reason to exist.

| stage | AUC | Brier | net benefit | gain over the baseline (one-sided 95 % bounds over regions) | of 10 offers, needless |
|---|---|---|---|---|---|
{quality}

An AUC of {auc:.2f} is modest. Published figures of 0.85 and more use what happens during the course.

## Whom it misses

How much more often a group's students who did not complete got no offer, as a difference of shares. Bounds come from
resampling whole regions; the gates decide with their own, over the whole range of the threshold.

| stage | group against the others | excess | lower bound | upper bound |
|---|---|---|---|---|
{missed}

Smallest difference between two equal halves of the students who did not complete that these data would show with power 0.8,
were rows independent: {detectable:.3f}. With {regions} regions the bounds are wider than that.

## What is weak

One university, {regions} regions, two years; courses of that time are not those of today. Credits and days of registration are
standardised with the course's own students; in use those of earlier courses would have to do. Deprivation is that of the area
and not of the student. Nothing is recorded about language and ethnicity, so nobody can tell whom the model misses there.
Whether an offer helps is not in the data at all.
"""


def render(
    described: documents.Description, data: Dataset, scores: Mapping[str, stages.Floats], table: digests.Digest
) -> bytes:
    """Markdown."""
    outcomes = measures.Outcomes(data.outcome, data.site_id, described.threshold.default)
    quality = {stage: measures.measure(outcomes, own, scores[measures.BASELINE]) for stage, own in scores.items()}
    groups = {group.words: _sides(data, group) for group in casefiles.read_policy(POLICY).fairness.protect}
    missed = {stage: measures.missed_excess(outcomes, own, groups) for stage, own in scores.items()}
    half = float(data.outcome.sum()) / 2
    text = TEMPLATE.format(
        name=described.name,
        offer_days=described.offer_days,
        bands=", ".join(described.bands),
        regions=len(set(data.site_id)),
        modules=len(set(data.module)),
        shipped=described.shipped,
        rows=len(data.outcome),
        students=len(set(data.student)),
        rate=100 * data.outcome.mean(),
        evaluation=table,
        threshold=described.threshold.default,
        auc=quality["full"].auc,
        quality=measures.quality_rows(quality),
        missed=measures.excess_rows(missed),
        detectable=power.detectable_difference(0.2, half, half),
    )
    return text.encode()


def _sides(data: Dataset, group: gatepolicies.ProtectedGroup) -> measures.Sides:
    """As the gates part them: whoever is not recorded is on neither side."""
    own = data.groups[group.column]
    return np.asarray(own == group.group), np.asarray((own != group.group) & (own != MISSING))
