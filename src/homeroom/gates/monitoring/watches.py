"""One look at a whole district on one day: from windows to findings and to what should be done."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import date

import numpy as np

from homeroom.domain import changes, digests
from homeroom.gates import references
from homeroom.gates.monitoring import (
    archives,
    bins,
    comparables,
    devices,
    estimates,
    losses,
    mixes,
    poolshifts,
    schoolshifts,
    sentences,
    windows,
    windowshifts,
)
from homeroom.gates.monitoring.comparables import Basis
from homeroom.gates.monitoring.findings import Finding, Findings, Outcome, RegionAdvice
from homeroom.resources import gatepolicies
from homeroom.stats import clusters, power


def watch(
    reports: Sequence[windows.Report],
    reference: references.Reference,
    calendars: Mapping[str, archives.Calendar],
    policy: gatepolicies.Drift,
    today: date,
) -> Findings:
    """Judges all windows up to ``today``.

    Args:
        reports: of all schools: this school year's and earlier ones'.
        reference: the release's training reference, whose bins all windows count in.
        calendars: by site.
        policy: limits, levels and how far back earlier years go.
        today: the day of the look; the same windows looked at on the same day give the same findings.

    Raises:
        SpecError: the windows cannot be judged; the text says what to change.
    """
    read = _read(reports, reference, policy)
    rng = np.random.default_rng(int(digests.of_json([read, today.isoformat()]).removeprefix("sha256:")[:16], 16))
    known = bins.of_reference(reference)
    archive = archives.build(reports, known, calendars, today, digests.of_bytes(reference.to_bytes()))
    present = comparables.present(archive, np.datetime64(today))
    found = [comparables.find(archive, int(window), policy) for window in present]
    single = schoolshifts.measure(archive, found, policy)
    alone = windowshifts.measure(archive, found, policy)
    moved = {(s.site, s.feature) for s in single if s.found} | {pair for s in alone for pair in _moved(archive, s)}
    pooled = poolshifts.measure(archive, found, policy, rng)
    boxes = devices.measure(archive, single, rng)
    outcomes, unsure = losses.of_outcomes(archive, policy), losses.of_confidence(archive, policy)
    said = [
        *_quality(archive, found),
        *(sentences.of_school(archive, shift) for shift in single if shift.found),
        *(sentences.of_window(archive, s, _detectable(archive, s.comparable)) for s in alone),
        *(sentences.of_pool(archive, s, poolshifts.detectable(archive, found, s.pool.sites)) for s in pooled),
        *(sentences.of_device(archive, shift) for shift in boxes),
        *_losses(archive, outcomes, "watch.loss"),
        *_losses(archive, unsure, "watch.confidence"),
        *_ladders(archive, found, policy),
    ]
    advice = []
    for region in sorted(set(archive.regions.tolist())):
        sites = archive.regions == region
        own = _Region(region, sites, mixes.moved_share(archive, found, sites))
        said += _of_region(archive, own, present, outcomes, policy)
        advice.append(RegionAdvice(region, changes.decide(_seen(own, moved, pooled, boxes, outcomes, unsure, policy))))
    key = [(finding.check, finding.level, finding.unit, finding.subject) for finding in said]
    order = sorted(range(len(said)), key=key.__getitem__)
    return Findings(tuple(said[place] for place in order), tuple(advice), read, today.isoformat())


class _Region:
    """One region: name, which sites, share of pupils who would have to be in another year group."""

    def __init__(self, name: str, sites: clusters.BoolArray, moved: float | None) -> None:
        self.name, self.sites, self.moved = name, sites, moved


def _read(
    reports: Sequence[windows.Report], reference: references.Reference, policy: gatepolicies.Drift
) -> dict[str, object]:
    return {
        "windows": sorted(digests.of_bytes(report.to_bytes()) for report in reports),
        "reference": digests.of_bytes(reference.to_bytes()),
        "limits": digests.of_json(policy.to_json()),
    }


def _seen(
    region: _Region,
    moved: AbstractSet[tuple[int, int]],
    pooled: Sequence[poolshifts.PoolShift],
    boxes: Sequence[devices.DeviceShift],
    outcomes: losses.Evidence,
    unsure: losses.Evidence,
    policy: gatepolicies.Drift,
) -> changes.Seen:
    """What the decision table is asked about; inputs that follow the kind of box are no difference of pupils."""
    sites = {int(site) for site in np.flatnonzero(region.sites)}
    by_box = {shift.feature for shift in boxes}
    shifted = {feature for site, feature in moved if site in sites}
    shifted |= {s.feature for s in pooled if s.found and s.pool.sites & sites}
    worse = _standing(outcomes.look) & region.sites
    evidence = outcomes.pooled(region.sites)
    known = bool((outcomes.covered & region.sites).any())
    return changes.Seen(
        mix=region.moved is not None and region.moved > policy.ks_limit,
        features=bool(shifted - by_box) or bool((_standing(unsure.look) & region.sites).any() and not by_box),
        device=bool(by_box) and not shifted - by_box,
        loss=bool(worse.any()) or evidence > changes.RETRAIN_EVIDENCE if known else None,
        schools=int(worse.sum()),
        region_evalue=evidence,
    )


def _moved(archive: archives.Archive, shift: windowshifts.WindowShift) -> list[tuple[int, int]]:
    """Site and input of what changed."""
    return [(int(archive.site[shift.comparable.window]), feature) for feature in shift.features]


def _detectable(archive: archives.Archive, found: comparables.Comparable) -> float:
    return poolshifts.detectable(archive, [found], frozenset({int(archive.site[found.window])}))


def _standing(alarms: clusters.BoolArray) -> clusters.BoolArray:
    """Alarms that stand in the last week."""
    return alarms[:, -1] if alarms.shape[1] else np.zeros(len(alarms), dtype=bool)


def _losses(archive: archives.Archive, evidence: losses.Evidence, check: str) -> list[Finding]:
    look, act = _standing(evidence.look), _standing(evidence.act)
    return [
        sentences.of_loss(
            site, changed=bool(look[k]), covered=bool(evidence.covered[k]), acts=bool(act[k]), check=check
        )
        for k, site in enumerate(archive.sites)
    ]


def _of_region(
    archive: archives.Archive,
    region: _Region,
    present: clusters.IntArray,
    outcomes: losses.Evidence,
    policy: gatepolicies.Drift,
) -> list[Finding]:
    found = [] if region.moved is None else [sentences.of_mix(region.name, region.moved)]
    # Where outcomes are known, nobody needs an estimate.
    waiting = region.sites & ~outcomes.covered
    told = estimates.measure(archive, present, policy, waiting) if waiting.any() else []
    return [*found, *(sentences.of_estimate(archive, region.name, estimate) for estimate in told)]


def _quality(archive: archives.Archive, found: Sequence[comparables.Comparable]) -> list[Finding]:
    """What is wrong with the data, and schools about which nothing can be said."""
    notes = [
        Finding("watch.data", "school", archive.sites[site], f"data {number}", Outcome.NOTE, text)
        for number, (site, text) in enumerate(archive.notes, 1)
    ]
    silent = set(range(len(archive.sites))) - {int(archive.site[c.window]) for c in found}
    notes += [
        Finding(
            "watch.silent",
            "school",
            archive.sites[site],
            "windows",
            Outcome.CANNOT_TELL,
            "Nothing was told by this school in the last weeks of school: whether anything changed is not known.",
        )
        for site in sorted(silent)
    ]
    return notes + [
        Finding(
            "watch.no-comparison",
            "school",
            archive.sites[archive.site[c.window]],
            f"year group {archive.year_groups[archive.year_group[c.window]]}",
            Outcome.CANNOT_TELL,
            "There is no comparable period yet: inputs can be compared once the school has told of an earlier time like this.",
        )
        for c in found
        if c.basis is Basis.NONE
    ]


def _ladders(
    archive: archives.Archive, found: Sequence[comparables.Comparable], policy: gatepolicies.Drift
) -> list[Finding]:
    """For each school that is too small to be looked at alone, the smallest pool that is large enough, or the district."""
    every = np.ones(len(archive.sites), dtype=bool)
    size = {}
    said = []
    for site, name in enumerate(archive.sites):
        steps = [
            ("school", name, frozenset({site})),
            (
                "cluster",
                str(archive.neighbourhoods[site]),
                _sites(archive.neighbourhoods == archive.neighbourhoods[site]),
            ),
            ("region", str(archive.regions[site]), _sites(archive.regions == archive.regions[site])),
            (poolshifts.DISTRICT, poolshifts.DISTRICT, _sites(every)),
        ]
        for _, _, sites in steps:
            if sites not in size:
                size[sites] = poolshifts.detectable(archive, found, sites)
        noticed = [size[sites] for _, _, sites in steps]
        pupils = int(sum(archive.pupils[c.window] for c in found if archive.site[c.window] == site))
        step = power.first_sufficient(noticed, policy.detectable_target)
        if pupils and step != 0:
            level, unit, _ = steps[-1 if step is None else step]
            said.append(
                sentences.of_ladder(level, unit, name, pupils, noticed[0], noticed[-1 if step is None else step])
            )
    return said


def _sites(chosen: clusters.BoolArray) -> frozenset[int]:
    return frozenset(int(site) for site in np.flatnonzero(chosen))
