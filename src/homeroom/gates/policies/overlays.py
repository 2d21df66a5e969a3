"""The overlay: which value of each limit holds, and which line of which layer set it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from homeroom.domain import digests
from homeroom.gates.policies import contradictions, limits, packs
from homeroom.resources import gatepolicies

POLICY, DEFAULT = "policy", "default"
REVIEW_LASTS = timedelta(days=731)
"""Two years: longer than any shipped pack gives itself, and no review of law lasts for ever because of a slip in a date."""


@dataclass(frozen=True, slots=True)
class AppliedPack:
    """One pack that applies.

    Attributes:
        reviewer: who read it last.
        reviewed_on: when.
        review_by: when it has to be read again; None for never.
    """

    name: str
    version: int
    digest: digests.Digest
    reviewer: str
    reviewed_on: date
    review_by: date | None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON of what the limits depend on; who reviewed it and when is left out, because that changes none."""
        return {"name": self.name, "version": self.version, "digest": self.digest}


@dataclass(frozen=True, slots=True)
class Resolved:
    """The limits that hold.

    Attributes:
        spec: for the release as a whole. It names the packs still, and neither bands nor schools nor reviews: they are in it.
        lines: which line set each limit, for the release and then, where it differs, for each band.
        packs: that apply, base first.
        warnings: what was written and does not hold, and what somebody should look at.
    """

    spec: gatepolicies.Spec
    lines: tuple[limits.Line, ...]
    packs: tuple[AppliedPack, ...]
    warnings: tuple[str, ...]
    _bands: Mapping[str, gatepolicies.Spec]

    def of_band(self, band: str) -> gatepolicies.Spec:
        """The limits in that band of the release; never looser than ``spec``.

        Raises:
            KeyError: it was not asked for.
        """
        return self._bands[band]


def resolve(
    spec: gatepolicies.Spec,
    *,
    bands: Sequence[str],
    schools: Collection[str] | None = None,
    purpose: str | None = None,
) -> Resolved:
    """Lays base, packs, the policy's own fields, bands and schools over each other; the strictest holds.

    Example: base asks for a minimum cell of 10, the policy for 5 and its band K-2 for 30. A release for K-2 and 3-5 has 30,
    because a cell of the release may lie in K-2; the 5 is named in a warning.

    Args:
        spec: as written.
        bands: of the release.
        schools: that it goes to; None for every school that the policy names.
        purpose: of the release; None where it is not known yet.

    Raises:
        SpecError: lines contradict each other, or a pack does not exist; the text names both lines and what to change.
    """
    chosen = packs.chosen(spec)
    contradictions.refuse(spec, chosen, bands, purpose)
    overlay = _Overlay(
        spec, chosen, frozenset(s.school for s in spec.schools) if schools is None else frozenset(schools)
    )
    by_band = {band: overlay.lines_of(band) for band in bands}
    whole = overlay.lines_of(None, by_band.values())
    contradictions.refuse_impossible(line for lines in (whole, *by_band.values()) for line in lines.values())
    differing = [line for band in bands for path, line in by_band[band].items() if line.value != whole[path].value]
    return Resolved(
        spec=_effective(spec, whole),
        lines=(*whole.values(), *differing),
        packs=tuple(applied(pack, spec) for pack in chosen),
        warnings=(*overlay.warnings(bands), *_advice(spec, chosen)),
        _bands={band: _effective(spec, lines) for band, lines in by_band.items()},
    )


def applied(pack: packs.Pack, spec: gatepolicies.Spec) -> AppliedPack:
    """The pack with whoever read it last: a review recorded in the policy counts when it is of this very pack and later.

    It counts for ``REVIEW_LASTS`` at most, whatever it says.
    """
    for review in spec.pack_reviews:
        until = min(review.review_by, review.reviewed_on + REVIEW_LASTS)
        is_of_it = (review.pack, review.digest) == (pack.name, pack.digest)
        if is_of_it and pack.review_by is not None and until > pack.review_by:
            return AppliedPack(pack.name, pack.version, pack.digest, review.reviewer, review.reviewed_on, until)
    return AppliedPack(pack.name, pack.version, pack.digest, pack.reviewer, pack.reviewed_on, pack.review_by)


