"""Fairness: is a protected group harmed more often than the rest, in the one direction that the purpose calls harm?

One-sided on purpose. Where base rates differ no model has equal error rates in both directions, so a two-sided limit
refuses every honest model (docs/decisions/0010-one-sided-fairness.md). Every stage is judged at the default threshold and at
both ends of the declared range; the worst counts. What it is made of is in ``gates.groups``.
"""

import functools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from homeroom.domain import digests, releases, verdicts
from homeroom.gates import evaluationtables, inputs, tabulations
from homeroom.gates import evidence as evidences
from homeroom.gates.evidence import Evidence
from homeroom.gates.groups import comparisons, displays, earlierreports, judgements, materials, schoolcells, sums
from homeroom.resources import gatepolicies
from homeroom.stats import clusters


def decide(evidence: Evidence) -> tuple[verdicts.Verdict, ...]:
    """Verdicts of every protected group, intersection and stage, in every band.

    A group with too few rows gets one verdict for all stages, without any number.

    Raises:
        SpecError: the policy names an intersection of groups that it does not protect.
    """
    return judgements.decide(material_of(evidence))


def tabulate(evidence: Evidence) -> tuple[tabulations.Table, ...]:
    """The suppressed numbers behind the verdicts."""
    return displays.tabulate(material_of(evidence))


def shown(evidence: Evidence) -> frozenset[str]:
    """Names of the comparisons whose numbers may be shown at all."""
    material = material_of(evidence)
    scope = material.scopes[0]
    return frozenset(material.compared[index].name for index in materials.shown(material, scope, material.pool(scope)))


@functools.lru_cache(maxsize=1)
def material_of(evidence: Evidence) -> materials.Material:
    """The sums of the evaluation table with everything else that is judged by.

    Where cells of other schools were given they are pooled with ours. Their scores are known by bins only, so areas between
    ROC curves then come from bins for all. Remembered for the evidence of one run: verdicts, tables and the comparison with
    Fairlearn ask for the same.
    """
    compared = comparisons.of_policy(evidence.policy.fairness)
    frame = frame_of(evidence.release, compared)
    offered = {
        stage.value: [evidence.offered(stage, threshold) for threshold in evidence.thresholds]
        for stage in evidence.stages
    }
    profiles = comparisons.profiles({name: evidence.table.groups[name] for name in frame.columns}, len(evidence.table))
    ours = sums.of_table(evidence.table, frame, compared, profiles, offered)
    seed = evidences.seed(evidence.table.digest, evidence.policy)
    alone = materials.Material(
        totals=ours,
        compared=compared,
        scopes=materials.scopes_of(evidence.bands, evidence.policy, evidence.policies),
        weights=evidence.weights,
        seed=seed,
        digest=evidence.table.digest,
        purpose=evidence.release.purpose,
        harm=evidence.policy.harm,
        levels=_levels(evidence, compared, profiles),
        population=earlierreports.population(
            evidence.table.digest, map(digests.of_bytes, evidence.given.cells.values())
        ),
        earlier=earlierreports.read(evidence.given.earlier),
        unread=evidence.given.unread,
    )
    cells = evidence.given.cells
    return alone if not cells else _with_cells(alone, [cells[name] for name in sorted(cells)])


def _with_cells(alone: materials.Material, contents: Sequence[bytes]) -> materials.Material:
    totals = schoolcells.together(alone.totals, schoolcells.pooled(contents, alone.totals.frame, alone.compared))
    rng = np.random.default_rng([alone.seed, len(contents)])
    weights = clusters.draw_weights(len(totals.sites), len(alone.weights), rng)
    return replace(alone, totals=totals, weights=weights, levels=None)


def frame_of(release: releases.ReleaseConfig, compared: Sequence[comparisons.Comparison]) -> sums.Frame:
    """What release and policy make of the axes of the sums."""
    return sums.Frame(
        bands=release.bands,
        stages=tuple(file.stage.value for file in reversed(release.stages)),
        thresholds=inputs.thresholds(release),
        names=tuple(comparison.name for comparison in compared),
        columns=tuple(sorted({column for comparison in compared for column in comparison.columns})),
    )


def cells_of(evidence: Evidence) -> dict[str, bytes]:
    """The document of each school in the table, by site: what a school may send instead of rows."""
    material = material_of(evidence)
    return schoolcells.documents_of(material.totals, material.compared)


def fairness_from_cells(
    contents: Iterable[bytes],
    release: releases.ReleaseConfig,
    policy: gatepolicies.Spec,
    policies: Mapping[str, gatepolicies.Spec] | None = None,
    *,
    seed: int | None = None,
) -> tuple[verdicts.Verdict, ...]:
    """The verdicts of ``decide`` from the schools' own sums, without any row.

    Error rates and calibration are the same as from rows. Areas between ROC curves come from 20 bins instead of 64 levels,
    which moves them by less than 0.02.

    Args:
        contents: one document for each school.
        release: what is judged.
        policy: the limits.
        policies: limits by band; without them ``policy`` holds in every band.
        seed: of the resamples; a hash of documents and policy where it is left out.

    Raises:
        SpecError: the documents cannot be pooled.
    """
    return judgements.decide(material_of_cells(contents, release, policy, policies, seed=seed))


def material_of_cells(
    contents: Iterable[bytes],
    release: releases.ReleaseConfig,
    policy: gatepolicies.Spec,
    policies: Mapping[str, gatepolicies.Spec] | None = None,
    *,
    seed: int | None = None,
) -> materials.Material:
    """What ``fairness_from_cells`` judges; for the tables too."""
    read = list(contents)
    compared = comparisons.of_policy(policy.fairness)
    totals = schoolcells.pooled(read, frame_of(release, compared), compared)
    digest = digests.of_json(sorted(digests.of_bytes(content) for content in read))
    seed = evidences.seed(digest, policy) if seed is None else seed
    rng = np.random.default_rng(seed)
    return materials.Material(
        totals=totals,
        compared=compared,
        scopes=materials.scopes_of(release.bands, policy, policies or {}),
        weights=clusters.draw_weights(len(totals.sites), policy.fairness.resamples, rng),
        seed=seed,
        digest=digest,
        purpose=release.purpose,
        harm=policy.harm,
    )


def _levels(
    evidence: Evidence, compared: Sequence[comparisons.Comparison], profiles: comparisons.Profiles
) -> materials.Levels:
    @functools.cache
    def of_stage(stage: int, bands: tuple[int, ...]) -> sums.Levels:
        return sums.levels_of(
            evidence.table, profiles, [evidence.bands[band] for band in bands], evidence.stages[stage]
        )

    def of_rows(comparison: int, stage: int, bands: Sequence[int]) -> clusters.FloatArray:
        return of_stage(stage, tuple(bands)).count(compared[comparison])

    return of_rows


def sides(
    evidence: Evidence, group: gatepolicies.ProtectedGroup, at_risk: clusters.BoolArray
) -> tuple[clusters.BoolArray, clusters.BoolArray]:
    """Rows at risk of the group and of the rest; who is not recorded is in neither."""
    values = evidence.table.groups[group.column]
    member = values.are(group.group)
    return member & at_risk, ~member & ~values.are(evaluationtables.MISSING) & at_risk
