"""Out-of-distribution check: does an image look like those that a network has learned from, by colour and shape?

A network says something about any image, a photograph of a cat included. What is told here is crude on purpose: it
notices another stain, camera, magnification or file format, not another disease.
"""

from dataclasses import dataclass, replace

import numpy as np

# Each statistic, and the least difference that counts as one (grey levels of 255, powers of ten).
STATISTICS = {
    "mean red": 2.0,
    "mean green": 2.0,
    "mean blue": 2.0,
    "contrast of red": 2.0,
    "contrast of green": 2.0,
    "contrast of blue": 2.0,
    "sharpness (log10)": 0.02,
    "width / height (log10)": 0.02,
}
# Share of the training images themselves that lies within the limit.
WITHIN = 0.99
# Medians and their deviations describe most images; what lies further out must not stretch the description.
FURTHEST = 3.0
# Keeps the description of few images from being too narrow in directions that they happen not to fill.
SHRINKAGE = 0.1
# Grey levels; an even image has no logarithm.
SMALLEST_EDGE = 0.1
ROWS_AT_A_TIME = 256


def statistics(images: np.ndarray, ratios: np.ndarray) -> np.ndarray:
    """float64 N×8 STATISTICS of packed images, uint8 N×S×S×3, whose files have the `ratios` width / height (N)."""
    pixels = images.astype("float32")
    grey = pixels.mean(axis=3)
    neighbours = grey[:, :-2, 1:-1] + grey[:, 2:, 1:-1] + grey[:, 1:-1, :-2] + grey[:, 1:-1, 2:]
    edges = np.abs(4 * grey[:, 1:-1, 1:-1] - neighbours).mean(axis=(1, 2))
    columns = [pixels.mean(axis=(1, 2)), pixels.std(axis=(1, 2)), np.log10(edges + SMALLEST_EDGE), np.log10(ratios)]
    return np.column_stack(columns).astype("float64")


def statistics_of_rows(images: np.ndarray, rows: np.ndarray, ratios: np.ndarray) -> np.ndarray:
    """The same of some rows of a memory-mapped array, with the memory of a few."""
    starts = range(0, len(rows), ROWS_AT_A_TIME)
    blocks = [slice(start, start + ROWS_AT_A_TIME) for start in starts]
    return np.concatenate([statistics(images[rows[block]], ratios[block]) for block in blocks])


@dataclass(frozen=True)
class TrainingDistribution:
    """What the training images look like: the middle and spread of each statistic, how they go together, the limit.

    `low` and `high` are the bounds of the middle WITHIN of each statistic; `limit` is the distance within which the
    share WITHIN of the training images lies.
    """

    middle: np.ndarray
    spread: np.ndarray
    together: np.ndarray
    low: np.ndarray
    high: np.ndarray
    limit: float

    @classmethod
    def of(cls, values: np.ndarray) -> "TrainingDistribution":
        """Describe training images by their N×8 statistics."""
        middle = np.median(values, axis=0)
        # 1.4826: of normally distributed values the median deviation becomes the standard deviation.
        spread = np.maximum(1.4826 * np.median(np.abs(values - middle), axis=0), list(STATISTICS.values()))
        steps = np.clip((values - middle) / spread, -FURTHEST, FURTHEST)
        covariance = (1 - SHRINKAGE) * steps.T @ steps / len(steps) + SHRINKAGE * np.eye(len(STATISTICS))
        low, high = np.quantile(values, [(1 - WITHIN) / 2, (1 + WITHIN) / 2], axis=0)
        unlimited = cls(middle, spread, np.linalg.inv(covariance), low, high, np.inf)
        return replace(unlimited, limit=float(np.quantile(unlimited.distances(values), WITHIN)))

    def distances(self, values: np.ndarray) -> np.ndarray:
        """Mahalanobis distance of each row of N×8 statistics, in spreads (robust: of medians and clipped values)."""
        steps = (values - self.middle) / self.spread
        return np.sqrt(np.einsum("ni,ij,nj->n", steps, self.together, steps))

    def reasons(self, values: np.ndarray) -> list[str]:
        """For each row why it is out of distribution; empty where it is not."""
        far = self.distances(values) > self.limit
        return [self._reason(row) if is_far else "" for row, is_far in zip(values, far, strict=True)]

    def _reason(self, row: np.ndarray) -> str:
        """The statistic that lies furthest out, or, if each alone is usual, their combination."""
        outside = (row < self.low) | (row > self.high)
        if not outside.any():
            return "usual colours, contrast, sharpness and shape, in an unusual combination"
        worst = int(np.where(outside, np.abs(row - self.middle) / self.spread, -1).argmax())
        bounds = f"{self.low[worst]:.3g} to {self.high[worst]:.3g}"
        return f"{list(STATISTICS)[worst]} {row[worst]:.3g}; {100 * WITHIN:.0f} % of the training images: {bounds}"
