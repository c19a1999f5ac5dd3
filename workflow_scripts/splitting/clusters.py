"""What may not be torn apart: groups, units and equal pictures, joined into clusters."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from workflow_scripts.contracts.dataset import NEAR_KINDS
from workflow_scripts.runtime.errors import UserError

# A cluster above this share of all samples, which only near-equal pairs have made, is a chain of look-alikes (blank
# background, say) and no duplicate; ten samples are never absurd.
CHAIN_SHARE, CHAIN_SAMPLES = 0.1, 10


@dataclass(frozen=True)
class Clusters:
    """Clusters of samples: `codes` (N, in manifest order), the equal pairs that are believed, and what was not.

    `limit` is the largest distance of a believed near-equal pair where near-equal pairs had to be dropped, else None.
    """

    codes: np.ndarray
    pairs: pd.DataFrame
    dropped: int
    limit: float | None

    @property
    def nothing(self) -> bool:
        """Whether no cluster holds two samples: no group, unit or picture was found twice."""
        return len(np.unique(self.codes)) == len(self.codes)

    def report(self) -> dict[str, Any]:
        """Numbers for the protocol's record: how many clusters, their sizes, near-equal pairs not believed."""
        sizes = np.bincount(self.codes)
        return {
            "clusters": len(sizes),
            "largest": int(sizes.max()),
            "median": float(np.median(sizes)),
            "of_one_sample": int((sizes == 1).sum()),
            "near_equal_dropped": self.dropped,
            "near_equal_limit": self.limit,
        }


def unit_codes(manifest: pd.DataFrame) -> np.ndarray:
    """Number of each sample's unit (N, from 0 in manifest order); without one a sample is a unit of its own."""
    units, ids = manifest["unit"], "sample " + manifest["id"]
    return pd.factorize(("unit " + units).where(units != "", ids))[0]


def pair_positions(manifest: pd.DataFrame, pairs: pd.DataFrame) -> tuple[np.ndarray, np.ndarray]:
    """Manifest rows of both ends of each equal pair; UserError when a pair names a sample that the manifest lacks."""
    index = pd.Index(manifest["id"])
    ends = [index.get_indexer(pairs[column]) for column in ("id_a", "id_b")]
    unknown = (ends[0] < 0) | (ends[1] < 0)
    if unknown.any():
        row = pairs.iloc[int(unknown.argmax())]
        raise UserError(
            f"equal_pairs.csv names {row['id_a']!r} and {row['id_b']!r}, not both are in the manifest.csv beside it"
        )
    return ends[0], ends[1]


def join(manifest: pd.DataFrame, pairs: pd.DataFrame) -> Clusters:
    """Connected components of the samples under equal group, equal unit and each equal pair.

    An empty group or unit joins nothing. Pairs that keypoints prove join as equal ones do. Other near-equal pairs,
    flipped and turned ones among them, are believed from the nearest on; where all of them together would chain more
    than a tenth of the samples into one cluster, larger than any that groups, equal pixels and proven pairs make, the
    limit of the distance is lowered until they do not.
    """
    first, second = pair_positions(manifest, pairs)
    links = [_chain(manifest["group"]), _chain(manifest["unit"])]
    near = (pairs["kind"].isin(NEAR_KINDS) & ~_proven(pairs)).to_numpy()
    links.append((first[~near], second[~near]))
    distance = pairs["distance"].to_numpy()

    def components(limit: float) -> np.ndarray:
        use = near & (distance <= limit)
        return _components(len(manifest), [*links, (first[use], second[use])])

    codes = components(math.inf)
    without = components(-math.inf)
    cap = max(np.bincount(without).max(), math.ceil(CHAIN_SHARE * len(manifest)), CHAIN_SAMPLES)
    if np.bincount(codes).max() <= cap:
        return Clusters(codes, pairs, 0, None)
    steps = np.unique(distance[near])
    low, high = 0, len(steps)  # steps[:low] are known to be harmless, steps[:high] to be absurd
    while high - low > 1:
        middle = (low + high) // 2
        small = np.bincount(components(steps[middle - 1])).max() <= cap
        low, high = (middle, high) if small else (low, middle)
    limit = float(steps[low - 1]) if low else 0.0
    believed = ~near | ((distance <= limit) if low else False)
    codes = components(steps[low - 1]) if low else without
    return Clusters(codes, pairs[believed].reset_index(drop=True), int((~believed).sum()), limit)


def _proven(pairs: pd.DataFrame) -> pd.Series:
    """Whether keypoints prove a pair."""
    return pairs["agreeing"].notna() if "agreeing" in pairs else pd.Series(False, index=pairs.index)


def _chain(names: pd.Series) -> tuple[np.ndarray, np.ndarray]:
    """Link each sample to the first one of the same non-empty name."""
    rows = np.flatnonzero((names != "").to_numpy())
    codes, _ = pd.factorize(names.iloc[rows])
    firsts = rows[np.unique(codes, return_index=True)[1]] if len(rows) else rows
    return rows, firsts[codes] if len(rows) else rows


def _components(samples: int, links: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    first = np.concatenate([link[0] for link in links])
    second = np.concatenate([link[1] for link in links])
    graph = coo_array((np.ones(len(first), dtype="int8"), (first, second)), shape=(samples, samples))
    return connected_components(graph, directed=False)[1]
