"""Does the fallback hold a rate about so few pupils of a school that it says something about each of them?

A table of group rates carries no counts. Where the evaluation rows are the training rows - as many as the training reference
says - they tell how many pupils are behind each rate. A rate of exactly 0 or 1 gives every pupil of the cell away, however
many they are (practice of state reporting: education research calls it the numerator rule).
"""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np

from homeroom.domain import releases, verdicts
from homeroom.gates.evidence import Evidence
from homeroom.stats import clusters

GATE = "privacy"
CHECK = "privacy.fallback-cells"
SUBJECT = "fallback: rates of small cells"


@dataclass(frozen=True, slots=True)
class Cells:
    """What is found about the rates of a fallback.

    Attributes:
        uniform: whether a rate says that all pupils of its cell were alike.
        small: whether the evaluation has some pupils behind a rate, and fewer than the minimum cell.
        unseen: whether a rate is of a school and group that the evaluation does not have.
    """

    uniform: bool
    small: bool
    unseen: bool


def decide(evidence: Evidence) -> tuple[verdicts.Verdict, ...]:
    """One verdict, where the release has a fallback of group rates; none otherwise."""
    file = evidence.release.stage(releases.Stage.FALLBACK)
    if file is None or file.format is not releases.Format.GROUP_RATES:
        return ()
    found = look_at(evidence, json.loads(evidence.given.stages[releases.Stage.FALLBACK]))
    are_training_rows = evidence.reference.rows == len(evidence.table)
    return (_verdict(evidence, found, are_training_rows=are_training_rows),)


def look_at(evidence: Evidence, stage: dict[str, Any]) -> Cells:
    """What the rates say, and how many evaluation rows are behind each."""
    keys = [name.partition("_")[2] for name in stage["by"]]
    counts = _counts(evidence, stage["by"])
    place = {site: index for index, site in enumerate(evidence.table.sites)}
    rates = [(site, key, rate) for site, by_key in stage["rates"].items() for key, rate in by_key.items()]
    behind = [counts[place[site], keys.index(key)] if site in place else 0.0 for site, key, _ in rates]
    # The rate of everybody in the place of that of a few says nothing about them (homeroom.training.grouprates).
    everybody = round(float(evidence.table.needed.mean()), 2)
    behind += [counts[:, keys.index(key)].sum() for key, rate in stage["default"].items() if rate != everybody]
    all_rates = [*(rate for _, _, rate in rates), *stage["default"].values()]
    return Cells(
        uniform=any(rate in {0, 1} for rate in all_rates),
        small=any(0 < count < evidence.minimum_cell for count in behind),
        unseen=any(count == 0 for count in behind),
    )


def _counts(evidence: Evidence, by: list[str]) -> clusters.FloatArray:
    """Rows of each school in each group; shape (schools, groups)."""
    columns = [evidence.release.features.index(name) for name in by]
    return np.column_stack([evidence.by_school(evidence.table.features.are_one(column)) for column in columns])


def _verdict(evidence: Evidence, found: Cells, *, are_training_rows: bool) -> verdicts.Verdict:
    outcome, sentence, action = _say(found, evidence.minimum_cell, are_training_rows=are_training_rows)
    return verdicts.Verdict(
        gate=GATE,
        check=CHECK,
        subject=SUBJECT,
        outcome=outcome,
        sentence=sentence,
        evidence=evidence.table.digest,
        limit=float(evidence.minimum_cell),
        action=action,
    )


def _say(found: Cells, minimum: int, *, are_training_rows: bool) -> tuple[verdicts.Outcome, str, str]:
    if found.uniform:
        return (
            verdicts.Outcome.FAIL,
            (
                "The school's own rate says of some year group that all its pupils needed support, or none: that is a statement "
                "about each of them."
            ),
            "Shrink the rates towards the common one, or leave those cells out so that the common rate answers.",
        )
    if found.small and are_training_rows:
        return (
            verdicts.Outcome.FAIL,
            f"The school's own rate is given for some year groups of fewer than {minimum} pupils.",
            "Leave those cells out of the fallback: the common rate of the year group answers in their place.",
        )
    if found.small or found.unseen:
        return (
            verdicts.Outcome.NOT_ENOUGH_EVIDENCE,
            (
                f"We cannot tell yet whether each of the school's own rates is about at least {minimum} pupils: the evaluation "
                "rows do not hold all pupils that the rates were made of."
            ),
            "Evaluate on the rows that the rates were made of.",
        )
    return (
        verdicts.Outcome.PASS,
        f"Each of the school's own rates is about at least {minimum} pupils, and none says that all pupils were alike.",
        "",
    )
