"""Samples of given class sizes, and how a split divides them."""

import numpy as np

from workflow_scripts.splitting.protocols import Samples

SHARES = [0.6, 0.2, 0.2]


def made(counts: dict[str, int], clusters: np.ndarray | None = None, units: np.ndarray | None = None) -> Samples:
    labels = np.repeat(np.arange(len(counts)), list(counts.values()))
    ids = np.array([f"s{number:05d}" for number in range(len(labels))])
    alone = np.arange(len(labels))
    clusters, units = (alone if codes is None else codes for codes in (clusters, units))
    return Samples(ids, labels, list(counts), clusters, units)


def obtained(samples: Samples, split) -> np.ndarray:
    """K×3 samples of fold 0, in the order training, validation, test."""
    split = split[split["fold"] == 0]
    return np.array(
        [
            [
                ((split["subset"] == subset).to_numpy() & (samples.labels == k)).sum()
                for subset in ("train", "validation", "test")
            ]
            for k in range(len(samples.classes))
        ]
    )
