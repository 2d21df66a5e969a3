"""Evidence that every gate shares: the parsed table, the resamples of schools, the policy and the operating points."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np

from homeroom.domain import digests, releases, verdicts
from homeroom.gates import evaluationtables, inputs, measurements, references
from homeroom.gates.policies import overlays
from homeroom.resources import gatepolicies
from homeroom.stats import clusters

FEWEST_SCHOOLS = 10
"""Resampling fewer schools than this gives bounds that are too narrow (Cameron, Gelbach and Miller 2008)."""


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """What the verdict functions read.

    Attributes:
        release: what is judged.
        policy: the limits for the release as a whole, as they hold once packs, bands and schools were laid over each other.
        table: evaluation rows.
        reference: the training reference.
        weights: shape (b, k); how often each school is drawn in each resample.
        thresholds: operating points, the default first.
        given: everything that was handed in, the bytes of the stages among it.
        policies: the limits in each band of the release, by band; never looser than ``policy``.
        written: the policy as somebody wrote it, without reviews of packs: they limit nothing, so they change no report.
        resolved: where each limit came from.
        measured: what each ONNX stage took on this machine.
    """

    release: releases.ReleaseConfig
    policy: gatepolicies.Spec
    table: evaluationtables.EvaluationTable
    reference: references.Reference
    weights: clusters.FloatArray
    thresholds: tuple[float, ...]
    given: inputs.GateInputs
    policies: Mapping[str, gatepolicies.Spec]
    written: gatepolicies.Spec
    resolved: overlays.Resolved
    measured: Mapping[releases.Stage, measurements.Measurement]

    @property
    def on(self) -> date:
        """The day as of which is judged."""
        return self.given.on

    @property
    def stages(self) -> tuple[releases.Stage, ...]:
        """Stages of the release, the best first."""
        return tuple(file.stage for file in reversed(self.release.stages))

    @property
    def minimum_cell(self) -> int:
        """No number about fewer pupils than this is shown."""
        return self.policy.fairness.minimum_cell

    @property
    def bands(self) -> tuple[str, ...]:
        """Bands of the release."""
        return self.release.bands

    def in_band(self, band: str) -> clusters.BoolArray:
        """Rows of that band; shape (n,)."""
        return self.table.band.are(band)

    def offered(self, stage: releases.Stage, threshold: float) -> clusters.BoolArray:
        """Who would be offered support; compared in float32, the precision in which schools answer."""
        scores = self.table.scores[stage].astype(np.float32)
        return np.asarray(scores >= np.float32(threshold))

    def by_school(self, chosen: clusters.BoolArray) -> clusters.FloatArray:
        """Number of chosen rows in each school; shape (k,)."""
        return clusters.count_by_cluster(self.table.site, len(self.table.sites), chosen)

    def sums_by_school(self, values: clusters.FloatArray) -> clusters.FloatArray:
        """Sum of values in each school; shape (k,)."""
        return clusters.sum_by_cluster(self.table.site, len(self.table.sites), values)

    def enough(self, chosen: clusters.BoolArray) -> bool:
        """Whether so many rows in so many schools can be judged and shown at all."""
        return self.are_enough(self.by_school(chosen))

    def are_enough(self, by_school: clusters.FloatArray) -> bool:
        """The same of numbers of rows by school, shape (k,)."""
        return int(by_school.sum()) >= self.minimum_cell and int((by_school > 0).sum()) >= FEWEST_SCHOOLS


def seed(evidence: digests.Digest, policy: gatepolicies.Spec) -> int:
    """Seed of all randomness: the same evidence and policy are judged the same on every machine and day."""
    digest = digests.of_json([evidence, policy.to_json()])
    return int(digest.removeprefix("sha256:")[:16], 16)


def three_valued(low: float, high: float, limit: float) -> verdicts.Outcome:
    """Fail when even the lower bound is above the limit, pass when even the upper bound is below, else neither.

    Example: limit 0.10 and bounds [0.12, 0.30] fail; [-0.05, 0.08] pass; [0.02, 0.12] are not enough evidence.
    """
    if low > limit:
        return verdicts.Outcome.FAIL
    if high < limit:
        return verdicts.Outcome.PASS
    return verdicts.Outcome.NOT_ENOUGH_EVIDENCE
