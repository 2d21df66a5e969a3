"""Makes evidence of what was given: reads table and reference, lays the policies over each other, draws the resamples."""

from collections.abc import Mapping

import numpy as np

from homeroom.domain import releases
from homeroom.gates import evaluationtables, evidence, inputs, measurements, references, tables
from homeroom.gates.policies import overlays
from homeroom.resources import gatepolicies
from homeroom.stats import clusters


def gather(
    given: inputs.GateInputs,
    policy: gatepolicies.Spec,
    measured: Mapping[releases.Stage, measurements.Measurement] | None = None,
) -> evidence.Evidence:
    """Parses what was given and draws the resamples, seeded from evidence and policy.

    Args:
        given: what is judged, and on what.
        policy: as somebody wrote it; the packs that it names are laid over it here.
        measured: what each ONNX stage took; empty when left out.

    Raises:
        SpecError: the table or the reference cannot be judged, or the policy contradicts itself.
    """
    release = given.release
    written = policy.model_copy(update={"pack_reviews": ()})
    resolved = overlays.resolve(written, bands=release.bands, purpose=release.purpose)
    table = _parse_table(given, resolved.spec)
    reference = references.parse(given.reference)
    references.refuse_other_columns(reference, release.features)
    rng = np.random.default_rng(evidence.seed(table.digest, resolved.spec))
    return evidence.Evidence(
        release=release,
        policy=resolved.spec,
        table=table,
        reference=reference,
        weights=clusters.draw_weights(len(table.sites), resolved.spec.fairness.resamples, rng),
        thresholds=inputs.thresholds(release),
        given=given,
        policies={band: resolved.of_band(band) for band in release.bands},
        written=written,
        resolved=resolved,
        measured={} if measured is None else measured,
    )


def _parse_table(given: inputs.GateInputs, policy: gatepolicies.Spec) -> evaluationtables.EvaluationTable:
    return tables.parse(
        given.evaluation,
        features=given.release.features,
        groups=list(dict.fromkeys(group.column for group in policy.fairness.protect)),
        stages=[file.stage for file in given.release.stages],
        bands=given.release.bands,
        minimum_cell=policy.fairness.minimum_cell,
    )
