"""What a mean would be if the pupils had last year's mix: rows weighted by how typical of that mix they are."""

import numpy as np

from homeroom.stats import clusters

LARGEST_RATIO = 10.0
"""Weights above are cut: one row must not stand for a school."""
_RIDGE = 1e-3
_FARTHEST = 30.0
"""Log-odds; beyond, a chance is 0 or 1 to thirteen digits."""
_STEPS = 50


def density_ratios(target: clusters.FloatArray, source: clusters.FloatArray) -> clusters.FloatArray:
    """How much more usual each source row is among the target's rows, by a small logistic classifier.

    Args:
        target: shape (m, f); such as last year's rows.
        source: shape (n, f); the rows to weigh.

    Returns:
        Shape (n,), in (0, 10]. Rows of the same kind as the target's get about 1.

    Source:
        Bickel, Brueckner and Scheffer 2009, JMLR 10: odds of the classifier times n/m is the density ratio.
    """
    rows = np.vstack([target, source])
    centre, spread = rows.mean(axis=0), rows.std(axis=0)
    design = np.column_stack([np.ones(len(rows)), (rows - centre) / np.where(spread > 0, spread, 1.0)])
    label = np.r_[np.ones(len(target)), np.zeros(len(source))]
    odds = np.exp(np.minimum(design[len(target) :] @ _fit(design, label), _FARTHEST))
    return np.minimum(odds * len(source) / len(target), LARGEST_RATIO)


def effective_rows(weights: clusters.FloatArray) -> float:
    """Number of equally weighted rows that these are worth.

    Returns:
        Between 1 and n; 0 without weights. Example: 1, 1, 1, 3 give 36 / 12 = 3.

    Source:
        Kish 1965, section 11.7: (sum w)^2 / sum w^2.
    """
    squares = float((weights**2).sum())
    return float(weights.sum()) ** 2 / squares if squares > 0 else 0.0


def _fit(design: clusters.FloatArray, label: clusters.FloatArray) -> clusters.FloatArray:
    """Newton's steps for a logistic regression with a light ridge, which keeps separable data finite."""
    coefficients = np.zeros(design.shape[1])
    ridge = _RIDGE * len(label) * np.eye(design.shape[1])
    ridge[0, 0] = 0.0
    for _ in range(_STEPS):
        chance = 1.0 / (1.0 + np.exp(-np.clip(design @ coefficients, -_FARTHEST, _FARTHEST)))
        slope = design.T @ (label - chance) - ridge @ coefficients
        curvature = (design * (chance * (1 - chance))[:, None]).T @ design + ridge
        step = np.linalg.solve(curvature, slope)
        coefficients = coefficients + step
        if np.abs(step).max() < 1e-9:  # noqa: PLR2004 - far below what a weight can show
            break
    return coefficients
