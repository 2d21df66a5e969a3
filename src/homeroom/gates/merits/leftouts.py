"""Which columns could be left out: what the shipped model loses when one of them says nothing any more.

The gate cannot train, so a column is made to say nothing instead: its values are shuffled among the pupils of the same year
group, whole choices (all columns of one category) at a time, and the loss is how much less often the model then puts the
right pupil first. A column that only tells year groups apart is shuffled among all. A model that is trained without the
column can make up for some of the loss from the others, so what costs little here costs no more there; what costs much
here may still be replaceable. Of two columns that say the same each may be named, but not both may go: one at a time.
(Conditional permutation importance: Strobl et al. 2008; conditioning on the year group keeps combinations that occur.)
"""

import functools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from homeroom.domain import releases, verdicts
from homeroom.gates import references, scoring, tabulations
from homeroom.gates.evidence import Evidence, seed
from homeroom.gates.merits import orderings, scopes
from homeroom.stats import clusters

CHECK = "quality.drop-one"
SUBJECT = "columns: which could be left out"
SHUFFLES = 3
"""Averaged, so that one odd shuffle names no column."""
MOST_ROWS = 20_000
"""Of more rows a random part: the loss is then known to about 0.002."""


@dataclass(frozen=True, slots=True)
class Loss:
    """What one stage loses without one column, as a share of pairs put in the right order.

    Attributes:
        stage: which rung.
        column: name of a numeric column, or of a choice.
        measured: may be below 0 by chance.
    """

    stage: releases.Stage
    column: str
    measured: scopes.Measured


def decide(evidence: Evidence) -> tuple[verdicts.Verdict, ...]:
    """One verdict, reported: the columns that no model of the release needs."""
    losses = measure(evidence)
    if not losses:
        return ()
    limit = evidence.policy.quality.drop_one_limit
    needless = _needless(losses, limit)
    return (
        verdicts.Verdict(
            gate=scopes.GATE,
            check=CHECK,
            subject=SUBJECT,
            outcome=verdicts.Outcome.NOT_APPLICABLE,
            sentence=_sentence(needless, limit),
            evidence=evidence.table.digest,
            limit=limit,
            rows=len(evidence.table),
            action="Train without one of them and compare: what is not read cannot leak." if needless else "",
        ),
    )


def tabulate(evidence: Evidence) -> tuple[tabulations.Table, ...]:
    """What leaving out each column would cost each model, in pairs of 100."""
    limit = evidence.policy.quality.drop_one_limit
    rows = tuple(
        (
            loss.column,
            loss.stage.value,
            100 * loss.measured.estimate,
            100 * loss.measured.low,
            100 * loss.measured.high,
            100 * limit,
        )
        for loss in measure(evidence)
    )
    caption = (
        "Of 100 pairs of a pupil who needed support and one who did not, how many fewer the model would put in the right order "
        "if the column said nothing. Where even the high end is under the limit, the column could be left out."
    )
    columns = ("column", "stage", "costs", "low", "high", "limit")
    return (tabulations.Table("quality.drop-one", caption, columns, rows),) if rows else ()


@functools.lru_cache(maxsize=1)
def measure(evidence: Evidence) -> tuple[Loss, ...]:
    """Losses of every ONNX stage; nothing where there are too few pupils or schools. Remembered for one run."""
    rng = np.random.default_rng(seed(evidence.table.digest, evidence.policy))
    rows = np.sort(rng.choice(len(evidence.table), min(MOST_ROWS, len(evidence.table)), replace=False))
    drawn = np.zeros(len(evidence.table), dtype=bool)
    drawn[rows] = True
    # Of the rows that were drawn: where support is rare, a part may hold nobody who needed it.
    if not scopes.can_judge(evidence, scopes.Scope(None, drawn, evidence.policy.quality)):
        return ()
    orders = [[_shuffle(evidence, rows, rng, vary=vary) for _ in range(SHUFFLES)] for vary in (False, True)]
    files = [file for file in reversed(evidence.release.stages) if file.format is releases.Format.ONNX]
    return tuple(loss for file in files for loss in _measure_stage(evidence, file, rows, orders))


def _measure_stage(
    evidence: Evidence, file: releases.StageFile, rows: clusters.IntArray, orders: list[list[clusters.IntArray]]
) -> list[Loss]:
    session = scoring.open_session(evidence.given.stages[file.stage])
    features = evidence.table.features[rows]

    def areas(given: npt.NDArray[np.float32]) -> clusters.FloatArray:
        scores = np.zeros(len(evidence.table))
        scores[rows] = scoring.run_onnx(session, evidence.release.output, given)
        return orderings.resample(evidence, scores, rows)

    schools = len(np.unique(evidence.table.site[rows]))
    whole, found = areas(features), []
    for name, columns in _columns(evidence):
        chosen = orders[_follows_year(evidence, columns)]
        without = np.mean([areas(_shuffled(features, columns, order)) for order in chosen], axis=0)
        found.append(Loss(file.stage, name, scopes.of_resamples(whole - without, schools)))
    return found


def _columns(evidence: Evidence) -> list[tuple[str, list[int]]]:
    """Numeric columns one by one, choices as a whole."""
    place = {name: index for index, name in enumerate(evidence.release.features)}
    return [
        (feature.name, [place[feature.name]])
        if isinstance(feature, references.ContinuousSketch)
        else (feature.name, [place[name] for name in sum(feature.columns, ())])
        for feature in evidence.reference.features
    ]


def _follows_year(evidence: Evidence, columns: list[int]) -> bool:
    """Whether the columns are the same for all pupils of a year group; shuffled within it nothing would change."""
    years, features = evidence.table.year_group, evidence.table.features
    rows = [np.flatnonzero(years.are(year)) for year in years.words]
    values = [features.column(column) for column in columns]
    return all((column[chosen] == column[chosen[0]]).all() for column in values for chosen in rows)


def _shuffle(evidence: Evidence, rows: clusters.IntArray, rng: np.random.Generator, *, vary: bool) -> clusters.IntArray:
    """Whose value each row gets: somebody's of its year group, or anybody's where the year group itself is to vary."""
    year = evidence.table.year_group.codes[rows]
    order = np.arange(len(rows))
    for group in [np.arange(len(rows))] if vary else [np.flatnonzero(year == index) for index in np.unique(year)]:
        order[group] = rng.permutation(group)
    return order


def _shuffled(
    features: npt.NDArray[np.float32], columns: list[int], order: clusters.IntArray
) -> npt.NDArray[np.float32]:
    changed = features.copy()
    changed[:, columns] = features[order][:, columns]
    return changed


def _needless(losses: tuple[Loss, ...], limit: float) -> tuple[str, ...]:
    """Columns that cost too little to notice in every model of the release."""
    names = dict.fromkeys(loss.column for loss in losses)
    return tuple(name for name in names if all(loss.measured.high < limit for loss in losses if loss.column == name))


def _sentence(needless: tuple[str, ...], limit: float) -> str:
    size = f"fewer than {1000 * limit:g} of 1000 pairs of pupils would be put in the wrong order"
    if not needless:
        return f"Every column that the model reads does something for it: there is none without which {size}. Reported, not limited."
    listed = ", ".join(repr(name) for name in needless)
    alone = " Not all of them together: what one says another may say too." if needless[1:] else ""
    return f"{listed} could be left out: without it {size}.{alone} Reported, not limited."
