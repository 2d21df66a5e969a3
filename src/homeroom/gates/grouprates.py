"""Group rates from Fairlearn, the reference implementation; ours must equal them or nothing is reported at all."""

import math
from typing import Any

import fairlearn.metrics
import numpy as np

from homeroom.domain import errors, releases
from homeroom.gates import fairness
from homeroom.gates.evidence import Evidence
from homeroom.resources import gatepolicies

AGREES_WITHIN = 1e-9
METRICS = {
    "missed": fairlearn.metrics.false_negative_rate,
    "wronglyFlagged": fairlearn.metrics.false_positive_rate,
    "offered": fairlearn.metrics.selection_rate,
}


def tabulate(evidence: Evidence) -> list[dict[str, Any]]:
    """Rates of every judged group and of its rest, by stage and threshold; small groups are left out whole.

    Raises:
        Defect: Fairlearn and our own numbers differ.
    """
    return [
        _row(evidence, group, stage, threshold)
        for group in evidence.policy.fairness.protect
        if fairness.can_judge(evidence, group)
        for stage in evidence.stages
        for threshold in evidence.thresholds
    ]


def _row(
    evidence: Evidence, group: gatepolicies.ProtectedGroup, stage: releases.Stage, threshold: float
) -> dict[str, Any]:
    values = evidence.table.groups[group.column]
    known = values != "missing"
    offered = evidence.offered(stage, threshold)
    frame = fairlearn.metrics.MetricFrame(
        metrics=METRICS,
        y_true=evidence.table.needed[known].astype(int),
        y_pred=offered[known].astype(int),
        sensitive_features=np.where(values[known] == group.group, "group", "rest"),
    )
    rates = {side: {name: float(frame.by_group[name][side]) for name in METRICS} for side in ("group", "rest")}
    _check(evidence, group, stage, threshold, rates)
    return {
        "name": group.name,
        "stage": stage.value,
        "threshold": threshold,
        **{
            side: {name: round(rate, 4) for name, rate in found.items() if math.isfinite(rate)}
            for side, found in rates.items()
        },
    }


def _check(
    evidence: Evidence,
    group: gatepolicies.ProtectedGroup,
    stage: releases.Stage,
    threshold: float,
    rates: dict[str, dict[str, float]],
) -> None:
    name = "missed" if evidence.policy.harm is gatepolicies.Harm.MISSED else "wronglyFlagged"
    comparison = fairness.build_comparison(evidence, group, stage, threshold)
    for side, rows in zip(("group", "rest"), comparison.sides, strict=True):
        ours = float(comparison.harmed[rows].mean())
        if abs(ours - rates[side][name]) > AGREES_WITHIN:
            raise errors.Defect(
                f"rate {name} of {group.name} ({side}) is {ours!r}, and {rates[side][name]!r} by Fairlearn"
            )
