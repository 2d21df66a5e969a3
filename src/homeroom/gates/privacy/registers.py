"""The purpose register against the release: who wrote down what this may be used for, and does the release keep to it?"""

from collections.abc import Iterator

from homeroom.domain.verdicts import Outcome
from homeroom.gates.policies import columns
from homeroom.gates.privacy.facts import Facts, Finding, Parameters, listed
from homeroom.resources import gatepolicies

_ADD = "Add an entry for this purpose to privacy.purposes of the policy."


def registered(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``purpose.registered``: the purpose is in the register, once the register has any entry (GDPR 5(1)(b), FERPA 99.31)."""
    if not facts.register:
        return (
            Finding(Outcome.NOT_APPLICABLE, "Nobody has written down what pupils' data may be used for here.", _ADD),
        )
    if facts.entry is None:
        return (Finding(Outcome.FAIL, f"The register does not allow any data to be used for {facts.purpose}.", _ADD),)
    return (Finding(Outcome.PASS, f"The register allows data to be used for {facts.purpose}, by {facts.entry.owner}."),)


def within_columns(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``purpose.columns``: the model reads no column that the register does not list (GDPR 5(1)(c), data minimisation)."""
    if facts.entry is None:
        return ()
    allowed = {columns.normalised(name) for name in facts.entry.columns}
    outside = tuple(c.name for c in facts.features if columns.normalised(c.name) not in allowed)
    if outside:
        return (
            Finding(
                Outcome.FAIL,
                f"The model reads what the register does not allow for this purpose: {listed(outside)}.",
                "Train it without these columns, or have the register's owner allow them, with the reason.",
                estimate=float(len(outside)),
                limit=0.0,
            ),
        )
    return (
        Finding(Outcome.PASS, f"The model reads {len(facts.features)} columns, all of them allowed for this purpose."),
    )


def within_bands(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``purpose.bands``: the release serves no year groups whose data may not be used."""
    if facts.entry is None:
        return ()
    allowed = {band.value for band in facts.entry.bands}
    outside = tuple(band for band in facts.bands if band not in allowed)
    if outside:
        return (
            Finding(
                Outcome.FAIL,
                f"The register does not allow the data of year groups {', '.join(outside)} for this purpose.",
                "Release it for the other year groups only, or have the register's owner allow these.",
            ),
        )
    return (Finding(Outcome.PASS, "The register allows the data of all its year groups."),)


def unexpired(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``purpose.expiry``: the entry has not run out on the day as of which is judged; its last day still counts."""
    if facts.entry is None:
        return ()
    ends = facts.entry.expires
    if facts.on > ends:
        return (
            Finding(
                Outcome.FAIL,
                f"The permission to use data for {facts.purpose} ended on {ends}.",
                "Look at the use again; renew the entry in the register, or end the use.",
            ),
        )
    return (Finding(Outcome.PASS, f"The permission to use data for {facts.purpose} lasts until {ends}."),)


def forgotten(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``purpose.flagDays``: a suggestion about a child is forgotten no later than the register says."""
    if facts.entry is None:
        return ()
    most = facts.entry.flag_days
    if facts.offer_days > most:
        return (
            Finding(
                Outcome.FAIL,
                f"A suggestion about a child would be kept for {facts.offer_days} days, and the register allows {most}.",
                f"Release it with offerDays of {most} at most.",
                estimate=float(facts.offer_days),
                limit=float(most),
            ),
        )
    said = f"A suggestion about a child is forgotten after {facts.offer_days} days; the register allows {most}."
    return (Finding(Outcome.PASS, said, estimate=float(facts.offer_days), limit=float(most)),)


def reads_nothing_forbidden(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``features.forbidden``: no input is of a kind, or holds an attribute, that packs keep for evaluation or forbid.

    Wisconsin's early warning system used race and lunch status, and was wrong most often about the children it named
    (The Markup, 27 April 2023).
    """
    kinds = {
        line.kind
        for pack in facts.packs
        for line in pack.forbidden_features
        if line.under_age is None or facts.serves_under(line.under_age)
    }
    kept = {columns.normalised(column) for column in _for_evaluation(facts)}
    wrong = tuple(
        c.name
        for c in facts.features
        if c.kinds & kinds or kept & {columns.normalised(c.name), columns.normalised(c.choice)}
    )
    if wrong:
        return (
            Finding(
                Outcome.FAIL,
                f"The model judges a child by what it must not know: {listed(wrong)}.",
                "Train it without these columns. They may be in the evaluation table, to see whether anybody is harmed.",
            ),
        )
    said = "No column that the model reads is known to tell ethnicity, family income, address, birth date or name."
    return (Finding(Outcome.PASS, said),)


def _for_evaluation(facts: Facts) -> Iterator[str]:
    """Columns that hold what may only be compared: those that packs list, and those that the policy compares as such."""
    for attribute in (a for pack in facts.packs for a in pack.protected_attributes if a.evaluation_only):
        yield from attribute.columns
        yield from (group.column for group in facts.policy.fairness.protect if columns.holds(group, attribute))


def purpose_fits_band(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``band.refusedPurpose``: the youngest are offered support and never labelled."""
    refused = tuple(
        line.band.value
        for pack in facts.packs
        for line in pack.bands
        if line.band.value in facts.bands and facts.purpose in {purpose.value for purpose in line.refused_purposes}
    )
    if refused:
        return (
            Finding(
                Outcome.FAIL,
                f"Children in {', '.join(dict.fromkeys(refused))} are too young for a {facts.purpose}.",
                "Release it for older year groups, or make it an offer of support.",
            ),
        )
    return (Finding(Outcome.PASS, "Its purpose suits the age of all its year groups."),)


def compares_required_groups(facts: Facts, _parameters: Parameters) -> tuple[Finding, ...]:
    """``policy.requiredGroup``: the policy compares a group of each attribute that a pack asks for.

    Not enough evidence and no error: a district that has no such column yet may waive that with a plan, and begin with pilots.
    """
    wanted: dict[str, tuple[str, list[str]]] = {}
    for pack in facts.packs:
        for attribute in pack.protected_attributes:
            covered = any(columns.holds(group, attribute) for group in facts.policy.fairness.protect)
            if attribute.required and not covered:
                wanted.setdefault(attribute.name, (attribute.words, []))[1].append(pack.name)
    if wanted:
        return tuple(
            Finding(
                Outcome.NOT_ENOUGH_EVIDENCE,
                f"Nobody can tell whether this is as fair to {words} as to others: the policy does not compare them.",
                f"Add a group of {name} to fairness.protect and its column to the evaluation table; {', '.join(by)} asks for it.",
                about=name,
            )
            for name, (words, by) in wanted.items()
        )
    if any(attribute.required for pack in facts.packs for attribute in pack.protected_attributes):
        return (Finding(Outcome.PASS, "The policy compares every group that the law here asks to look at."),)
    return ()


def is_written(facts: Facts, field: str, missing: str) -> tuple[Finding, ...]:
    """Whether the register's entry has that field; it fails where it does not, or where there is no entry."""
    said = facts.written(field)
    if said is None:
        return (Finding(Outcome.FAIL, missing, f"Write it into the register's entry for {facts.purpose} ({field})."),)
    return (Finding(Outcome.PASS, f"The register says: {said}."),)


def has_an_end(facts: Facts, missing: str) -> tuple[Finding, ...]:
    """Whether it is written what data is used for, on which basis and how long; every entry says all three."""
    if facts.entry is None:
        return (Finding(Outcome.FAIL, missing, _ADD),)
    days = facts.entry.retention_days
    said = f"Data is used for {facts.purpose} on the basis of {facts.entry.basis}, and deleted after {days} days."
    return (Finding(Outcome.PASS, said, estimate=float(days)),)


def reads_nothing_of(facts: Facts, kinds: tuple[gatepolicies.Kind, ...], about: str) -> tuple[Finding, ...]:
    """Whether no input is of these kinds, as far as names and declarations tell."""
    wrong = facts.reads(*kinds)
    if wrong:
        said = f"The model reads about {about}: {listed(wrong)}."
        return (Finding(Outcome.FAIL, said, "Train it without these columns."),)
    return (Finding(Outcome.PASS, f"No column that the model reads is known to tell about {about}."),)


def trained_by_the_district(facts: Facts) -> Finding:
    """Whether the district alone trains with the data, for its own schools; it fails where nobody has written who does."""
    trains = None if facts.entry is None else facts.entry.trained_by
    if trains is None:
        return Finding(
            Outcome.FAIL,
            "Nothing in writing says who trains with these pupils' data.",
            f"Write it into the register's entry for {facts.purpose} (trainedBy).",
        )
    if trains is gatepolicies.TrainedBy.PROCESSOR_OWN:
        return Finding(
            Outcome.FAIL,
            "Somebody else improves a product of their own with these pupils' data.",
            "Have the district train for its own schools only (trainedBy: District), and say so in the agreement.",
        )
    return Finding(Outcome.PASS, "Only the district trains with these pupils' data, for its own schools.")
