"""How alike the pupils of one class or school are, and how many independent pupils a class is worth."""

import numpy as np

from homeroom.stats import clusters


def design_effect(mean_size: float, correlation: float) -> float:
    """By how much a cluster sample inflates a variance.

    Args:
        mean_size: rows per cluster; with unequal sizes sum of squares over sum.
        correlation: intraclass correlation, in [0, 1].

    Returns:
        At least 1. Example: classes of 20 and 0.15 give 3.85: 300 pupils are worth 78.

    Source:
        Kish 1965, Survey Sampling, section 5.4: 1 + (m - 1) rho.
    """
    return 1.0 + (mean_size - 1.0) * correlation


def correlation(values: clusters.FloatArray, cluster: clusters.IntArray) -> float:
    """Intraclass correlation of rows by one-way analysis of variance, cut to [0, 1].

    Args:
        values: shape (n,).
        cluster: shape (n,); 0..k-1 without gaps.

    Returns:
        0 when clusters differ no more than chance, or when there is only one. Example: clusters (0, 0), (1, 1) give 1.
    """
    sizes = np.bincount(cluster).astype(np.float64)
    sums = np.bincount(cluster, weights=values)
    found = correlation_within(
        rows=np.array([float(len(values))]),
        clusters_seen=np.array([float(len(sizes))]),
        sizes=np.array([(sizes**2).sum()]),
        sums=np.array([[values.sum()]]),
        squares=np.array([[(values**2).sum()]]),
        between=np.array([[(sums**2 / sizes).sum()]]),
    )
    return float(found[0])


def correlation_within(
    *,
    rows: clusters.FloatArray,
    clusters_seen: clusters.FloatArray,
    sizes: clusters.FloatArray,
    sums: clusters.FloatArray,
    squares: clusters.FloatArray,
    between: clusters.FloatArray,
) -> clusters.FloatArray:
    """The same for f features, pooled over w windows: what differs between windows is not taken for likeness of clusters.

    Args:
        rows: shape (w,).
        clusters_seen: shape (w,); number k of clusters.
        sizes: shape (w,); sum of squared cluster sizes.
        sums: shape (w, f); sum of the values.
        squares: shape (w, f); sum of their squares.
        between: shape (w, f); sum over clusters of (sum in the cluster)^2 / size.

    Returns:
        Shape (f,), in [0, 1]; 0 where no window has two clusters.

    Source:
        Donner 1986, International Statistical Review 54(1): (MSB - MSW) / (MSB + (m0 - 1) MSW).
    """
    free = float((clusters_seen - 1).sum())
    inner = float((rows - clusters_seen).sum())
    if free <= 0 or inner <= 0:
        return np.zeros(sums.shape[1])
    among = (between - sums**2 / rows[:, None]).sum(axis=0) / free
    inside = (squares - between).sum(axis=0) / inner
    total = among + (float((rows - sizes / rows).sum()) / free - 1) * inside
    found: clusters.FloatArray = np.divide(among - inside, total, out=np.zeros(len(total)), where=total > 0)
    return np.clip(found, 0.0, 1.0)
