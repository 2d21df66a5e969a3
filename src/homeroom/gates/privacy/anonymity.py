"""Is anybody alone in what the training reference shows, or in the categories that the model was trained on?

The reference travels with the model and shows one count for each category, small ones pooled: its smallest count is limited.
How few pupils share a *combination* of categories no sketch tells, so that is looked up in the evaluation rows, and only
where these are the training rows: as many as the reference says, with the same count in every category. It is reported and
not limited, because the combinations stay in the district; whether the model gives them away, membership finds out.
"""

import numpy as np
import numpy.typing as npt

from homeroom.domain import digests, verdicts
from homeroom.gates import references
from homeroom.gates.evidence import Evidence

GATE = "privacy"
CHECK, COMBINATIONS = "privacy.anonymity", "privacy.combinations"


def decide(evidence: Evidence) -> tuple[verdicts.Verdict, ...]:
    """What the reference shows, and what the rows say about combinations."""
    return (decide_shown(evidence), report_combinations(evidence))


def decide_shown(evidence: Evidence) -> verdicts.Verdict:
    """Whether each count that the reference shows, or lets one work out, is of enough rows."""
    fewest = evidence.policy.privacy.anonymity
    smallest = min((_smallest(evidence.reference, feature) for feature in evidence.reference.features), default=0)
    enough = smallest >= fewest
    sentence = (
        f"Whatever the training reference shows is about at least {fewest} pupils at a time."
        if enough
        else f"The training reference shows, or lets one work out, something about fewer than {fewest} pupils."
    )
    return verdicts.Verdict(
        gate=GATE,
        check=CHECK,
        subject="reference: smallest count shown",
        outcome=verdicts.Outcome.PASS if enough else verdicts.Outcome.FAIL,
        sentence=sentence,
        evidence=digests.of_bytes(evidence.given.reference),
        estimate=float(smallest) if smallest >= evidence.minimum_cell else None,
        limit=float(fewest),
        action="" if enough else "Pool small categories and bins, as homeroom.gates.references does, and submit again.",
    )


def _smallest(reference: references.Reference, feature: references.ContinuousSketch | references.CategorySketch) -> int:
    """Smallest count of a feature; rows that are in no count at all can be worked out by subtraction."""
    hidden = reference.rows - sum(feature.counts)
    shown = [count for count in feature.counts if count > 0] + [abs(hidden)] * (hidden != 0)
    if feature.years is not None:
        none = [hidden] if isinstance(feature, references.CategorySketch) else []
        shown.append(feature.years.smallest([*feature.counts, *none]))
    return min(shown)


def report_combinations(evidence: Evidence) -> verdicts.Verdict:
    """How many training rows share each combination of categories, as far as the evaluation tells."""
    fewest, table = evidence.policy.privacy.anonymity, evidence.table
    categories = _categories(evidence)
    if not categories:
        sentence, rows, share = (
            "The model reads no categories, so no combination of them can single a pupil out.",
            0,
            None,
        )
    elif not _are_training_rows(evidence, categories):
        rows, share = 0, None
        sentence = (
            "The evaluation rows are not the training rows, so it is not known how few pupils share a combination of categories. "
            "Reported, not limited."
        )
    else:
        _, group, counts = np.unique(np.column_stack(categories), axis=0, return_inverse=True, return_counts=True)
        few = counts[group.reshape(-1)] < fewest
        hidden = 0 < few.sum() < evidence.minimum_cell
        rows, share = len(table), None if hidden else float(few.mean())
        sentence = _sentence(int(few.sum()), fewest, share)
    return verdicts.Verdict(
        gate=GATE,
        check=COMBINATIONS,
        subject="training rows: combinations of categories",
        outcome=verdicts.Outcome.NOT_APPLICABLE,
        sentence=sentence,
        evidence=table.digest,
        estimate=share,
        rows=rows,
    )


def _sentence(few: int, fewest: int, share: float | None) -> str:
    if few == 0:
        return f"Every combination of categories is shared by at least {fewest} training rows. Reported, not limited."
    size = "Some training rows" if share is None else f"About {max(1, round(1000 * share))} of 1000 training rows"
    return (
        f"{size} share their combination of categories with fewer than {fewest - 1} others: coarser categories would hide them "
        "better. Reported, not limited."
    )


def _categories(evidence: Evidence) -> list[npt.NDArray[np.int64]]:
    """Category of each row in each choice, by its first column that is 1; -1 for none."""
    column = {name: index for index, name in enumerate(evidence.release.features)}
    found = []
    for feature in evidence.reference.features:
        if isinstance(feature, references.CategorySketch):
            member = np.column_stack(
                [evidence.table.features.are_one(column[name]) for name in sum(feature.columns, ())]
            )
            found.append(np.where(member.any(axis=1), member.argmax(axis=1), -1).astype(np.int64))
    return found


def _are_training_rows(evidence: Evidence, categories: list[npt.NDArray[np.int64]]) -> bool:
    reference = evidence.reference
    sketches = [feature for feature in reference.features if isinstance(feature, references.CategorySketch)]
    return reference.rows == len(evidence.table) and all(
        _counts(sketch, category) == list(sketch.counts) for sketch, category in zip(sketches, categories, strict=True)
    )


def _counts(sketch: references.CategorySketch, category: npt.NDArray[np.int64]) -> list[int]:
    """Rows of each shown category."""
    ends = np.cumsum([len(group) for group in sketch.columns])
    return [
        int(((category >= end - len(group)) & (category < end)).sum())
        for end, group in zip(ends, sketch.columns, strict=True)
    ]
