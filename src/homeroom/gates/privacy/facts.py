"""What the rules of the privacy gate look at, gathered once, and what a rule says."""

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from homeroom.domain import releases, verdicts
from homeroom.domain.verdicts import Outcome
from homeroom.gates import references
from homeroom.gates.evidence import Evidence
from homeroom.gates.policies import columns, packs
from homeroom.resources import fields, gatepolicies

YOUNGEST = {
    fields.Band.K_2.value: 5,
    fields.Band.GRADES_3_5.value: 8,
    fields.Band.GRADES_6_8.value: 11,
    fields.Band.GRADES_9_12.value: 14,
    fields.Band.ADULT.value: 18,
}
"""Age of the youngest in each band, by the usual age of entry; law asks about the youngest."""

_HEADING_BYTES = 1 << 20

Parameters = Mapping[str, Any]
"""What a pack says about a rule beside its name."""


@dataclass(frozen=True, slots=True)
class Column:
    """One input column of the model, or one column of the evaluation table.

    Attributes:
        name: its own.
        kinds: what it says about a child.
        choice: name of the choice that it is part of, where 0/1 columns spread one; empty where it stands alone.
    """

    name: str
    kinds: frozenset[gatepolicies.Kind]
    choice: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a rule says about a release.

    Attributes:
        outcome: as the law's default has it where a fact is missing.
        sentence: for whoever answers for data protection.
        action: what to do next; empty when there is nothing to do.
        about: which of several things it is about, where a rule speaks of several.
        estimate: the number that was compared; None where there is none.
        limit: what it was compared with.
    """

    outcome: Outcome
    sentence: str
    action: str = ""
    about: str = ""
    estimate: float | None = None
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known about a release and its use.

    Attributes:
        purpose: the one purpose.
        bands: that it may serve.
        offer_days: an offer made from it is forgotten after this many days.
        features: input columns.
        table: columns of the evaluation table.
        on: the day as of which is judged.
        register: whether the policy's purpose register has any entry.
        entry: the entry for the purpose; None without one.
        policy: the limits.
        packs: that apply.
        statement: what the release says about its privacy budget.
        trained_on: rows that the model was trained on.
        membership: what the check found that tries to tell who was in the training data; None when nobody tried.
    """

    purpose: str
    bands: tuple[str, ...]
    offer_days: int
    features: tuple[Column, ...]
    table: tuple[Column, ...]
    on: date
    register: bool
    entry: gatepolicies.PurposeEntry | None
    policy: gatepolicies.Spec
    packs: tuple[packs.Pack, ...]
    statement: releases.PrivacyStatement | None
    trained_on: int
    membership: Outcome | None

    def serves_under(self, age: int) -> tuple[str, ...]:
        """Bands of the release in which children are younger than that. Example: 13 gives K-2, 3-5 and 6-8."""
        return tuple(band for band in self.bands if YOUNGEST[band] < age)

    def nobody_under(self, age: int) -> tuple[Finding, ...]:
        """What a rule about children says of a release that serves none."""
        return (Finding(Outcome.NOT_APPLICABLE, f"The release serves nobody under {age}."),)

    def reads(self, *kinds: gatepolicies.Kind) -> tuple[str, ...]:
        """Input columns that say any of these things about a child."""
        return tuple(column.name for column in self.features if column.kinds & set(kinds))

    def written(self, field: str) -> str | None:
        """What the register's entry says in that field, named as in the manifest; None where nothing is written."""
        said = None if self.entry is None else self.entry.to_json().get(field)
        return None if said is None else str(said)


def gather(evidence: Evidence, membership: verdicts.Outcome | None) -> Facts:
    """What the rules look at."""
    release, policy = evidence.release, evidence.policy
    entry = next((e for e in policy.privacy.purposes if e.purpose.value == release.purpose), None)
    choices = _choices(evidence.reference)
    return Facts(
        purpose=release.purpose,
        bands=release.bands,
        offer_days=release.offer_days,
        features=tuple(_column(name, choices.get(name, ""), policy) for name in release.features),
        table=tuple(_column(name, "", policy) for name in heading(evidence.given.evaluation)),
        on=evidence.on,
        register=bool(policy.privacy.purposes),
        entry=entry,
        policy=policy,
        packs=packs.chosen(policy),
        statement=release.privacy,
        trained_on=evidence.reference.rows,
        membership=membership,
    )


def heading(table: bytes) -> tuple[str, ...]:
    """Names of the columns of a csv.gz table that was parsed before; nothing under the heading is unpacked."""
    plain = zlib.decompressobj(wbits=31).decompress(table, _HEADING_BYTES).decode("utf-8", "replace")
    return tuple(cell.strip().strip('"') for cell in plain.splitlines()[0].lstrip("\ufeff").split(","))


def _choices(reference: references.Reference) -> dict[str, str]:
    """Names of the choices that 0/1 columns spread, by column."""
    spread = [feature for feature in reference.features if isinstance(feature, references.CategorySketch)]
    return {column: sketch.name for sketch in spread for group in sketch.columns for column in group}


def _column(name: str, choice: str, policy: gatepolicies.Spec) -> Column:
    return Column(name, columns.kinds_of((name, choice), policy), choice)


def listed(names: tuple[str, ...]) -> str:
    """Names in a sentence, as ``'a', 'b' and 3 more``; hostile ones are shown as what they are."""
    shown = ", ".join(repr(name[:63]) for name in names[:8])
    return f"{shown} and {len(names) - 8} more" if len(names) > 8 else shown  # noqa: PLR2004 - as many as are shown
