"""t-SNE (van der Maaten & Hinton, JMLR 2008) of a network's features to three dimensions, and what it is worth."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from workflow_scripts.runtime.errors import UserError

DIMENSIONS = 3
PERPLEXITY = 30
EXAGGERATION = 12
NEIGHBOURS = 10
SMALLEST = 5
EXACT = 500


@dataclass(frozen=True)
class Embedding:
    """Positions float64 N×3 of N samples with F features, and how far neighbours are of one class.

    `among_features` and `in_picture`: mean share of a sample's `neighbours` nearest others that are of its class, in
    all F dimensions and in the three; `by_chance`: the same for neighbours drawn at random.
    """

    positions: np.ndarray
    features: int
    neighbours: int
    among_features: float
    in_picture: float
    by_chance: float

    def summary(self) -> dict[str, Any]:
        """The numbers, for the record."""
        names = ("features", "neighbours", "among_features", "in_picture", "by_chance")
        return {name: getattr(self, name) for name in names}


def embed(features: np.ndarray, labels: np.ndarray, seed: int, threads: int, run: str) -> Embedding:
    """Embed float32 N×F features of samples with class numbers `labels` (N).

    Equal arguments give equal bytes on one type of processor; `threads` is part of them, because linear algebra rounds
    by it. UserError when there are too few samples or features, or all samples have the same ones.
    """
    from sklearn.manifold import TSNE
    from threadpoolctl import threadpool_limits

    _require(features, run)
    count, sizes = len(features), np.bincount(labels)[labels]
    with threadpool_limits(threads):
        method = TSNE(
            DIMENSIONS,
            perplexity=min(PERPLEXITY, (count - 1) / 3),
            # Of few samples the approximation by cells can merge all places into one; it also saves little time there.
            method="exact" if count <= EXACT else "barnes_hut",
            # The library's own rule (Belkina et al., Nature Communications 2019) without its least value of 50, with
            # which a few hundred samples fly apart into a ball.
            learning_rate=count / EXAGGERATION / 4,
            early_exaggeration=EXAGGERATION,
            init="pca",
            random_state=seed % 2**32,
            n_jobs=threads,
        )
        positions = method.fit_transform(features).astype("float64")
        if method.kl_divergence_ < 0:  # a divergence below 0: the places have merged
            raise UserError(f"embedding of {run}: t-SNE merged all places; set explain.embedding to false")
        # No more than a sample of the smallest class can have of its own, so that 1 can be reached.
        neighbours = max(1, min(NEIGHBOURS, sizes.min() - 1))
        among, within = (agreement(values, labels, neighbours) for values in (features, positions))
    by_chance = float((sizes - 1).mean() / (count - 1))
    return Embedding(positions, features.shape[1], int(neighbours), among, within, by_chance)


def agreement(values: np.ndarray, labels: np.ndarray, neighbours: int) -> float:
    """Mean share of the nearest other rows of N×F `values` (Euclidean) that have a row's own label."""
    from sklearn.neighbors import NearestNeighbors

    near = NearestNeighbors(n_neighbors=neighbours).fit(values).kneighbors(return_distance=False)
    return float((labels[near] == labels[:, None]).mean())


def _require(features: np.ndarray, run: str) -> None:
    count, width = features.shape
    what = None
    if count < SMALLEST or width < DIMENSIONS:
        what = f"{count} test samples of {width} features are too few for a picture of their distances"
    elif not np.isfinite(features).all():
        what = "its features are not finite, it has diverged"
    elif not features.std(axis=0).any():
        what = "all test samples have the same features, it tells nothing apart"
    if what:
        raise UserError(
            f"embedding of {run}: {what}; set explain.embedding to false or take the run out of explain.runs"
        )
