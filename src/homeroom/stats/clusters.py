"""Resampling whole schools: weights first, sums after, so that a thousand resamples are one matrix product."""

from typing import Any

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]
FloatArray = npt.NDArray[np.float64]
AnyFloatArray = npt.NDArray[np.floating[Any]]


def index_clusters(labels: npt.NDArray[Any]) -> tuple[IntArray, int]:
    """Row's cluster as 0..k-1 in the order of the sorted labels, and k.

    Example: ``["b", "a", "b"]`` gives ``[1, 0, 1]`` and 2.
    """
    names, index = np.unique(labels, return_inverse=True)
    return index.astype(np.int64), len(names)


def renumber(codes: IntArray, size: int) -> tuple[IntArray, int]:
    """Codes without gaps, in the same order, and how many there are.

    Args:
        codes: shape (n,), each 0..size-1.
        size: one more than the largest possible code.

    Example: ``[5, 2, 5]`` gives ``[1, 0, 1]`` and 2.
    """
    if size > max(len(codes), 1):
        return index_clusters(codes)
    # No sorting: several times as fast where there are few codes and many rows.
    used = np.bincount(codes, minlength=size) > 0
    return (np.cumsum(used) - 1)[codes], int(used.sum())


def draw_weights(clusters: int, resamples: int, rng: np.random.Generator) -> FloatArray:
    """How often each cluster is drawn in each resample with replacement.

    Args:
        clusters: number of clusters k, at least 1.
        resamples: number of resamples b.
        rng: source of randomness; the same state gives the same weights.

    Returns:
        Shape (b, k); every row sums to k. Floating point, so that products with counts run in BLAS; the values are
        whole numbers and exact.

    Source:
        Cluster (block) bootstrap; Davison and Hinkley 1997, section 3.8.
    """
    counts = np.bincount(_draw_places(clusters, resamples, rng), minlength=resamples * clusters)
    return counts.reshape(resamples, clusters).astype(np.float64)


def _draw_places(clusters: int, resamples: int, rng: np.random.Generator) -> IntArray:
    """Resample and cluster of each draw as one number; the distribution of a multinomial, ten times as fast."""
    places: IntArray = rng.integers(0, clusters, size=(resamples, clusters))
    places += clusters * np.arange(resamples)[:, None]
    return places.reshape(-1)


def count_by_cluster(cluster: IntArray, clusters: int, chosen: BoolArray) -> FloatArray:
    """Number of chosen rows in each cluster.

    Args:
        cluster: shape (n,); cluster of each row, 0..k-1.
        clusters: k.
        chosen: shape (n,).

    Returns:
        Shape (k,). Example: clusters ``[0, 0, 1]`` with all chosen give ``[2, 1]``.
    """
    return np.bincount(cluster[chosen], minlength=clusters).astype(np.float64)


def sum_by_cluster(cluster: IntArray, clusters: int, values: FloatArray) -> FloatArray:
    """Sum of ``values`` in each cluster; shape (k,). Example: ``[0, 0, 1]`` and ``[1, 2, 5]`` give ``[3, 5]``."""
    return np.bincount(cluster, weights=values, minlength=clusters).astype(np.float64)
