"""What is not judged at all: uses that are refused for an age, columns that are not recorded, groups that are too small."""

from homeroom.domain import verdicts
from homeroom.gates import words
from homeroom.gates.evidence import FEWEST_SCHOOLS
from homeroom.gates.groups import comparisons, errorrates, materials, sentences
from homeroom.resources import fields

GATE = "fairness"
USE, NOT_RECORDED, EARLIER = "fairness.refused-use", "fairness.not-recorded", "fairness.earlier-reports"
YOUNGEST = "K-2"


def decide_use(material: materials.Material) -> tuple[verdicts.Verdict, ...]:
    """Nobody in K-2 is labelled as at risk; offers of support are allowed at every age.

    Source:
        Labels in the first school years stick and are wrong most often (education.md B3, B5): a rule of the product.
    """
    if material.purpose != fields.Purpose.RISK_LABEL.value:
        return ()
    refused = YOUNGEST in material.totals.frame.bands
    return (
        verdicts.Verdict(
            gate=GATE,
            check=USE,
            subject=f"use: labels of risk in {YOUNGEST}",
            outcome=verdicts.Outcome.FAIL if refused else verdicts.Outcome.PASS,
            sentence=(
                f"Children in {YOUNGEST} are not labelled as at risk, by whatever model."
                if refused
                else f"Nobody in {YOUNGEST} would be labelled as at risk."
            ),
            action=f"Take {YOUNGEST} out of the release, or make it an offer of support." if refused else "",
            evidence=material.digest,
        ),
    )


def decide_unrecorded(material: materials.Material, scope: materials.Scope) -> tuple[verdicts.Verdict, ...]:
    """One verdict for each column that too many pupils have no value in; its groups are not judged."""
    pool = material.pool(scope)
    if not materials.enough(pool.everybody, scope.limits.minimum_cell):
        return ()
    shares = materials.too_often_unrecorded(material, scope, pool)
    return tuple(_unrecorded(material, scope, column, share) for column, share in sorted(shares.items()))


def _unrecorded(material: materials.Material, scope: materials.Scope, column: str, share: float) -> verdicts.Verdict:
    about = [compared.words for compared in material.compared if column in compared.columns]
    return verdicts.Verdict(
        gate=GATE,
        check=NOT_RECORDED,
        subject=subject(scope, f"not recorded: {column}"),
        outcome=verdicts.Outcome.NOT_ENOUGH_EVIDENCE,
        sentence=(
            f"We cannot tell yet about {', '.join(about)}: for about {round(100 * share)} of every 100 pupils {column} is not "
            f"recorded, and at most {words.limit_of(scope.limits.not_recorded_limit)} may be missing."
        ),
        action=f"Complete {column} in the evaluation table, or ask schools to record it.",
        evidence=material.digest,
        estimate=round(share, 2),
        limit=scope.limits.not_recorded_limit,
        band=scope.band,
    )


def decide_too_few(material: materials.Material, scope: materials.Scope) -> tuple[verdicts.Verdict, ...]:
    """One verdict, without any number, for each group that is too small on one of its sides."""
    pool = material.pool(scope)
    known = set(materials.judged(material, scope, pool))
    unrecorded = materials.too_often_unrecorded(material, scope, pool).keys()
    return tuple(
        _too_few(material, scope, comparison)
        for index, comparison in enumerate(material.compared)
        if index not in known and not unrecorded & set(comparison.columns)
    )


def _too_few(
    material: materials.Material, scope: materials.Scope, comparison: comparisons.Comparison
) -> verdicts.Verdict:
    whom = sentences.HARMS[material.harm].whom
    return verdicts.Verdict(
        gate=GATE,
        check=errorrates.EXCESS,
        subject=subject(scope, f"every stage: {comparison.words} against {comparison.against}"),
        outcome=verdicts.Outcome.NOT_ENOUGH_EVIDENCE,
        sentence=(
            f"We cannot tell yet about {comparison.words}: the data hold fewer than {scope.limits.minimum_cell} of them, or "
            f"of {comparison.against}, {whom}, or they went to fewer than {FEWEST_SCHOOLS} schools."
        ),
        action=(
            f"Collect outcomes of more {comparison.words}, or pool them with other districts. A pilot needs a waiver with "
            "an end and a plan for the data."
        ),
        evidence=material.digest,
        limit=scope.limits.excess_limit,
        band=scope.band,
    )


def decide_earlier(material: materials.Material) -> tuple[verdicts.Verdict, ...]:
    """That the report was compared with earlier ones, and what came of it; nothing where there are none."""
    if not material.earlier:
        return ()
    withheld = materials.withheld(material)
    reports = f"{len(material.earlier)} earlier report{'s' if len(material.earlier) > 1 else ''}"
    hidden = (
        "the numbers of some groups stay hidden" if withheld.by_earlier else "nothing had to be hidden because of them"
    )
    left = f" {material.unread} older ones were not read." if material.unread else ""
    lost = " The earlier reports tell about a group of very few pupils by themselves." if withheld.told_before else ""
    return (
        verdicts.Verdict(
            gate=GATE,
            check=EARLIER,
            subject="earlier reports: what they would tell together with this one",
            outcome=verdicts.Outcome.NOT_APPLICABLE,
            sentence=f"Compared with {reports}: {hidden}.{left}{lost}",
            action="Take one of the earlier reports back where people can still read it."
            if withheld.told_before
            else "",
            evidence=material.digest,
        ),
    )


def subject(scope: materials.Scope, text: str) -> str:
    """Subject of a verdict, with its band where there is one."""
    return text if scope.band is None else f"{scope.band}: {text}"
