"""Out-of-distribution check by a network's features: does an image lie near those that it has learned from?

Distances are those to the k-th nearest training image among features of length 1 (Sun et al., ICML 2022). Colours and
shape (data/out_of_distribution.py) notice another stain or camera; features may notice another content, such as a class
that was never learned. tests/benchmarks/new_images.py measures how far either does.
"""

from dataclasses import dataclass, replace

import numpy as np

from workflow_scripts.data.out_of_distribution import WITHIN

NEIGHBOURS = 5
ROWS_AT_A_TIME = 512
# Features that are all alike have no distance to measure by.
SMALLEST_LIMIT = 1e-6


@dataclass(frozen=True)
class FeatureDistribution:
    """Features of training images, float32 N×F of length 1, and the distance within which images are usual."""

    learned: np.ndarray
    limit: float

    @classmethod
    def of(cls, learned: np.ndarray, held_out: np.ndarray) -> "FeatureDistribution":
        """Of the features of training images (N×F) and of validation images (M×F, M > 0), which set the limit.

        The share out_of_distribution.WITHIN of the validation images lies within it: a network knows its training
        images too well to tell from them what is usual.
        """
        unlimited = cls(_unit_length(learned), 1.0)
        limit = float(np.quantile(unlimited.distances(held_out), WITHIN))
        return replace(unlimited, limit=max(limit, SMALLEST_LIMIT))

    def distances(self, features: np.ndarray) -> np.ndarray:
        """float64 N distances of N×F features, 1: at the limit."""
        neighbours = min(NEIGHBOURS, len(self.learned))
        blocks = range(0, len(features), ROWS_AT_A_TIME)
        nearest = [
            np.partition(_unit_length(features[start : start + ROWS_AT_A_TIME]) @ self.learned.T, -neighbours, axis=1)
            for start in blocks
        ]
        cosine = np.concatenate(nearest)[:, -neighbours].astype("float64")
        distances: np.ndarray = np.sqrt(np.maximum(2 - 2 * cosine, 0)) / self.limit
        return distances


def _unit_length(features: np.ndarray) -> np.ndarray:
    lengths = np.linalg.norm(features, axis=1, keepdims=True)
    unit: np.ndarray = (features / np.maximum(lengths, 1e-12)).astype("float32")
    return unit
