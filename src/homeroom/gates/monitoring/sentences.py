"""Findings in plain words: sentence first, number second, what could have been noticed always."""

from homeroom.gates import words
from homeroom.gates.monitoring import archives, devices, estimates, poolshifts, schoolshifts, windowshifts
from homeroom.gates.monitoring.comparables import Basis
from homeroom.gates.monitoring.findings import Finding, Outcome


def of_pool(archive: archives.Archive, shift: poolshifts.PoolShift, detectable: float) -> Finding:
    """One input over several schools."""
    name = archive.known.names[shift.feature]
    where = "in the district" if shift.pool.level == poolshifts.DISTRICT else f"in {shift.pool.level} {shift.pool.name}"
    size = words.of_hundred(shift.distance)
    year = archive.year_groups[shift.year_group]
    changed = (
        f"Pupils of the same year group look different {where}: in year group {year} about {size} of 100 lie elsewhere in "
        f"{name} than at this time of earlier years."
    )
    same = f"{name} is {where} as at this time of earlier years, year group by year group. {noticed(detectable)}"
    return Finding(
        check="watch.input",
        level=shift.pool.level,
        unit=shift.pool.name,
        subject=name,
        outcome=Outcome.CHANGED if shift.found else Outcome.UNCHANGED,
        sentence=changed if shift.found else same,
        estimate=shift.distance,
        detectable=detectable,
        acts=shift.acted,
    )


def noticed(detectable: float) -> str:
    """What so many pupils would have shown."""
    return f"We would notice a change of about {words.of_hundred(detectable)} points in 100."


def of_school(archive: archives.Archive, shift: schoolshifts.SchoolShift) -> Finding:
    """One input of one year group in one school; the shrunken movement and its range, never the raw one."""
    name, year = archive.known.names[shift.feature], archive.year_groups[shift.year_group]
    way = "up" if shift.mean > 0 else "down"
    return Finding(
        check="watch.school-input",
        level="school",
        unit=archive.sites[shift.site],
        subject=f"{name}, year group {year}",
        outcome=Outcome.CHANGED,
        sentence=(
            f"{name} of year group {year} moved {way} in this school against what the other schools' pupils did, by about "
            f"{abs(shift.mean):.1f} standard deviations (between {shift.low:+.1f} and {shift.high:+.1f})."
        ),
        estimate=shift.mean,
        low=shift.low,
        high=shift.high,
    )


def of_window(archive: archives.Archive, shift: windowshifts.WindowShift, detectable: float) -> Finding:
    """All inputs of one year group in a school that stands alone."""
    window = shift.comparable.window
    year, earlier = archive.year_groups[archive.year_group[window]], _EARLIER[shift.comparable.basis]
    names = [archive.known.names[feature] for feature in shift.features]
    changed = (
        f"Pupils of year group {year} look different in this school from {earlier}: about "
        f"{words.of_hundred(shift.distance)} of 100 lie elsewhere in {names[0] if names else ''}"
        f"{_and_others(names[1:])}. There are too few other schools to tell whether they changed as well; a new year's "
        "pupils may simply be others."
    )
    same = f"Pupils of year group {year} look in this school as {earlier}. {noticed(detectable)}"
    return Finding(
        check="watch.window",
        level="school",
        unit=archive.sites[archive.site[window]],
        subject=f"inputs, year group {year}",
        outcome=Outcome.CHANGED if names else Outcome.UNCHANGED,
        sentence=changed if names else same,
        estimate=shift.distance,
        detectable=detectable,
    )


_EARLIER = {
    Basis.MATCHED: "at this time of earlier years",
    Basis.THIS_YEAR: "earlier this school year",
}


def _and_others(names: list[str]) -> str:
    return f", and others in {', '.join(names)}" if names else ""


def of_device(archive: archives.Archive, shift: devices.DeviceShift) -> Finding:
    """One input that follows the kind of box."""
    name = archive.known.names[shift.feature]
    return Finding(
        check="watch.device",
        level="district",
        unit="district",
        subject=name,
        outcome=Outcome.CHANGED,
        sentence=(
            f"{name} changed on {shift.device} and not on other boxes, by about {abs(shift.apart):.1f} standard deviations in "
            f"{shift.schools} schools: look at the equipment and at how data is prepared there."
        ),
        estimate=shift.apart,
    )


def of_estimate(archive: archives.Archive, region: str, found: estimates.Estimate) -> Finding:
    """What the scores let expect, marked."""
    year = archive.year_groups[found.year_group]
    if found.expected is None:
        sentence = (
            f"Estimate, no outcomes yet: none is made for year group {year}, because the model's scores did not mean what "
            "they say in earlier years, or too few outcomes are known."
        )
    else:
        before = "" if found.earlier is None else f"; in earlier years {words.of_hundred(found.earlier)} were"
        sentence = (
            f"Estimate, no outcomes yet: of 100 answers for year group {year} about {words.of_hundred(found.expected)} would "
            f"be wrong{before}. It takes the scores at their word and cannot see a model that has become wrong."
        )
    return Finding(
        check="watch.estimate",
        level="region",
        unit=region,
        subject=f"expected errors, year group {year}",
        outcome=Outcome.NOTE,
        sentence=sentence,
        estimate=found.expected,
    )


def of_mix(region: str, share: float) -> Finding:
    """Other shares of year groups."""
    return Finding(
        check="watch.mix",
        level="region",
        unit=region,
        subject="who the pupils are",
        outcome=Outcome.NOTE,
        sentence=(
            f"About {words.of_hundred(share)} of 100 pupils would have to be in another year group to have the mix of earlier "
            "years. Told, never alarmed about."
        ),
        estimate=share,
    )


def of_loss(site: str, *, changed: bool, covered: bool, acts: bool, check: str) -> Finding:
    """Wrong answers, or unsure ones, of one school."""
    subject, verb = ("wrong answers", "wrong") if check == "watch.loss" else ("unsure answers", "unsure")
    if not covered:
        outcome, sentence = (
            Outcome.CANNOT_TELL,
            f"There is nothing yet to tell by whether the model is {verb} more often here.",
        )
    elif changed:
        outcome = Outcome.CHANGED
        sentence = f"The model is {verb} more often in this school than in earlier years at the same time, for the same year groups."
    else:
        outcome = Outcome.UNCHANGED
        sentence = (
            f"Nothing shows that the model is {verb} more often in this school than in earlier years at the same time."
        )
    return Finding(
        check=check,
        level="school",
        unit=site,
        subject=subject,
        outcome=outcome,
        sentence=sentence,
        acts=changed and acts,
    )


def of_ladder(level: str, unit: str, site: str, pupils: int, alone: float, pooled: float) -> Finding:
    """Which pool is large enough for a school that is too small to be looked at alone."""
    wide = "the whole district" if level == poolshifts.DISTRICT else f"{level} {unit}"
    return Finding(
        check="watch.detectable",
        level="school",
        unit=site,
        subject="what would be noticed",
        outcome=Outcome.NOTE,
        sentence=(
            f"With {pupils} pupils we would only notice a change of about {words.of_hundred(alone)} points in 100. "
            f"Pooled with {wide}: {words.of_hundred(pooled)}."
        ),
        estimate=alone,
        detectable=pooled,
    )
