"""A model of raw scores forgets pupils as they grow, one of standardised scores does not; and why its error changed."""

import numpy as np
import star_pupils
from figures import Figure
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score

from homeroom.stats import clusters, decompositions

MOVES = ("K-1", "1-2", "2-3")
MEAN_PREDICTED = (0.242, 0.034, 0.003)
AUC = (0.816, 0.872, 0.868)
PARTS = {"mix": 0.0005, "within": -0.0015}


def compute() -> list[Figure]:
    """Mean predicted risk of the raw model, AUC of the other, and the parts of its change in error from 1-2 to 2-3.

    Same method: half a digit of tolerance.
    """
    years = star_pupils.student_years()
    moves = [star_pupils.moves(years, grade) for grade in range(3)]
    raw = [np.column_stack([move.raw, move.free_lunch]) for move in moves]
    standardised = [np.column_stack([move.standardised, move.free_lunch]) for move in moves]
    raw_model = LogisticRegression(max_iter=1000).fit(raw[0], moves[0].needed)
    model = LogisticRegression().fit(standardised[0], moves[0].needed)
    predicted = [raw_model.predict_proba(rows)[:, 1].mean() for rows in raw]
    scores = [model.predict_proba(rows)[:, 1] for rows in standardised]
    ranked = [roc_auc_score(move.needed, score) for move, score in zip(moves, scores, strict=True)]
    parts = split(moves, scores)
    return [
        *(
            Figure(f"raw-score model, mean predicted risk, {m}", p, v, 0.0005)
            for m, p, v in zip(MOVES, MEAN_PREDICTED, predicted, strict=True)
        ),
        *(Figure(f"standardised model, AUC, {m}", p, v, 0.0005) for m, p, v in zip(MOVES, AUC, ranked, strict=True)),
        *(
            Figure(f"Brier score from 1-2 to 2-3, {name}", PARTS[name], getattr(parts, name)[0], 0.00005)
            for name in PARTS
        ),
        # Two pupils are of strata that one move only has. The published total leaves them out; ours gives them a part.
        Figure("Brier score from 1-2 to 2-3, mix and within", -0.0010, float((parts.mix + parts.within)[0]), 0.00005),
        Figure("Brier score from 1-2 to 2-3, new kinds of pupils", 0.0, float(parts.new[0]), 0.00005),
    ]


def split(moves: list[star_pupils.Moves], scores: list[star_pupils.FloatArray]) -> decompositions.Parts:
    """Kitagawa's parts over income and school type, from the second move to the third."""
    strata = sorted({*moves[1].stratum, *moves[2].stratum})
    periods = []
    for move, score in zip(moves[1:], scores[1:], strict=True):
        stratum = np.searchsorted(strata, move.stratum)
        loss = (score - move.needed) ** 2
        rows = clusters.count_by_cluster(stratum, len(strata), np.ones(len(stratum), dtype=bool))
        periods.append(decompositions.Losses(rows[None], clusters.sum_by_cluster(stratum, len(strata), loss)[None]))
    return decompositions.split(periods[0], periods[1], np.ones((1, 1)))