class _Overlay:
    """All lines about one policy, and which of them wins."""

    def __init__(self, spec: gatepolicies.Spec, chosen: tuple[packs.Pack, ...], schools: frozenset[str]) -> None:
        self._spec = spec
        self._plain = spec.to_json()
        self._packs = chosen
        self._schools = tuple(s for s in spec.schools if s.school in schools)

    def lines_of(self, band: str | None, bands: Collection[Mapping[str, limits.Line]] = ()) -> dict[str, limits.Line]:
        """The winning line of each limit, in that band or for the release; what cannot be divided takes the strictest band."""
        found = {}
        for limit in limits.LIMITS:
            asked = [*self._from_packs(limit, band), self._own(limit), *self._from_others(limit, band)]
            if limit.undivided:
                asked += [lines[limit.path] for lines in bands]
            found[limit.path] = _strictest(limit, asked, band)
        return _with_shown_windows(found)

    def warnings(self, bands: Sequence[str]) -> list[str]:
        """Lines that are looser than what holds, and so do nothing."""
        said = []
        for limit in limits.LIMITS:
            own = self._own(limit)
            stricter = _strictest(limit, [*self._from_packs(limit, None), own], None)
            if own.layer == POLICY and limit.is_stricter(stricter.value, own.value):
                said.append(_ignored(own, stricter))
            for line in self._from_others(limit, None, every=True):
                floor = _strictest(limit, [*self._from_packs(limit, line.band), own], line.band)
                if limit.is_stricter(floor.value, line.value):
                    said.append(_ignored(line, floor))
        unused = sorted({entry.band.value for entry in self._spec.bands} - set(bands))
        return [*said, *(f"spec.bands has limits for {band}, which is not among {', '.join(bands)}" for band in unused)]

    def _from_packs(self, limit: limits.Limit, band: str | None) -> list[limits.Line]:
        return [
            limits.Line(
                limit.path, line.value, f"pack {pack.name}", f"limits[{number}]", pack.sources[line.source].title
            )
            for pack in self._packs
            for number, line in enumerate(pack.limits)
            if line.limit == limit.path
            and line.harm in (None, self._spec.harm)
            and (line.band is None or line.band.value == band)
        ]

    def _own(self, limit: limits.Limit) -> limits.Line:
        value = limit.read(self._plain)
        layer = DEFAULT if value == limit.default else POLICY
        return limits.Line(limit.path, value, layer, f"spec.{limit.path}")

    def _from_others(self, limit: limits.Limit, band: str | None, *, every: bool = False) -> list[limits.Line]:
        if limits.OWN_FIELDS.get(limit.field) is not limit:
            return []
        of_bands = [
            limits.Line(
                limit.path,
                value,
                f"band {entry.band.value}",
                f"spec.bands[{entry.band.value}].{limit.field}",
                "",
                entry.band.value,
            )
            for entry in self._spec.bands
            if every or entry.band.value == band
            if (value := entry.to_json().get(limit.field)) is not None
        ]
        of_schools = [
            limits.Line(limit.path, value, f"school {entry.school}", f"spec.schools[{entry.school}].{limit.field}")
            for entry in self._schools
            if (value := entry.to_json().get(limit.field)) is not None
        ]
        return [*of_bands, *of_schools]


def _strictest(limit: limits.Limit, asked: Sequence[limits.Line], band: str | None) -> limits.Line:
    best = asked[0]
    for line in asked[1:]:
        if limit.is_stricter(line.value, best.value):
            best = line
    return limits.Line(best.limit, best.value, best.layer, best.place, best.source, band)


def _with_shown_windows(found: dict[str, limits.Line]) -> dict[str, limits.Line]:
    """A window of fewer children than may be shown cannot be judged alone."""
    window, cell = found["drift.minimumWindow"], found["fairness.minimumCell"]
    if limits.BY_PATH["drift.minimumWindow"].is_stricter(cell.value, window.value):
        found["drift.minimumWindow"] = limits.Line(
            window.limit, cell.value, "fairness.minimumCell", cell.place, cell.source, window.band
        )
    return found


def _effective(spec: gatepolicies.Spec, lines: Mapping[str, limits.Line]) -> gatepolicies.Spec:
    plain = spec.to_json()
    for path, line in lines.items():
        if line.value is not None:
            limits.BY_PATH[path].write(plain, line.value)
    for name in ("bands", "schools", "packReviews"):
        plain.pop(name, None)
    return gatepolicies.Spec.model_validate(plain)


def _ignored(line: limits.Line, held: limits.Line) -> str:
    return f"{line.place}: {line.value} is looser than {held.value} of {held.layer} ({held.place}); {held.value} holds"


def _advice(spec: gatepolicies.Spec, chosen: tuple[packs.Pack, ...]) -> list[str]:
    said = []
    if spec.fairness.opposite_limit is not None:
        said.append(
            "spec.fairness.oppositeLimit: where groups need help at different rates, no honest model meets both directions; "
            "leave it out and the opposite gap is still reported"
        )
    for review in spec.pack_reviews:
        pack = next((p for p in chosen if p.name == review.pack), None)
        if pack is None:
            said.append(f"spec.packReviews[{review.pack}]: that pack is not in spec.packs")
        elif review.digest != pack.digest:
            said.append(f"spec.packReviews[{review.pack}] is of another version: read the pack again ({pack.digest})")
        elif review.review_by > review.reviewed_on + REVIEW_LASTS:
            until = review.reviewed_on + REVIEW_LASTS
            said.append(f"spec.packReviews[{review.pack}].reviewBy: a review counts for two years, so until {until}")
    reviewed = {(review.pack, review.digest) for review in spec.pack_reviews}
    said += [
        f"pack {pack.name}: {pack.reviewer}; have somebody who knows the law here read it, and record it in spec.packReviews"
        for pack in chosen
        if pack.name != packs.BASE and (pack.name, pack.digest) not in reviewed
    ]
    return said
