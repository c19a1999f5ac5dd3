"""A vocabulary of keypoints: descriptors that are alike are one word. Made from a study's own pictures, without chance.

Two levels of k-means, so that a word is found in two short looks instead of one long one. Descriptors and means are
whole numbers of at most 255, so that their products are exact in float32, in whatever order a processor sums them:
rounding that differs from machine to machine would grow from round to round, and with it other pairs of pictures be
compared.
"""

from dataclasses import dataclass

import numpy as np

# Descriptors a word has on average: what is compared grows with the number of pictures, not with its square.
MEMBERS = 150
FEWEST_WORDS, MOST_WORDS = 16, 16_384
# Descriptors that the words are made from, spread over all pictures; rounds of k-means.
SAMPLE, ROUNDS = 65_536, 8
AT_A_TIME = 20_000


@dataclass(frozen=True)
class Vocabulary:
    """Means of the first level, and those of the second level under each: float32 k×128, whole numbers."""

    coarse: np.ndarray
    fine: list[np.ndarray]

    @classmethod
    def of(cls, sample: np.ndarray, descriptors: int) -> "Vocabulary":
        """Words for so many descriptors, made from a sample of them: float32 n×128, whole numbers in [0, 255]."""
        words = min(max(descriptors // MEMBERS, FEWEST_WORDS), MOST_WORDS)
        branches = int(np.ceil(np.sqrt(words)))
        coarse = _means(sample, branches)
        nearest = nearest_of(sample, coarse)
        fine = []
        for branch in range(len(coarse)):
            members = sample[nearest == branch]
            fine.append(_means(members, min(branches, len(members) // 4)) if len(members) > 8 else coarse[[branch]])
        return cls(coarse, fine)

    @property
    def sizes(self) -> np.ndarray:
        """Words under each mean of the first level."""
        return np.array([len(words) for words in self.fine])

    def word_of(self, descriptors: np.ndarray) -> np.ndarray:
        """int64 n: the word of each descriptor, float32 n×128, in [0, sizes.sum())."""
        first = np.concatenate([[0], np.cumsum(self.sizes)])
        branches = nearest_of(descriptors, self.coarse)
        words = np.zeros(len(descriptors), dtype=np.int64)
        for branch in np.unique(branches):
            members = branches == branch
            words[members] = first[branch] + nearest_of(descriptors[members], self.fine[branch])
        return words


def nearest_of(values: np.ndarray, means: np.ndarray) -> np.ndarray:
    """int64 n: the nearest mean of each row."""
    offsets = (means * means).sum(axis=1) / 2
    parts = [values[start : start + AT_A_TIME] for start in range(0, len(values), AT_A_TIME)]
    return np.concatenate([(part @ means.T - offsets).argmax(axis=1) for part in parts] or [np.zeros(0, np.int64)])


def _means(values: np.ndarray, count: int) -> np.ndarray:
    """float32 count×D, whole numbers, by Lloyd's rounds, from rows that lie evenly in their order."""
    means = values[np.linspace(0, len(values) - 1, count).astype(np.int64)].copy()
    for _ in range(ROUNDS):
        nearest = nearest_of(values, means)
        order = np.argsort(nearest, kind="stable")
        used, starts, sizes = np.unique(nearest[order], return_index=True, return_counts=True)
        means[used] = np.rint(np.add.reduceat(values[order], starts, axis=0) / sizes[:, None])
    return means
