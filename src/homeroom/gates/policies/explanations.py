"""A policy explained: which limits hold, which line of which layer set each, which rules apply, and what to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from homeroom.gates.policies import columns, limits, overlays, packs
from homeroom.resources import gatepolicies


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule that a pack asks for."""

    name: str
    pack: str
    source: str
    looked_up: bool


@dataclass(frozen=True, slots=True)
class Explanation:
    """What holds under a policy.

    Attributes:
        resolved: the overlay.
        chosen: packs that apply, base first.
        lines: one for each limit that limits something and each band in which it differs.
        rules: checks of the privacy gate, once for each pack that asks.
        groups: attributes that some pack asks to compare, and by which group of the policy each is; empty where by none.
    """

    resolved: overlays.Resolved
    chosen: tuple[packs.Pack, ...]
    lines: tuple[limits.Line, ...]
    rules: tuple[Rule, ...]
    groups: tuple[tuple[str, str], ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, for programs."""
        return {
            "packs": [
                {
                    **pack.to_json(),
                    "reviewer": pack.reviewer,
                    "reviewedOn": pack.reviewed_on.isoformat(),
                    "reviewBy": None if pack.review_by is None else pack.review_by.isoformat(),
                }
                for pack in self.resolved.packs
            ],
            "limits": [line.to_json() for line in self.lines],
            "rules": [
                {"rule": rule.name, "pack": rule.pack, "source": rule.source, "lookedUp": rule.looked_up}
                for rule in self.rules
            ],
            "forbiddenFeatures": [
                {"pack": pack.name, "kind": line.kind.value, "underAge": line.under_age}
                for pack in self.chosen
                for line in pack.forbidden_features
            ],
            "groups": [{"attribute": attribute, "group": group or None} for attribute, group in self.groups],
            "warnings": list(self.resolved.warnings),
        }


def explain(spec: gatepolicies.Spec, *, bands: Sequence[str], schools: Sequence[str] | None = None) -> Explanation:
    """What holds for releases to these bands and schools; None for every school that the policy names.

    Raises:
        SpecError: lines contradict each other, or a pack does not exist.
    """
    resolved = overlays.resolve(spec, bands=bands, schools=schools)
    chosen = packs.chosen(spec)
    return Explanation(
        resolved=resolved,
        chosen=chosen,
        lines=tuple(line for line in resolved.lines if line.value is not None),
        rules=tuple(
            Rule(line.rule, pack.name, pack.sources[line.source].title, pack.sources[line.source].looked_up)
            for pack in chosen
            for line in pack.rules
        ),
        groups=_groups(spec, chosen),
    )


def not_limited(explanation: Explanation) -> tuple[str, ...]:
    """Limits that nobody sets, so that what they are about is reported only."""
    return tuple(limit.path for limit in limits.LIMITS if limit.path not in {line.limit for line in explanation.lines})


def _groups(spec: gatepolicies.Spec, chosen: Sequence[packs.Pack]) -> tuple[tuple[str, str], ...]:
    asked = {a.name: a for pack in chosen for a in pack.protected_attributes if a.required}
    return tuple(
        (name, ", ".join(group.name for group in spec.fairness.protect if columns.holds(group, attribute)))
        for name, attribute in asked.items()
    )
